// The log of a bench run: steps with seconds since the start go to stderr and
// to the file, results to stdout and the file. Tested by bench_run_test.cc.
#ifndef EDGE_INT8_SRC_RUN_BENCH_LOG_H_
#define EDGE_INT8_SRC_RUN_BENCH_LOG_H_

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "src/base/output_file.h"
#include "src/base/seconds.h"

namespace edge_int8 {

class BenchLog {
 public:
  // Without `print` results go to the file only.
  BenchLog(const std::filesystem::path& path, IfExists if_exists,
           bool print = true)
      : file_(path, if_exists),
        print_(print),
        start_(std::chrono::steady_clock::now()) {}

  template <class... Args>
  void Step(fmt::format_string<Args...> format, Args&&... args) {
    const double seconds = SecondsSince(start_);
    const std::string line =
        fmt::format("[{:6.1f} s] {}\n", seconds,
                    fmt::format(format, std::forward<Args>(args)...));
    std::fputs(line.c_str(), stderr);
    file_.Write(line);
  }
  // `terminal` may carry colours that `plain` does not.
  void Print(const std::string& terminal, const std::string& plain) {
    if (print_) std::fputs(terminal.c_str(), stdout);
    std::fflush(stdout);
    file_.Write(plain);
  }
  void Commit() { file_.Commit(); }

 private:
  OutputFile file_;
  const bool print_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_BENCH_LOG_H_

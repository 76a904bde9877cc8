// Progress with rate and time left on stderr, for work over two seconds.
// Tested by progress_test.cc.
//
// A terminal gets one line that is rewritten; a log gets a line every ten
// seconds. Silent before two seconds have passed, so quick work prints nothing.
// Of work inside other work only the outermost prints.
#ifndef EDGE_INT8_SRC_BASE_PROGRESS_H_
#define EDGE_INT8_SRC_BASE_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace edge_int8 {

// "1h02m", "3m07s", "12s"; "?" when it is not a number or absurdly long.
std::string FormatDuration(double seconds);

// "evaluate fp32: 512/2025 windows, 128/s, 12s left"
std::string FormatProgress(std::string_view what, int64_t done, int64_t total,
                           std::string_view unit, double elapsed_s);

class Progress {
 public:
  // `what` opens the line: "evaluate fp32"; `unit` is what is counted.
  Progress(std::string what, int64_t total, std::string unit);
  ~Progress();  // Ends the line if one was begun.
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Counts `more` as done; any thread may call it. Throws kInterrupted when
  // the user pressed Ctrl-C (see interrupt.h).
  void Add(int64_t more = 1);

 private:
  void Print(double elapsed);

  const std::string what_;
  const int64_t total_;
  const std::string unit_;
  const std::chrono::steady_clock::time_point start_;
  const bool terminal_;
  const bool inner_;  // begun while another one was there
  std::mutex mutex_;
  int64_t done_ = 0;
  double next_print_ = 2.0;  // seconds since start_
  bool printed_ = false;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_PROGRESS_H_

// Runs the program with faults (library/fault_library.cc), and what every test
// here needs: a small set, a model of each kind, and rules that hold whatever
// fails.
#ifndef EDGE_INT8_TESTS_FAULTS_FAULTY_PROGRAM_H_
#define EDGE_INT8_TESTS_FAULTS_FAULTY_PROGRAM_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "src/run/demo_data.h"
#include "tests/cli/run_program.h"
#include "tests/testing/build_kind.h"
#include "tests/testing/source_paths.h"

namespace edge_int8 {

// `faults` as the library reads them: "write:ENOSPC:3+"; more variables may
// stand before them.
inline ProgramResult RunWithFaults(const std::vector<std::string>& arguments,
                                   const std::string& faults) {
  return RunProgram(arguments,
                    "env LD_PRELOAD='" EDGE_INT8_FAULTS "' " + faults);
}

// By a signal, or as a shell says it.
inline bool WasKilled(const ProgramResult& result) {
  return result.exit_code < 0 || result.exit_code > 128;
}

// Every file below `folder` with its bytes.
inline std::map<std::string, std::string> Contents(
    const std::filesystem::path& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    contents[entry.path().lexically_relative(folder).string()] =
        ReadText(entry.path());
  }
  return contents;
}

// A library loaded first and the sanitizer's would both want to be first.
class UnderFaults : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (kSanitized) return;
    folder_ = new TempFolder;
    ASSERT_EQ(RunProgram({"dataset", "synth", "--out", Data(), "--files", "20",
                          "--windows", "4", "--seed", "5"})
                  .exit_code,
              0);
    ASSERT_EQ(RunProgram({"quantize", "--checkpoint", Checkpoint(), "--data",
                          Data(), "--recipe", "minmax", "--calib-batches", "1",
                          "--out", Artifact()})
                  .exit_code,
              0);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "the sanitizer's library has to be first";
  }

  static std::string Checkpoint() {
    return (DemoCheckpoint().parent_path() / "tiny.pth").string();
  }
  static std::string Data() { return (*folder_ / "data").string(); }
  static std::string Windows() { return Data() + "/csi_windows.npy"; }
  static std::string Artifact() { return (*folder_ / "tiny.ei8").string(); }

 private:
  static inline TempFolder* folder_ = nullptr;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_FAULTS_FAULTY_PROGRAM_H_

// Jobs of several ranks, started by mpirun on this machine: a data set and a
// checkpoint to work on, and what the job left.
#ifndef EDGE_INT8_TESTS_RANKS_RANK_JOBS_H_
#define EDGE_INT8_TESTS_RANKS_RANK_JOBS_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/run_program.h"
#include "tests/testing/run_command.h"
#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {

// The tests' machine may have fewer cores than the job has ranks.
inline std::string MpiRun(int ranks) {
  return "env OMPI_MCA_rmaps_base_oversubscribe=1 mpirun --oversubscribe "
         "--allow-run-as-root -np " +
         std::to_string(ranks);
}

class RankJobs : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    data_folder_ = new TempFolder;
    RunProgram({"dataset", "synth", "--out", Data(), "--files", "12",
                "--windows", "6"});
  }
  static void TearDownTestSuite() {
    delete data_folder_;
    data_folder_ = nullptr;
  }
  void SetUp() override {
#ifndef EDGE_INT8_HAVE_MPI
    GTEST_SKIP() << "built without MPI (libopenmpi-dev)";
#else
    if (!HaveCommand("mpirun")) {
      GTEST_SKIP() << "no mpirun here (openmpi-bin)";
    }
#endif
  }

  static std::string Data() { return (*data_folder_ / "data").string(); }
  static std::string Tiny() { return kSourceDir + "/assets/tiny.pth"; }
  std::string Out(const std::string& name) const {
    return (folder_ / name).string();
  }

  static ProgramResult RunRanks(int ranks,
                                const std::vector<std::string>& arguments,
                                const std::string& before = "") {
    std::vector<std::string> all = arguments;
    return RunProgram(all, before + " " + MpiRun(ranks));
  }

  // That a command line with `@` for its output leaves the same bytes in it for
  // every number of ranks as one process does.
  void ExpectSameBytes(const std::vector<std::string>& command,
                       const std::vector<int>& ranks = {2, 3}) const {
    const auto run = [&](int n) {
      std::vector<std::string> arguments = command;
      const std::string out = Out("out" + std::to_string(n));
      for (std::string& argument : arguments) {
        if (argument == "@") argument = out;
      }
      const ProgramResult result =
          n == 0 ? RunProgram(arguments) : RunRanks(n, arguments);
      EXPECT_EQ(result.exit_code, 0) << n << " ranks: " << result.err;
      return ReadText(out);
    };
    const std::string alone = run(0);
    EXPECT_FALSE(alone.empty());
    for (const int n : ranks) {
      EXPECT_TRUE(run(n) == alone) << "other bytes on " << n << " ranks";
    }
  }

  const TempFolder folder_;

 private:
  static inline TempFolder* data_folder_ = nullptr;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_RANKS_RANK_JOBS_H_

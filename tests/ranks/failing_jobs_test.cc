// A job in which something fails ends, with one message, the contract's exit
// code and no output; nothing waits for ever.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/ranks/rank_jobs.h"

namespace edge_int8 {
namespace {

// How often the program spoke; the launcher's own words are not counted.
int Messages(const std::string& text) {
  int count = 0;
  for (std::size_t at = text.find("edge-int8: "); at != std::string::npos;
       at = text.find("edge-int8: ", at + 1)) {
    ++count;
  }
  return count;
}

// A job that hangs ends with 124: mpirun ends its ranks at SIGTERM, whatever
// they do. By SIGKILL it would be 137, as where a rank is killed on purpose.
constexpr char kInTime[] = "timeout --kill-after=5 60";
constexpr int kHangs = 124;

class FailingJobs : public RankJobs {
 protected:
  // An evaluation on two ranks whose second is started by `second`.
  ProgramResult RunUnlike(const std::string& second) const {
    const CommandResult ran = RunCommand(
        std::string(kInTime) + " " + MpiRun(1) + " '" EDGE_INT8_PROGRAM "'" +
        Evaluation() + " : -np 1 " + second);
    return {ran.exit_code, "", ran.output};
  }
  std::string Evaluation(const std::string& more = "") const {
    return " evaluate --model '" + Tiny() + "' --data '" + Data() +
           "' --json '" + Out("score.json") + "' " + more;
  }
  // An evaluation of the folder `data` on two ranks with a working folder each.
  CommandResult RunInFolders(const std::filesystem::path& first,
                             const std::filesystem::path& second) const {
    const std::string command = " '" EDGE_INT8_PROGRAM "' evaluate --model '" +
                                Tiny() + "' --data data --json '" +
                                Out("score.json") + "'";
    return RunCommand(std::string(kInTime) + " " + MpiRun(1) + " -wdir '" +
                      first.string() + "'" + command + " : -np 1 -wdir '" +
                      second.string() + "'" + command);
  }
  // Folders mine and other, the first with the tests' data set as `data`.
  void MakeFolders() const {
    namespace fs = std::filesystem;
    fs::create_directories(folder_ / "mine");
    fs::create_directories(folder_ / "other");
    fs::create_directory_symlink(Data(), folder_ / "mine" / "data");
  }
  // That an evaluation in both ends with this code and one message, which has
  // all of `says`.
  void ExpectFailureInFolders(int code,
                              const std::vector<std::string>& says) const {
    const CommandResult ran = RunInFolders(folder_ / "mine", folder_ / "other");
    EXPECT_EQ(ran.exit_code, code) << ran.output;
    for (const std::string& text : says) {
      EXPECT_NE(ran.output.find(text), std::string::npos) << ran.output;
    }
    EXPECT_EQ(Messages(ran.output), 1) << ran.output;
    ExpectNoOutput();
  }
  // A data set made on two ranks, of which the second gets this signal after a
  // while.
  CommandResult SynthWithSignal(const std::string& signal, double seconds,
                                const std::string& environment) const {
    return RunCommand(environment + kInTime + " " + MpiRun(2) +
                      " sh -c 'if [ $OMPI_COMM_WORLD_RANK = 1 ]; then (sleep " +
                      std::to_string(seconds) + "; kill -" + signal +
                      " $$) & fi; exec \"" EDGE_INT8_PROGRAM
                      "\" dataset synth --files 4000 --windows 50 --out \"" +
                      Out("synth") + "\"'");
  }
  void ExpectNoOutput() const {
    EXPECT_FALSE(std::filesystem::exists(Out("score.json")));
  }
};

TEST_F(FailingJobs, AMistakeOfAllRanksIsSaidOnce) {
  const ProgramResult result = RunRanks(
      3, {"evaluate", "--model", Tiny(), "--data", Data(), "--split", "none"},
      kInTime);
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_EQ(Messages(result.err), 1) << result.err;
}

TEST_F(FailingJobs, AMissedGateExitsWithItsCode) {
  const ProgramResult result = RunRanks(
      2,
      {"evaluate", "--model", Tiny(), "--data", Data(), "--min-pck20", "100"},
      kInTime);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_EQ(Messages(result.err), 1) << result.err;
}

TEST_F(FailingJobs, OtherFlagsOnOneRankAreNamed) {
  const ProgramResult result =
      RunUnlike("'" EDGE_INT8_PROGRAM "'" + Evaluation("--split all"));
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_EQ(Messages(result.err), 1) << result.err;
  EXPECT_NE(result.err.find("rank 1"), std::string::npos) << result.err;
  ExpectNoOutput();
}

// Rank 1 sees another data set under the same name.
TEST_F(FailingJobs, OtherDataOnOneRankAreNamed) {
  MakeFolders();
  ASSERT_EQ(RunProgram({"dataset", "synth", "--out", Out("other/data"),
                        "--files", "12", "--windows", "6", "--seed", "7"})
                .exit_code,
            0);
  ExpectFailureInFolders(2, {"the data set data differs"});
}

// Rank 1's copy of the windows ends early.
TEST_F(FailingJobs, AFailureOfOneRankNamesRankAndHost) {
  namespace fs = std::filesystem;
  MakeFolders();
  fs::copy(Data(), Out("other/data"));
  const fs::path windows = Out("other/data/csi_windows.npy");
  fs::resize_file(windows, fs::file_size(windows) - 1000);
  ExpectFailureInFolders(3, {"edge-int8: rank 1 of 2 on ", "csi_windows.npy"});
}

// The launcher names a rank that was killed; nothing of the output is there.
TEST_F(FailingJobs, AKilledRankEndsTheJob) {
  const CommandResult ran = SynthWithSignal("KILL", 0.3, "");
  EXPECT_NE(ran.exit_code, 0);
  EXPECT_NE(ran.exit_code, kHangs) << ran.output;
  EXPECT_NE(ran.output.find("rank 1"), std::string::npos) << ran.output;
  EXPECT_FALSE(std::filesystem::exists(Out("synth")));
}

TEST_F(FailingJobs, AStoppedRankIsNoticed) {
  const CommandResult ran = SynthWithSignal("STOP", 2, "EDGE_INT8_WATCHDOG=2 ");
  EXPECT_EQ(ran.exit_code, 4) << ran.output;
  EXPECT_NE(ran.output.find("rank 1 of 2 on "), std::string::npos)
      << ran.output;
  EXPECT_NE(ran.output.find("has not been heard of for 2 s"), std::string::npos)
      << ran.output;
  EXPECT_FALSE(std::filesystem::exists(Out("synth")));
}

}  // namespace
}  // namespace edge_int8

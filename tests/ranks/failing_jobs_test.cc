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

class FailingJobs : public RankJobs {
 protected:
  // An evaluation on two ranks whose second is started by `second`.
  ProgramResult RunUnlike(const std::string& second) const {
    const CommandResult ran = RunCommand("timeout -s KILL 60 " + MpiRun(1) +
                                         " '" EDGE_INT8_PROGRAM "'" +
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
    return RunCommand("timeout -s KILL 60 " + MpiRun(1) + " -wdir '" +
                      first.string() + "'" + command + " : -np 1 -wdir '" +
                      second.string() + "'" + command);
  }
  void ExpectNoOutput() const {
    EXPECT_FALSE(std::filesystem::exists(Out("score.json")));
  }
};

TEST_F(FailingJobs, AMistakeOfAllRanksIsSaidOnce) {
  const ProgramResult result = RunRanks(
      3, {"evaluate", "--model", Tiny(), "--data", Data(), "--split", "none"},
      "timeout -s KILL 60");
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_EQ(Messages(result.err), 1) << result.err;
}

TEST_F(FailingJobs, AMissedGateExitsWithItsCode) {
  const ProgramResult result = RunRanks(
      2,
      {"evaluate", "--model", Tiny(), "--data", Data(), "--min-pck20", "100"},
      "timeout -s KILL 60");
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
  namespace fs = std::filesystem;
  const fs::path mine = folder_ / "mine", other = folder_ / "other";
  fs::create_directories(mine);
  fs::create_directories(other);
  fs::create_directory_symlink(Data(), mine / "data");
  ASSERT_EQ(RunProgram({"dataset", "synth", "--out", (other / "data").string(),
                        "--files", "12", "--windows", "6", "--seed", "7"})
                .exit_code,
            0);
  const CommandResult ran = RunInFolders(mine, other);
  EXPECT_EQ(ran.exit_code, 2) << ran.output;
  EXPECT_NE(ran.output.find("the data set data differs"), std::string::npos)
      << ran.output;
  EXPECT_EQ(Messages(ran.output), 1) << ran.output;
  ExpectNoOutput();
}

// Rank 1's copy of the windows ends early.
TEST_F(FailingJobs, AFailureOfOneRankNamesRankAndHost) {
  namespace fs = std::filesystem;
  const fs::path mine = folder_ / "mine", other = folder_ / "other";
  fs::create_directories(mine);
  fs::create_directories(other);
  fs::create_directory_symlink(Data(), mine / "data");
  fs::copy(Data(), other / "data");
  const fs::path windows = other / "data" / "csi_windows.npy";
  fs::resize_file(windows, fs::file_size(windows) - 1000);
  const CommandResult ran = RunInFolders(mine, other);
  EXPECT_EQ(ran.exit_code, 3) << ran.output;
  EXPECT_NE(ran.output.find("edge-int8: rank 1 of 2 on "), std::string::npos)
      << ran.output;
  EXPECT_NE(ran.output.find("csi_windows.npy"), std::string::npos)
      << ran.output;
  EXPECT_EQ(Messages(ran.output), 1) << ran.output;
  ExpectNoOutput();
}

// The launcher names a rank that was killed; nothing of the output is there.
TEST_F(FailingJobs, AKilledRankEndsTheJob) {
  const CommandResult ran = RunCommand(
      "timeout -s KILL 60 " + MpiRun(2) +
      " sh -c 'if [ "
      "$OMPI_COMM_WORLD_RANK = 1 ]; then (sleep 0.3; kill -9 $$) & fi; "
      "exec \"" EDGE_INT8_PROGRAM
      "\" dataset synth --files 4000 --windows 50 "
      "--out \"" +
      Out("synth") + "\"'");
  EXPECT_NE(ran.exit_code, 0);
  EXPECT_NE(ran.exit_code, 124) << ran.output;
  EXPECT_NE(ran.output.find("rank 1"), std::string::npos) << ran.output;
  EXPECT_FALSE(std::filesystem::exists(Out("synth")));
}

TEST_F(FailingJobs, AStoppedRankIsNoticed) {
  const CommandResult ran = RunCommand(
      "EDGE_INT8_WATCHDOG=2 timeout -s KILL 60 " + MpiRun(2) +
      " sh -c 'if [ "
      "$OMPI_COMM_WORLD_RANK = 1 ]; then (sleep 2; kill -STOP $$) & fi; "
      "exec \"" EDGE_INT8_PROGRAM
      "\" dataset synth --files 4000 --windows 50 "
      "--out \"" +
      Out("synth") + "\"'");
  EXPECT_EQ(ran.exit_code, 4) << ran.output;
  EXPECT_NE(ran.output.find("rank 1 of 2 on "), std::string::npos)
      << ran.output;
  EXPECT_NE(ran.output.find("has not been heard of for 2 s"), std::string::npos)
      << ran.output;
  EXPECT_FALSE(std::filesystem::exists(Out("synth")));
}

}  // namespace
}  // namespace edge_int8

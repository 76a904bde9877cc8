// The verb `live` as a person runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <sstream>

#include "tests/cli/run_program.h"
#include "tests/live/board_lines.h"
#include "tests/testing/run_command.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

class LiveProgram : public testing::Test {
 protected:
  void SetUp() override {
    WriteBoardModel(model_);
    folder_.Write("csi.csv", Joined(BoardLines(100)));
  }
  std::vector<std::string> Live(std::vector<std::string> more) const {
    std::vector<std::string> arguments = {"live", "--model", model_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  const TempFolder folder_;
  const std::string model_ = folder_ / "board.ei8";
  const std::string file_ = "file:" + (folder_ / "csi.csv").string();
};

TEST_F(LiveProgram, WritesALineOfJsonForEveryPose) {
  const auto result =
      RunProgram(Live({"--source", file_, "--rate", "100", "--hop", "5",
                       "--json", (folder_ / "summary.json").string()}));
  EXPECT_EQ(result.exit_code, 0);
  std::istringstream lines(result.out);
  int poses = 0;
  double before = 0;
  for (std::string line; std::getline(lines, line); ++poses) {
    const auto json = ParseJson(line);
    EXPECT_EQ(json["pose"].size(), 3u);
    EXPECT_GT(json["t"].get<double>(), before);
    before = json["t"];
    EXPECT_GE(json["latency_ms"].get<double>(), 0);
  }
  EXPECT_GE(poses, 17);
  EXPECT_THAT(result.err, HasSubstr("last packet to pose"));
  EXPECT_THAT(result.err, HasSubstr("reach the model as they are"));
  const auto summary = ParseJson(ReadText(folder_ / "summary.json"));
  EXPECT_EQ(summary["poses"], poses);
  EXPECT_EQ(summary["packets"], 92);
}

TEST_F(LiveProgram, WritesToAFileThatIsNotThere) {
  const std::string out = folder_ / "poses.jsonl";
  const auto arguments = Live({"--source", file_, "--out", out, "--json"});
  const auto result = RunProgram(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(ParseJson(result.out)["poses"],
            std::ranges::count(ReadText(out), '\n'));
  EXPECT_THAT(UsageError(arguments), HasSubstr("--force"));
  EXPECT_THAT(UsageError(Live({"--source", file_, "--out", model_, "--force"})),
              HasSubstr("--model"));
}

TEST_F(LiveProgram, EndsWithASummaryAtCtrlC) {
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string out = folder_ / "out";
  // It is open for writing all the while, and never at its end.
  const CommandResult result = RunCommand(
      "exec 3<>" + pipe + "; cat " + (folder_ / "csi.csv").string() +
      " >&3 & exec 3<>" + pipe + "; " EDGE_INT8_PROGRAM " live --model " +
      model_ + " --source file:" + pipe + " >" + out +
      " & live=$!; for i in $(seq 1000); do grep -q pose " + out +
      " && break; sleep 0.02; done; kill -INT $live; wait $live; "
      "echo ended $?; kill %1; cat " +
      out);
  EXPECT_THAT(result.output, HasSubstr("\"pose\":[["));
  EXPECT_THAT(result.output, HasSubstr("last packet to pose"));
  EXPECT_THAT(result.output, HasSubstr("ended 0"));
}

TEST_F(LiveProgram, NamesBothWidthsWithExitCode3) {
  WriteBoardModel(folder_ / "wide.ei8", 90);
  const auto result = RunProgram(
      {"live", "--model", (folder_ / "wide.ei8").string(), "--source", file_});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("64 values"));
  EXPECT_THAT(result.err, HasSubstr("takes 90 x 10"));
}

TEST_F(LiveProgram, RefusesWhatMakesNoSense) {
  EXPECT_THAT(UsageError(Live({"--source", "usb:1"})), HasSubstr("serial:"));
  EXPECT_THAT(UsageError(Live({"--source", file_, "--json"})),
              HasSubstr("stdout"));
  EXPECT_THAT(UsageError(Live({"--source", file_, "--baud", "115200"})),
              HasSubstr("serial"));
}

}  // namespace
}  // namespace edge_int8

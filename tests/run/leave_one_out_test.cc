#include "src/run/leave_one_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "src/pose/synth_dataset.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/fixtures.h"
#include "tests/testing/run_quietly.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;
using Names = std::vector<std::string>;

TEST(GroupRecordings, TellsGroupsApartByTheFirstParenthesis) {
  const Names names = {"s10/walk", "s1/walk", "s2/a.b", "s1/sit", "other"};
  const auto groups = GroupRecordings(names, "s(\\d+)/");
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[0].value, "1");
  EXPECT_EQ(groups[0].recordings, 2);
  EXPECT_EQ(groups[1].value, "2");
  EXPECT_EQ(groups[2].value, "10");
  // Each group's pattern holds out its own recordings and no others.
  const std::regex one(groups[0].hold_out), two(groups[1].hold_out);
  EXPECT_TRUE(std::regex_search(names[1], one));
  EXPECT_TRUE(std::regex_search(names[3], one));
  EXPECT_FALSE(std::regex_search(names[0], one));
  EXPECT_TRUE(std::regex_search(names[2], two));
  EXPECT_FALSE(std::regex_search(std::string("s2/aXb"), two));
  // Without a parenthesis it is the whole match.
  EXPECT_EQ(GroupRecordings(names, "walk|sit").size(), 2u);
}

TEST(GroupRecordings, RefusesPatternsThatFindNoTwoGroups) {
  const Names names = {"s1/walk", "s1/sit"};
  for (const char* pattern : {"(s\\d)", "nobody", "("}) {
    const Error error = ErrorOf([&] { GroupRecordings(names, pattern); });
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("--leave-one-out"));
  }
}

TEST(LeaveOneOut, ScoresEachRoomWithTheOthersCalibrating) {
  EDGE_INT8_NEED_FIXTURES();
  const TempFolder folder;
  WriteSyntheticDataset(folder / "rooms",
                        {.files = 12, .windows = 4, .rooms = 2},
                        IfExists::kFail);
  BenchOptions options;
  options.checkpoint = Fixtures() / "models/tiny_random.pth";
  options.data = folder / "rooms";
  options.recipe = "minmax";
  options.calib_batches = 1;
  options.out = folder / "out";
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  RunLeaveOneOut(options, "room(\\d+)");
  testing::internal::GetCapturedStderr();
  const std::string table = testing::internal::GetCapturedStdout();
  EXPECT_THAT(table, HasSubstr("spread"));
  const auto json =
      nlohmann::json::parse(ReadText(folder / "out" / "leave_one_out.json"));
  ASSERT_EQ(json["groups"].size(), 2u);
  int64_t samples = 0;
  int recordings = 0;
  for (const auto& group : json["groups"]) {
    samples += group["int8"]["samples"].get<int64_t>();
    recordings += group["recordings"].get<int>();
    EXPECT_TRUE(group["delta"]["pck@20"].contains("ci95"));
  }
  EXPECT_EQ(recordings, 12);
  EXPECT_LE(samples, 48);
  EXPECT_GE(samples, 40);  // Some recordings are faulty.

  options.out.clear();
  EXPECT_EQ(ErrorOf([&] { RunLeaveOneOut(options, "room(\\d+)"); }).kind(),
            ErrorKind::kUsage);
}

}  // namespace
}  // namespace edge_int8

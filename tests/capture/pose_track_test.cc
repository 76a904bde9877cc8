#include "src/capture/pose_track.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/capture/time_columns.h"
#include "src/capture/time_text.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

PoseTrack Parse(const std::string& text, const PoseTrackOptions& options = {}) {
  return ParsePoseTrack("p.csv", text, options);
}

TEST(PoseTrack, TakesPairsOfColumnsAndLeavesTheRest) {
  const PoseTrack track = Parse(
      "frame,Time,head_x,head_y,head_confidence,head_x_norm,feet_x,feet_y,ok\n"
      "1,10.0,1,2,0.9,0.1,3,4,yes\n2,10.5,5,6,0.9,0.1,7,8,no\n");
  EXPECT_THAT(track.joints, ElementsAre("head", "feet"));
  EXPECT_EQ(track.dims, 2);
  EXPECT_THAT(track.times_ns,
              ElementsAre(10 * kSecond, 10 * kSecond + 500000000));
  EXPECT_THAT(track.poses, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST(PoseTrack, IsThreeDimensionalWhereEveryJointIs) {
  EXPECT_EQ(Parse("t,a_x,a_y,a_z\n0,1,2,3\n").dims, 3);
  EXPECT_EQ(Parse("t,a_x,a_y,a_z,b_x,b_y\n0,1,2,3,4,5\n").dims, 2);
}

TEST(PoseTrack, RepairsWhatIsUnsureMissingOrZeroAlongTime) {
  const PoseTrack track = Parse(
      "t,a_x,a_y,a_conf,b_x,b_y\n0,2,4,0.9,1,1\n1,99,99,0.2,,\n"
      "2,0,0,0.9,3,3\n3,8,10,0.9,0,4\n");
  EXPECT_THAT(track.poses,
              ElementsAre(2, 4, 1, 1, 4, 6, 2, 2, 6, 8, 3, 3, 8, 10, 0, 4));
  EXPECT_EQ(track.unsure, 1);
  EXPECT_EQ(track.unseen, 2);
}

TEST(PoseTrack, InterpolatesBetweenRowsAndNotBeyondTheGap) {
  const PoseTrack track = Parse("t,a_x,a_y\n10,1,10\n12,3,30\n20,5,50\n");
  std::vector<float> pose(2);
  EXPECT_TRUE(track.At(11 * kSecond, kSecond, pose));
  EXPECT_THAT(pose, ElementsAre(2, 20));
  EXPECT_TRUE(track.At(12 * kSecond, 0, pose));
  EXPECT_THAT(pose, ElementsAre(3, 30));
  EXPECT_TRUE(track.At(13 * kSecond, kSecond, pose));  // one side only
  EXPECT_THAT(pose, ElementsAre(3, 30));
  EXPECT_FALSE(track.At(15 * kSecond, kSecond, pose));
  EXPECT_TRUE(track.At(9 * kSecond, kSecond, pose));
  EXPECT_FALSE(track.At(22 * kSecond, kSecond, pose));
}

TEST(PoseTrack, ShiftsAndScales) {
  PoseTrackOptions options;
  options.offset_ns = -kSecond;
  options.scale = 0.001;
  const PoseTrack track = Parse("t,a_x,a_y\n10,100,200\n", options);
  EXPECT_THAT(track.times_ns, ElementsAre(9 * kSecond));
  EXPECT_THAT(track.poses, ElementsAre(0.1f, 0.2f));
}

TEST(PoseTrack, RefusesOtherTables) {
  const auto fails = [](const char* text, const char* why) {
    const Error error = ErrorOf([&] { Parse(text); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    EXPECT_THAT(error.what(), HasSubstr(why)) << text;
  };
  fails("", "is empty");
  fails("t,x,y\n1,2,3\n", "0 joints in its header");
  fails("a_x,a_y\n1,2\n", "no column of time stamps");
  fails("t,a_x,a_y\n", "holds no row");
  fails("t,a_x,a_y\n1,2\n", "line 2: has 2 columns, expected 3");
  fails("t,a_x,a_y\nx,2,3\n", "no time stamp");
  fails("t,a_x,a_y\n1,2,left\n", "'left' in column 3 (a_y) is no number");
  fails("t,a_x,a_y\n2,2,3\n1,2,3\n", "before the row above");
}

TEST(TimeColumns, PrefersAClockThatBothTablesHave) {
  const std::vector<std::string> first = {"t_rel", "host_epoch", "mac"};
  const std::vector<std::string> second = {"t_rel", "frame", "timestamp"};
  EXPECT_EQ(FindTimeColumn(first), 1u);
  EXPECT_EQ(FindTimeColumn(second), 2u);
  EXPECT_EQ(CommonTimeColumn(first, second), "t_rel");
  EXPECT_EQ(CommonTimeColumn(first, std::vector<std::string>{"time"}),
            std::nullopt);
  EXPECT_EQ(FindTimeColumn(std::vector<std::string>{"a", "my_time_2"}), 1u);
}

}  // namespace
}  // namespace edge_int8

#include "src/data/keypoint_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "src/data/window_source.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// `cells` copies of `cell`.
std::string Row(std::string_view cell, int cells = 50) {
  std::string row(cell);
  for (int i = 1; i < cells; ++i) row.append(",").append(cell);
  return row + "\n";
}

std::string Count(int cells) {
  std::string row = "0";
  for (int i = 1; i < cells; ++i) row += "," + std::to_string(i);
  return row + "\n";
}

std::vector<float> Parse(const std::string& text) {
  return ParseKeypointCsv("k.csv", text);
}

std::string CsvRefusal(const std::string& text) {
  const Error error = ErrorOf([&] { Parse(text); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  return error.what();
}

TEST(KeypointCsv, KeepsFifteenJointsOfTheLastFiftyColumnsOverAThousand) {
  std::string row = "9";  // A leading time column.
  for (int i = 0; i < 50; ++i) row += "," + std::to_string(i * 10);
  const std::vector<float> frames = Parse(Row("t", 51) + row);
  ASSERT_THAT(frames, SizeIs(kPoseValues));
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i], static_cast<float>(i * 10) / 1000.0f);
  }
}

TEST(KeypointCsv, HeadersAreOptional) {
  EXPECT_THAT(Parse(Row("1") + Row("2")), SizeIs(2 * kPoseValues));
  EXPECT_THAT(Parse(Row("x") + Row("2")), SizeIs(kPoseValues));
  EXPECT_THAT(Parse(Row("\"x\"") + Row("2")), SizeIs(kPoseValues));
  // Columns counted from 0 are what pandas writes for columns without names.
  EXPECT_THAT(Parse(Count(50) + Row("2")), SizeIs(kPoseValues));
  EXPECT_THAT(Parse(Row("x")), IsEmpty());
  EXPECT_THAT(Parse(""), IsEmpty());
}

TEST(KeypointCsv, TakesWindowsLineEndsBlanksAndEmptyLines) {
  std::string row = Row(" +1e2 ");
  row.insert(row.size() - 1, "\r");
  EXPECT_THAT(Parse(row + "\r\n\n" + row), Each(0.1f));
  EXPECT_THAT(Parse(row.substr(0, row.size() - 2)), SizeIs(kPoseValues));
}

TEST(KeypointCsv, RefusesRowsOfAnotherWidthWithTheirLine) {
  EXPECT_EQ(CsvRefusal(Row("x", 49)),
            "k.csv at line 1: has 49 columns, expected at least 50");
  EXPECT_EQ(CsvRefusal(Row("x", 51) + Row("1", 51) + "\n" + Row("1", 50)),
            "k.csv at line 4: has 50 columns, expected 51");
}

TEST(KeypointCsv, RefusesCellsThatAreNoFiniteNumber) {
  for (const std::string_view cell :
       {"", "x", "1x", "nan", "inf", "1e39", "1e999", "0x10", "--1", "1 2"}) {
    EXPECT_THAT(CsvRefusal(Row("x") + Row(cell)),
                HasSubstr("k.csv at line 2: column 1 is not a finite number"))
        << cell;
  }
  // Columns before the last fifty are nobody's business.
  EXPECT_THAT(Parse(Row("h", 51) + "noon," + Row("1")), SizeIs(kPoseValues));
}

// One joint's x over time; y is 1 where it is seen.
std::vector<float> Repair(const std::vector<float>& x) {
  std::vector<float> frames(x.size() * kPoseValues, 0.5f);
  for (std::size_t i = 0; i < x.size(); ++i) {
    frames[i * kPoseValues + 4] = x[i];
    frames[i * kPoseValues + 5] = x[i] == 0 ? 0.0f : 1.0f;
  }
  RepairUnseenJoints(frames);
  std::vector<float> repaired;
  for (std::size_t i = 0; i < x.size(); ++i) {
    repaired.push_back(frames[i * kPoseValues + 4]);
    EXPECT_EQ(frames[i * kPoseValues], 0.5f) << "another joint changed";
  }
  return repaired;
}

TEST(RepairUnseenJoints, InterpolatesAlongTime) {
  EXPECT_THAT(Repair({1, 0, 2}), ElementsAre(1, 1.5f, 2));
  EXPECT_THAT(Repair({1, 0, 0, 0, 5}), ElementsAre(1, 2, 3, 4, 5));
}

TEST(RepairUnseenJoints, TakesTheNearestSeenValueAtTheEnds) {
  EXPECT_THAT(Repair({0, 0, 3, 4}), ElementsAre(3, 3, 3, 4));
  EXPECT_THAT(Repair({3, 4, 0, 0}), ElementsAre(3, 4, 4, 4));
  EXPECT_THAT(Repair({0, 7, 0}), ElementsAre(7, 7, 7));
}

TEST(RepairUnseenJoints, LeavesAJointThatIsNeverSeen) {
  EXPECT_THAT(Repair({0, 0, 0}), ElementsAre(0, 0, 0));
  EXPECT_THAT(Repair({}), IsEmpty());
}

TEST(RepairUnseenJoints, StartsFromTheRepairedFrameBefore) {
  // Upstream's order of float32 roundings: 2/3 of the way is half of what is
  // left after 1/3.
  const float a = 0.60659444f;
  const float b = 0.60691386f;
  const float third = static_cast<float>(1.0 / 3);
  const float rest = static_cast<float>(1 - 1.0 / 3);
  const float first = rest * a + third * b;
  EXPECT_THAT(Repair({a, 0, 0, b}),
              ElementsAre(a, first, 0.5f * first + 0.5f * b, b));
}

TEST(RepairUnseenJoints, OnlyBothCoordinatesZeroMeansUnseen) {
  std::vector<float> frames(2 * kPoseValues, 0.5f);
  frames[0] = 0;  // y is 0.5.
  RepairUnseenJoints(frames);
  EXPECT_EQ(frames[0], 0);
}

}  // namespace
}  // namespace edge_int8

#include "src/pose/keypoint_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "src/pose/upstream_shape.h"
#include "src/pose/window_source.h"
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

std::string Count(int cells, int first = 0) {
  std::string row = std::to_string(first);
  for (int i = 1; i < cells; ++i) row += "," + std::to_string(first + i);
  return row + "\n";
}

// 50 numbers, of which column `at` is `cell` instead.
std::string RowWith(int at, std::string_view cell) {
  std::string row;
  for (int i = 0; i < 50; ++i) {
    row.append(i == 0 ? "" : ",").append(i == at ? cell : "7");
  }
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

TEST(KeypointCsv, AHeaderMayCountItsColumnsBehindOthers) {
  EXPECT_THAT(Parse(Count(52) + Row("2", 52)), SizeIs(kPoseValues));
  // pandas leaves the index without a name and counts from the next column.
  EXPECT_THAT(Parse("," + Count(50) + Row("2", 51)), SizeIs(kPoseValues));
  EXPECT_THAT(Parse("t," + Count(50, 1) + Row("2", 51)), SizeIs(kPoseValues));
}

// Any of these as a header would give every window the pose one frame later.
TEST(KeypointCsv, WithoutAHeaderTheFirstRowIsFrameZero) {
  const auto first_x = [](const std::string& text) {
    const std::vector<float> frames = Parse(text);
    EXPECT_THAT(frames, SizeIs(2 * kPoseValues)) << text;
    return frames.empty() ? 0 : frames[0];
  };
  EXPECT_EQ(first_x("\xef\xbb\xbf" + Row("7") + Row("8")), 0.007f);
  EXPECT_EQ(first_x("10:00:00," + Row("7") + "10:00:01," + Row("8")), 0.007f);
  EXPECT_EQ(first_x("," + Row("7") + "x," + Row("8")), 0.007f);
  for (const std::string_view cell : {"", "nan", "NaN", "-nan", "inf", "1e39",
                                      "1e999", "NA", "null", "None"}) {
    for (const int unused : {30, 37, 48, 49}) {
      EXPECT_EQ(first_x(RowWith(unused, cell) + Row("8")), 0.007f) << cell;
    }
  }
}

TEST(KeypointCsv, AFirstRowWithNumbersIsJudgedAsAnyOther) {
  for (const std::string_view cell : {"", "x", "nan", "1e39"}) {
    EXPECT_THAT(CsvRefusal(RowWith(3, cell) + Row("8")),
                HasSubstr("k.csv at line 1: column 4 is not a finite number"))
        << cell;
  }
  // Nothing in a row is not a row of names.
  for (const std::string_view cell : {"", "nan", "NA", "inf"}) {
    EXPECT_THAT(CsvRefusal(Row(cell) + Row("8")),
                HasSubstr("k.csv at line 1: column 1 is not a finite number"))
        << cell;
  }
  // A header in which five names look like numbers is still one.
  std::string header = Row("x", 45);
  header.back() = ',';
  EXPECT_THAT(Parse(header + Row("1", 5) + Row("2")), SizeIs(kPoseValues));
  header = Row("x", 44);
  header.back() = ',';
  EXPECT_NE(CsvRefusal(header + Row("1", 6) + Row("2")), "");
}

TEST(KeypointCsv, JointsThatAreNotKeptMayBeMissingInAnyRow) {
  for (const std::string_view cell : {"", "nan", "-inf", "1e39", "N/A"}) {
    for (const int unused : {30, 49}) {
      EXPECT_THAT(Parse(Row("x") + Row("7") + RowWith(unused, cell)),
                  Each(0.007f))
          << cell;
    }
  }
  // All ten are never seen.
  std::string row = Row("7", 30);
  row.pop_back();
  row += std::string(20, ',') + "\n";
  EXPECT_THAT(Parse(row + row), Each(0.007f));
  EXPECT_THAT(Parse("noon," + row + "noon," + row), Each(0.007f));
  // What they may not be is text: the last 50 columns would be others.
  EXPECT_EQ(CsvRefusal(Row("x") + RowWith(49, "walking")),
            "k.csv at line 2: column 50 is neither a number nor empty");
}

TEST(KeypointCsv, TakesQuotedNumbers) {
  EXPECT_THAT(Parse(Row("\"7\"") + Row(" \" 7 \" ")), Each(0.007f));
  EXPECT_THAT(Parse("\"1,5\"," + Row("7")), Each(0.007f));
}

TEST(KeypointCsv, ATrailingCommaIsNoColumn) {
  const auto with_comma = [](std::string row) {
    row.insert(row.size() - 1, ",");
    return row;
  };
  const std::string row = with_comma(Row("2"));
  EXPECT_THAT(Parse(row + row), SizeIs(2 * kPoseValues));
  EXPECT_EQ(Parse(row + row)[0], 0.002f);
  EXPECT_EQ(Parse(with_comma(Row("x")) + row)[0], 0.002f);
  EXPECT_EQ(Parse("noon," + row + "noon," + row)[0], 0.002f);
  EXPECT_THAT(Parse(with_comma(Count(50)) + row), SizeIs(kPoseValues));
  // Behind a joint that is never seen.
  std::string unseen = Row("7", 48);
  unseen.insert(unseen.size() - 1, ",,,");
  EXPECT_THAT(Parse(unseen + unseen), Each(0.007f));
  // A value in any row makes it a column; so does having just 50.
  EXPECT_EQ(Parse("1," + RowWith(49, "") + "1," + Row("8"))[0], 0.007f);
  EXPECT_EQ(Parse(RowWith(49, ""))[0], 0.007f);
}

TEST(KeypointCsv, RefusesEmptyColumnsThatMayBeCommas) {
  std::string row = Row("7");
  row.insert(row.size() - 1, ",,");
  EXPECT_THAT(CsvRefusal(row + row),
              HasSubstr("k.csv: has 52 columns, of which the last 2 are empty "
                        "in every row: trailing commas"));
  // A name without values is a column, though no coordinate.
  std::string comma = Row("7");
  comma.insert(comma.size() - 1, ",");
  EXPECT_EQ(CsvRefusal(Row("x", 51) + comma + comma),
            "k.csv at line 1: names column 51, which is empty in every row; "
            "expected x and y of 25 joints in the last 50");
  EXPECT_EQ(CsvRefusal(Row("x") + comma),
            "k.csv at line 2: has 51 columns, expected 50; it ends in a comma");
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

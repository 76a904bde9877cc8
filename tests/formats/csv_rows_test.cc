#include "src/formats/csv_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace edge_int8 {
namespace {

using testing::ElementsAre;

std::vector<std::string_view> CellsOf(std::string_view row) {
  return CsvRow{1, row}.Cells();
}

std::vector<int> LinesOf(std::string_view text) {
  std::vector<int> lines;
  CsvRows rows(text);
  while (const auto row = rows.Next()) lines.push_back(row->line);
  return lines;
}

TEST(CsvRows, SkipBlankLinesAndCountThem) {
  EXPECT_THAT(LinesOf("a\n\n \t\r\nb\r\nc"), ElementsAre(1, 4, 5));
  EXPECT_THAT(LinesOf(""), ElementsAre());
  EXPECT_THAT(LinesOf("\n"), ElementsAre());
}

TEST(CsvRows, LeaveTheByteOrderMarkOut) {
  CsvRows rows("\xef\xbb\xbf\x31,2");
  EXPECT_EQ(rows.Next()->text, "1,2");
  EXPECT_THAT(LinesOf("\xef\xbb\xbf"), ElementsAre());
}

TEST(CsvRow, HasACellMoreThanCommas) {
  EXPECT_THAT(CellsOf("a"), ElementsAre("a"));
  EXPECT_THAT(CellsOf("a,b"), ElementsAre("a", "b"));
  EXPECT_THAT(CellsOf(" a\t,, b "), ElementsAre("a", "", "b"));
  EXPECT_THAT(CellsOf("a,"), ElementsAre("a", ""));
  EXPECT_THAT(CellsOf(","), ElementsAre("", ""));
}

TEST(CsvRow, TakesQuotesOffAndNoCommaInsideThem) {
  EXPECT_THAT(CellsOf("\"a\", \" b \",\"\""), ElementsAre("a", "b", ""));
  EXPECT_THAT(CellsOf("\"a,b\",c"), ElementsAre("a,b", "c"));
  EXPECT_THAT(CellsOf("\"say \"\"a,b\"\"\",c"),
              ElementsAre("say \"\"a,b\"\"", "c"));
  EXPECT_THAT(CellsOf("\"a,b"), ElementsAre("\"a,b"));  // Never closed.
  EXPECT_THAT(CellsOf("\""), ElementsAre("\""));
}

TEST(CsvRow, CountsTheEmptyCellsAtItsEnd) {
  const auto empty = [](std::string_view row) {
    return CsvRow{1, row}.EmptyEnd();
  };
  EXPECT_EQ(empty("1,2"), 0u);
  EXPECT_EQ(empty("1,2,"), 1u);
  EXPECT_EQ(empty("1,,2,\t, ,"), 3u);
  EXPECT_EQ(empty(",,"), CellsOf(",,").size());
}

TEST(CsvCell, IsANumberAMissingOneOrText) {
  for (const std::string_view number : {"0", "-1.5", "+1e2", ".5", "1e38"}) {
    EXPECT_EQ(ReadCsvCell(number).kind, CsvCellKind::kNumber) << number;
  }
  EXPECT_EQ(ReadCsvCell("+1e2").number, 100.0f);
  for (const std::string_view missing :
       {"", "nan", "NaN", "-nan", "inf", "-Infinity", "1e39", "1e999", "NA",
        "N/A", "#N/A", "<NA>", "NULL", "None"}) {
    EXPECT_EQ(ReadCsvCell(missing).kind, CsvCellKind::kMissing) << missing;
  }
  for (const std::string_view text :
       {"x", "1x", "0x10", "--1", "1 2", "10:00:00", "+", "n", "nano"}) {
    EXPECT_EQ(ReadCsvCell(text).kind, CsvCellKind::kText) << text;
  }
}

}  // namespace
}  // namespace edge_int8

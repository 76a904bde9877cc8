#include "src/report/narrow_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "tests/report/example_table.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;
using testing::Not;

void ExpectNarrow(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(DisplayWidth(line), kTerminalColumns) << line;
  }
}

ScoreTable WithLongNames() {
  ScoreTable table = ExampleTable();
  table.split_id = "seed42";
  table.rows.push_back(
      ExampleRow("int8 PTQ static", 0.4125, Interval{-0.58, -0.52}));
  table.rows.push_back(ExampleRow("int4 weights, QAT, 3 epochs of 1280 windows",
                                  0.9627, Interval{-0.1, 0.1}));
  return table;
}

TEST(NarrowTable, ShowsWhatDecidesBesideNamesOfAnyLength) {
  const std::string text = RenderNarrowTable(WithLongNames());
  ExpectNarrow(text);
  EXPECT_THAT(text, HasSubstr("model"));
  for (const char* header :
       {"MiB", "PCK@10", "PCK@20", "difference, pp [95%]", "verdict"}) {
    EXPECT_THAT(text, HasSubstr(header));
  }
  EXPECT_THAT(text, HasSubstr("-55.00 [-58.00, -52.00]"));
  EXPECT_THAT(text, HasSubstr("inconclusive\n"));
  EXPECT_THAT(text, HasSubstr("\nint4 weights,"));
  EXPECT_THAT(text, HasSubstr("\nwindows\n"));
  EXPECT_THAT(text, Not(HasSubstr("MPJPE")));
  EXPECT_THAT(text, HasSubstr("mean pose"));
}

TEST(NarrowTable, SaysWhatTrainedRowsAreComparedWith) {
  ScoreTable table = WithLongNames();
  table.rows.push_back(ExampleRow("fp32 fine-tuned (control), 3 epochs", 0.97,
                                  Interval{0.001, 0.01}));
  table.rows[2].against = 3;
  const std::string text = RenderNarrowTable(table);
  ExpectNarrow(text);
  EXPECT_THAT(text, HasSubstr("-0.73 [-10.00, +10.00] *"));
  EXPECT_THAT(text, HasSubstr("\n* from fp32 fine-tuned (control), which was"));
  EXPECT_THAT(RenderNarrowTable(WithLongNames()), Not(HasSubstr("* from")));
}

TEST(NarrowTable, HasNoEmptyColumns) {
  ScoreTable table = ExampleTable();
  table.rows.front().size_mib.reset();
  const std::string text = RenderNarrowTable(table);
  EXPECT_THAT(text, Not(HasSubstr("MiB")));
  EXPECT_THAT(text, Not(HasSubstr("verdict")));
  EXPECT_THAT(text, HasSubstr("PCK@20"));
}

TEST(NarrowTable, GivesNoVerdictWhereNothingWasMeasured) {
  ScoreTable table = ExampleTable();
  table.rows.push_back(ExampleRow("int8", 0.9627));
  const std::string text = RenderNarrowTable(table);
  EXPECT_THAT(text, HasSubstr("+0.02"));
  EXPECT_THAT(text, Not(HasSubstr("verdict")));
  EXPECT_THAT(text, Not(HasSubstr("inconclusive")));
  table.rows.push_back(ExampleRow("int4", 0.9627, Interval{-0.1, 0.1}));
  EXPECT_THAT(RenderNarrowTable(table), HasSubstr("inconclusive\n"));
}

TEST(NarrowTable, ColoursVerdictsAsTheWideTableColoursDifferences) {
  ScoreTable table = WithLongNames();
  table.rows.push_back(ExampleRow("int8 QAT", 0.97, Interval{0.001, 0.01}));
  const std::string text = RenderNarrowTable(table, Colour::kOn);
  for (const TableRow& row : {table.rows[1], table.rows[2], table.rows[3]}) {
    const Verdict verdict = RowVerdict(table, row);
    EXPECT_THAT(text, HasSubstr(Paint(VerdictName(verdict),
                                      VerdictStyle(verdict), Colour::kOn)));
  }
  EXPECT_THAT(text, HasSubstr(Paint("worse", Style::kBad, Colour::kOn)));
  EXPECT_THAT(text, HasSubstr(Paint("better", Style::kGood, Colour::kOn)));
}

TEST(NarrowTable, KeepsNotesAndNamesTheMetric) {
  ScoreTable table = WithLongNames();
  table.rows[1].note = "fitted";
  EXPECT_THAT(RenderNarrowTable(table), HasSubstr("int8 PTQ static: fitted\n"));
  table.metric.normalization = Normalization::kClasses;
  table.metric.classes = 4;
  const std::string text = RenderNarrowTable(table);
  EXPECT_THAT(text, HasSubstr("top-1"));
  EXPECT_THAT(text, Not(HasSubstr("PCK@10")));
}

}  // namespace
}  // namespace edge_int8

#include "src/report/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/report/example_table.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kReference =
    "fp32 reaches 96.25% PCK@20 on 2,025 windows of 75 files (test split, "
    "clean subset) of synthetic data; always answering the mean pose reaches "
    "75.00%.";

TEST(Verdict, ClaimsWithinOnlyWhenTheIntervalIs) {
  ScoreTable table = ExampleTable();
  table.rows.push_back(
      ExampleRow("int8 searched", 0.9627, Interval{-0.00031, 0.00069}));
  EXPECT_EQ(RenderVerdict(table),
            kReference +
                " int8 searched differs by +0.020 pp (95% interval -0.031 to "
                "+0.069): it is within 0.1 pp of fp32, at 0.800 MiB for 3.200 "
                "(4.00x).");
}

TEST(Verdict, SaysPlainlyWhatIsLost) {
  ScoreTable table = ExampleTable();
  table.rows.push_back(
      ExampleRow("int8 PTQ static", 0.4125, Interval{-0.58, -0.52}));
  table.rows.back().size_mib.reset();
  EXPECT_EQ(RenderVerdict(table),
            kReference +
                " int8 PTQ static differs by -55.000 pp (95% interval -58.000 "
                "to -52.000): it is not within 0.1 pp of fp32. It is no better "
                "than the mean pose.");
}

TEST(Verdict, IsInconclusiveWhenTheIntervalStraddlesTheTolerance) {
  ScoreTable table = ExampleTable();
  table.rows.push_back(ExampleRow("int8", 0.9622, Interval{-0.00104, 0.0004}));
  EXPECT_THAT(RenderVerdict(table),
              HasSubstr("(95% interval -0.104 to +0.040): whether it is within "
                        "0.1 pp of fp32 is inconclusive (the interval reaches "
                        "to both sides of it), at"));
}

TEST(Verdict, IsInconclusiveWithoutAnIntervalOrWithOneFile) {
  ScoreTable table = ExampleTable();
  table.rows.push_back(ExampleRow("int8", 0.9625));
  EXPECT_THAT(RenderVerdict(table),
              HasSubstr("int8 differs by 0.000 pp: whether it is within 0.1 pp "
                        "of fp32 is inconclusive (there is no interval)"));
  table.rows.back().interval = Interval{0, 0};
  table.files = 1;
  EXPECT_THAT(RenderVerdict(table),
              HasSubstr("inconclusive (one file says nothing about others)"));
}

TEST(Verdict, UsesTheToleranceAndTheKindOfDataOfTheTable) {
  ScoreTable table = ExampleTable();
  table.tolerance = 0.02;
  table.synthetic = false;
  table.rows.push_back(ExampleRow("int8", 0.955, Interval{-0.015, -0.001}));
  EXPECT_THAT(RenderVerdict(table), HasSubstr("it is within 2 pp of fp32"));
  EXPECT_THAT(RenderVerdict(table), HasSubstr("of real data"));
  EXPECT_THAT(RenderVerdict(table), Not(HasSubstr("synthetic")));
}

TEST(Verdict, ComparesSimulationAndEngine) {
  ScoreTable table = ExampleTable();
  table.rows.push_back(ExampleRow("int8 QAT", 0.8, Interval{-0.2, -0.1}));
  table.rows.back().simulated = ExampleScore(0.9, 0.01);
  table.rows.back().conversion_gap_lsb = 0;
  EXPECT_THAT(RenderVerdict(table),
              HasSubstr(" Its simulation said 90.00% and the integers reach "
                        "80.00%."));
  EXPECT_THAT(RenderVerdict(table), Not(HasSubstr("LSB")));
  table.rows.back().conversion_gap_lsb = 3;
  EXPECT_THAT(RenderVerdict(table),
              HasSubstr(" Simulation and engine differ by up to 3 LSB."));
}

TEST(Verdict, RefusesToJudgeAReferenceThatHasLearnedNothing) {
  ScoreTable table = ExampleTable();
  table.mean_pose = table.rows.front().score;
  EXPECT_THAT(RenderVerdict(table),
              HasSubstr("The reference is no better than the mean pose, so the "
                        "differences below say nothing about quantization."));
}

TEST(Verdict, OfAReferenceAloneComparesNothing) {
  EXPECT_EQ(RenderVerdict(ExampleTable()),
            kReference + " Nothing was compared with it.");
}

TEST(WrapText, BreaksAtSpacesOnly) {
  EXPECT_EQ(WrapText("aa bb cc", 5), "aa bb\ncc\n");
  EXPECT_EQ(WrapText("aa bb cc", 8), "aa bb cc\n");
  EXPECT_EQ(WrapText("a longword b", 4), "a\nlongword\nb\n");
  EXPECT_EQ(WrapText("日本 x", 6), "日本 x\n");
  EXPECT_EQ(WrapText("日本 x", 5), "日本\nx\n");
  EXPECT_EQ(WrapText("", 5), "");
}

}  // namespace
}  // namespace edge_int8

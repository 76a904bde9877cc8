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

TEST(Verdict, ClaimsOnlyWhatTheIntervalHolds) {
  ScoreTable table = ExampleTable();
  table.rows.push_back(
      ExampleRow("int8 searched", 0.9627, Interval{-0.00031, 0.00069}));
  EXPECT_EQ(RenderVerdict(table),
            kReference +
                " int8 searched: PCK@20 is not worse than fp32 by more than "
                "0.1 pp (+0.020 pp, 95% interval -0.031 to +0.069); 0.800 MiB "
                "for 3.200 (4.00x).");
}

TEST(Verdict, SaysPlainlyWhatIsLost) {
  ScoreTable table = ExampleTable();
  table.rows.push_back(
      ExampleRow("int8 PTQ static", 0.4125, Interval{-0.58, -0.52}));
  table.rows.back().size_mib.reset();
  EXPECT_EQ(RenderVerdict(table),
            kReference +
                " int8 PTQ static: PCK@20 is worse than fp32 by 55.000 pp (95% "
                "interval -58.000 to -52.000). It is no better than the mean "
                "pose.");
}

TEST(Verdict, CallsAGainBetter) {
  ScoreTable table = ExampleTable();
  table.rows.push_back(ExampleRow("int8", 0.9642, Interval{0.0002, 0.0032}));
  EXPECT_THAT(RenderVerdict(table),
              HasSubstr("int8: PCK@20 is better than fp32 by 0.170 pp (95% "
                        "interval +0.020 to +0.320);"));
}

TEST(Verdict, JudgesBothThresholdsAndTheMeanErrorAgainstTheControl) {
  ScoreTable table = ExampleTable();
  TableRow row =
      ExampleRow("int8 QAT, 3 epochs", 0.9822, Interval{-0.0006, 0.0001});
  row.against = 2;
  row.interval_10 = Interval{-0.012, -0.008};
  row.interval_mpjpe = Interval{0.0001, 0.0002};
  table.rows.push_back(row);
  table.rows.push_back(ExampleRow("fp32 fine-tuned (control), 3 epochs", 0.9825,
                                  Interval{0.01, 0.03}));
  EXPECT_THAT(
      RenderVerdict(table),
      HasSubstr("int8 QAT, 3 epochs: PCK@20 is not worse than fp32 fine-tuned "
                "(control) by more than 0.1 pp (-0.030 pp, 95% interval "
                "-0.060 to +0.010); PCK@10 is worse than fp32 fine-tuned "
                "(control) by 0.030 pp (95% interval -1.200 to -0.800); MPJPE "
                "is higher (+0.000000, 95% interval +0.000100 to +0.000200);"));
  table.rows[1].interval_mpjpe = Interval{-0.0001, 0.0002};
  EXPECT_THAT(RenderVerdict(table), HasSubstr("; MPJPE may be equal ("));
}

TEST(Verdict, IsInconclusiveWhenTheIntervalStraddlesTheTolerance) {
  ScoreTable table = ExampleTable();
  table.rows.push_back(ExampleRow("int8", 0.9622, Interval{-0.00104, 0.0004}));
  EXPECT_THAT(RenderVerdict(table),
              HasSubstr("whether PCK@20 is worse than fp32 by more than 0.1 pp "
                        "is inconclusive (-0.030 pp, 95% interval -0.104 to "
                        "+0.040, which reaches to both sides of it);"));
}

TEST(Verdict, IsInconclusiveWithoutAnIntervalOrWithOneFile) {
  ScoreTable table = ExampleTable();
  table.rows.push_back(ExampleRow("int8", 0.9625));
  EXPECT_THAT(RenderVerdict(table),
              HasSubstr("int8: whether PCK@20 is worse than fp32 by more than "
                        "0.1 pp is inconclusive (0.000 pp, there is no "
                        "interval)"));
  table.rows.back().interval = Interval{0, 0};
  table.files = 1;
  EXPECT_THAT(RenderVerdict(table),
              HasSubstr(", and one file says nothing about others)"));
}

TEST(Verdict, UsesTheToleranceAndTheKindOfDataOfTheTable) {
  ScoreTable table = ExampleTable();
  table.tolerance = 0.02;
  table.synthetic = false;
  table.rows.push_back(ExampleRow("int8", 0.955, Interval{-0.015, -0.001}));
  EXPECT_THAT(RenderVerdict(table),
              HasSubstr("is not worse than fp32 by more than 2 pp"));
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

#include "src/report/score_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/report/example_table.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ScoreTable, ShowsEveryModelBesideTheMeanPose) {
  ScoreTable table = ExampleTable();
  table.rows.push_back(
      ExampleRow("int8 PTQ static", 0.4125, Interval{-0.58, -0.52}));
  table.rows.push_back(
      ExampleRow("int8 searched", 0.9627, Interval{-0.00031, 0.00069}));
  EXPECT_EQ(
      RenderScoreTable(table),
      R"(torso-pck/1 (normalization torso), test split, clean subset, 2,025 windows of 75 files, synthetic data
model            size MiB  smaller  PCK@10  PCK@20  PCK@50     MPJPE  delta PCK@20    [95% interval]  of fp32
fp32                3.200    1.00x  86.25%  96.25%  99.00%  0.010000             -                 -        -
int8 PTQ static     0.800    4.00x  31.25%  41.25%  99.00%  0.010000     -55.00 pp  [-58.00, -52.00]   42.86%
int8 searched       0.800    4.00x  86.27%  96.27%  99.00%  0.010000      +0.02 pp    [-0.03, +0.07]  100.02%
mean pose               -        -  65.00%  75.00%  99.00%  0.050000             -                 -        -
)");
}

TEST(ScoreTable, HasOptionalColumnsOnlyWhereARowFillsThem) {
  ScoreTable table = ExampleTable();
  table.synthetic = false;
  table.rows.front().full = ExampleScore(0.9375, 0.02);
  table.rows.push_back(ExampleRow("int8 ours", 0.96));
  TableRow& ours = table.rows.back();
  ours.section = "int8";
  ours.division = "closed";
  ours.simulated = ExampleScore(0.9605, 0.01);
  ours.conversion_gap_lsb = 0;
  table.rows.push_back(ExampleRow("int8 retrained", 0.97));
  table.rows.back().section = "int8";
  table.rows.back().division = "open";
  table.rows.back().size_mib.reset();
  table.rows.back().note = "trained 3 epochs more";
  EXPECT_EQ(
      RenderScoreTable(table),
      R"(torso-pck/1 (normalization torso), test split, clean subset, 2,025 windows of 75 files, real data
model           division  size MiB  smaller  PCK@10  PCK@20  PCK@50     MPJPE  delta PCK@20  of fp32  simulated PCK@20  gap LSB  full PCK@20
fp32            -            3.200    1.00x  86.25%  96.25%  99.00%  0.010000             -        -                 -        -       93.75%
int8
int8 ours       closed       0.800    4.00x  86.00%  96.00%  99.00%  0.010000      -0.25 pp   99.74%            96.05%        0            -
int8 retrained  open             -        -  87.00%  97.00%  99.00%  0.010000      +0.75 pp  100.78%                 -        -            -
mean pose       -                -        -  65.00%  75.00%  99.00%  0.050000             -        -                 -        -            -
int8 retrained: trained 3 epochs more
)");
  table.rows.resize(1);
  EXPECT_THAT(RenderScoreTable(table), Not(HasSubstr("of fp32")));
}

TEST(ScoreTable, SaysWhoseMpjpeIsMissingAndWhy) {
  ScoreTable table = ExampleTable();
  table.rows.front().score.mpjpe.reset();
  table.rows.front().score.finite_samples = 1000;
  EXPECT_THAT(RenderScoreTable(table),
              HasSubstr("fp32: 1,025 of 2,025 windows are not finite, MPJPE "
                        "over the others is 0.010000\n"));
  table.rows.front().score.finite_samples = 0;
  EXPECT_THAT(RenderScoreTable(table), HasSubstr("the others is -\n"));
}

TEST(ScoreTable, NamesItsMetric) {
  ScoreTable table = ExampleTable();
  table.metric = Normalization::kBoundingBox;
  EXPECT_THAT(RenderScoreTable(table),
              HasSubstr("bbox-pck/1 (normalization bbox), test split"));
}

TEST(ScoreTable, ColoursTheDifferenceByItsVerdict) {
  const auto rendered = [](Interval interval, int files) {
    ScoreTable table = ExampleTable();
    table.files = files;
    table.rows.push_back(ExampleRow("int8", 0.9525, interval));
    return RenderScoreTable(table, Colour::kOn);
  };
  EXPECT_THAT(rendered({-0.02, -0.005}, 75), HasSubstr("\x1b[31m-1.00 pp"));
  EXPECT_THAT(rendered({-0.0005, 0.005}, 75), HasSubstr("\x1b[32m-1.00 pp"));
  EXPECT_THAT(rendered({-0.02, 0.02}, 75), Not(HasSubstr("m-1.00 pp")));
  EXPECT_THAT(rendered({-0.01, -0.01}, 1), Not(HasSubstr("m-1.00 pp")));
}

TEST(ScoreTable, OfModelsScoredOnDifferentWindowsIsABug) {
  ScoreTable table = ExampleTable();
  table.rows.push_back(ExampleRow("int8", 0.95));
  table.rows.back().score.samples = 7;
  EXPECT_EQ(ErrorOf([&] { RenderScoreTable(table); }).kind(),
            ErrorKind::kInternal);
  table.rows.clear();
  EXPECT_EQ(ErrorOf([&] { RenderScoreTable(table); }).kind(),
            ErrorKind::kInternal);
}

TEST(RowVerdict, NeedsAnIntervalAndTwoFiles) {
  ScoreTable table = ExampleTable();
  EXPECT_EQ(RowVerdict(table, ExampleRow("a", 0.9)), Verdict::kInconclusive);
  const TableRow row = ExampleRow("a", 0.9, Interval{0, 0});
  EXPECT_EQ(RowVerdict(table, row), Verdict::kNotWorse);
  table.files = 1;
  EXPECT_EQ(RowVerdict(table, row), Verdict::kInconclusive);
}

TEST(ScoreTable, ComparesATrainedRowWithItsControl) {
  ScoreTable table = ExampleTable();
  table.rows.push_back(ExampleRow("int8 QAT", 0.97, Interval{-0.004, -0.002}));
  table.rows.push_back(ExampleRow("fp32 fine-tuned (control), 3 epochs", 0.973,
                                  Interval{0.009, 0.012}));
  EXPECT_THAT(RenderScoreTable(table), Not(HasSubstr("against")));
  table.rows[1].against = 2;
  EXPECT_EQ(RowVerdict(table, table.rows[1]), Verdict::kWorse);
  EXPECT_EQ(RowVerdict(table, table.rows[2]), Verdict::kBetter);
  const std::string text = RenderScoreTable(table);
  EXPECT_THAT(text, HasSubstr("-0.30 pp  [-0.40, -0.20]  fp32 fine-tuned "
                              "(control)"));
  EXPECT_THAT(text, HasSubstr("+1.05 pp  [+0.90, +1.20]  fp32 "));
}

TEST(Format, PointsHaveASignUnlessTheyRoundToZero) {
  EXPECT_EQ(FormatPoints(-0.5564), "-55.64");
  EXPECT_EQ(FormatPoints(0.0012), "+0.12");
  EXPECT_EQ(FormatPoints(-0.00004), "0.00");
  EXPECT_EQ(FormatPoints(-0.00004, 3), "-0.004");
  EXPECT_EQ(FormatPoints(0), "0.00");
}

TEST(Format, PercentHasTwoDecimals) {
  EXPECT_EQ(FormatPercent(0.9662), "96.62%");
  EXPECT_EQ(FormatPercent(1), "100.00%");
}

TEST(Format, CountsAreGroupedByThousands) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(52560), "52,560");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatCount(-123), "-123");
  EXPECT_EQ(FormatCount(-1234), "-1,234");
}

}  // namespace
}  // namespace edge_int8

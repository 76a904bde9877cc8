#include "src/report/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "src/report/svg_plot.h"
#include "tests/report/example_run.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class ChartTest : public testing::Test {
 protected:
  ChartTest() {
    WriteAll(folder_);
    runs_.push_back(ReadRun(folder_.path()));
    charts_ = ChartsOf(runs_[0], Palette(runs_));
  }
  const Chart& Get(const std::string& kind) const {
    return *std::ranges::find(charts_, kind, &Chart::kind);
  }

  TempFolder folder_;
  std::vector<RunReport> runs_;
  std::vector<Chart> charts_;
};

TEST_F(ChartTest, EveryFileHasItsCharts) {
  std::vector<std::string> kinds;
  for (const Chart& chart : charts_) kinds.push_back(chart.kind);
  EXPECT_THAT(kinds,
              ElementsAre("intervals", "ladder", "joints", "network", "errors",
                          "curves", "difference", "size", "front", "latency"));
  for (const Chart& chart : charts_) {
    ASSERT_FALSE(chart.pictures.empty()) << chart.kind;
    for (const Picture& picture : chart.pictures) {
      EXPECT_THAT(picture.wide, testing::StartsWith("<svg xmlns="));
      if (chart.kind == "network") continue;  // is scrolled
      EXPECT_THAT(picture.narrow, HasSubstr("viewBox=\"0 0 360.00 "));
    }
    EXPECT_FALSE(chart.note.empty());
  }
}

// The page's data and the static picture say the same.
TEST_F(ChartTest, DataAndPictureHaveTheSameNumbers) {
  const Chart& intervals = Get("intervals");
  EXPECT_NEAR(intervals.data["metrics"][0]["rows"][0]["delta"], -0.5, 1e-9);
  EXPECT_NEAR(intervals.data["metrics"][0]["rows"][0]["low"], -0.75, 1e-9);
  EXPECT_THAT(intervals.pictures[0].wide, HasSubstr("-0.50 [-0.75, -0.25]"));
  const Chart& ladder = Get("ladder");
  EXPECT_NEAR(ladder.data["steps"][1]["pck@20"], 94.75, 1e-9);
  EXPECT_THAT(ladder.pictures[0].wide, HasSubstr("weights: -0.25 pp"));
  const Chart& size = Get("size");
  EXPECT_EQ(size.data["models"][1]["mib"], 0.865);
  EXPECT_THAT(size.pictures[0].wide, HasSubstr("ptq: 0.865 MiB, 94.50%"));
  const Chart& front = Get("front");
  EXPECT_EQ(front.data["points"][0]["kib"], 500);
  EXPECT_THAT(front.pictures[0].wide, HasSubstr("512,000 bytes, 92.50%"));
  const Chart& latency = Get("latency");
  EXPECT_EQ(latency.data["bars"][0]["p50"], 0.25);
  EXPECT_THAT(latency.pictures[0].wide, HasSubstr("0.250 ms"));
  const Chart& joints = Get("joints");
  EXPECT_NEAR(joints.data["models"][0]["panels"][1]["damage"][3], 2.5, 1e-9);
  EXPECT_THAT(joints.pictures[0].wide, HasSubstr("right elbow: -2.50 pp"));
}

TEST_F(ChartTest, CurvesPassThroughTheSharesOfTheFile) {
  const json& series = Get("curves").data["series"];
  ASSERT_EQ(series.size(), 3u);
  EXPECT_EQ(series[0]["values"].size(), 101u);  // To 50% in steps of 0.5.
  EXPECT_NEAR(series[0]["values"][40], 100.0 * 300 / 1500, 1e-6);
  EXPECT_EQ(Get("difference").data["series"].size(), 1u);
}

TEST_F(ChartTest, TheLineJoinsWhatNothingSmallerBeats) {
  EXPECT_EQ(Get("front").data["line"].size(), 1u);
}

TEST_F(ChartTest, AModelHasOneColourInEveryRun) {
  RunReport other = runs_[0];
  other.bench->labels = {"fp32", "new", "ptq"};
  const Palette palette({runs_[0], other});
  EXPECT_EQ(palette.Of("fp32"), 0);
  EXPECT_EQ(palette.Of("ptq"), 1);
  EXPECT_GT(palette.Of("new"), 1);
  EXPECT_EQ(palette.Of("mean_pose"), kBaselineColour);
}

TEST_F(ChartTest, EachModelHasItsOwnColourInEveryChart) {
  RunReport run = runs_[0];
  run.bench->labels = {"fp32", "ptq"};
  run.latency[0].label = "ptq";
  const Palette palette({run});
  const std::string mine = "bar s" + std::to_string(palette.Of("ptq"));
  EXPECT_THAT(LatencyChart(run, palette)->pictures[0].wide, HasSubstr(mine));
  EXPECT_THAT(IntervalsChart(run, palette)->pictures[0].wide,
              HasSubstr("dot s" + std::to_string(palette.Of("ptq"))));
  EXPECT_NE(palette.Of("ptq"), palette.Of("fp32"));
}

TEST_F(ChartTest, CaptionsSayWhatTheNumbersSay) {
  EXPECT_THAT(Get("intervals").note,
              HasSubstr("By PCK@20: 1 worse, where a loss of 0.1 pp"));
  EXPECT_THAT(Get("ladder").note,
              HasSubstr("the step that loses most is weights (-0.25 pp)"));
  EXPECT_THAT(Get("joints").note, HasSubstr("the nose loses most, 2.50"));
  EXPECT_THAT(Get("latency").note,
              HasSubstr("The fastest is half with 0.250 ms"));
  EXPECT_THAT(Get("network").note,
              HasSubstr("2 operators with 300 multiply-accumulates; c2 has"));
  EXPECT_THAT(Get("curves").note, HasSubstr("At 20%: "));
}

TEST_F(ChartTest, ANetworkHasABoxAndItsWires) {
  const std::string& svg = Get("network").pictures[0].wide;
  for (const char* text : {"conv  4 x 1 x 20  w4 a8", "add  4 x 1 x 20  a16",
                           "300 multiply-accumulates"}) {
    EXPECT_THAT(Get("network").note + svg, HasSubstr(text));
  }
  EXPECT_THAT(Get("network").data["nodes"][1]["inputs"], ElementsAre(0));
}

// One model far away must not squeeze the others to a point.
TEST_F(ChartTest, FarModelsLeaveTheAxisToTheNearOnes) {
  TableRow far = runs_[0].bench->table.rows[1];
  far.label = "far";
  far.score.pck[1] = 0.1;
  far.interval = Interval{-0.9, -0.8};
  runs_[0].bench->table.rows.push_back(far);
  runs_[0].bench->labels.push_back("far");
  const Chart chart = *IntervalsChart(runs_[0], Palette(runs_));
  EXPECT_GT(chart.data["metrics"][0]["range"][0], -1.0);
  EXPECT_THAT(chart.pictures[0].wide, HasSubstr("◀"));
  EXPECT_THAT(chart.pictures[0].wide, HasSubstr("-85.00 [-90.00, -80.00]"));
}

TEST_F(ChartTest, EqualNumbersEverywhereStillMakeAPicture) {
  for (ReportedStep& step : runs_[0].explain->ladder) {
    step.score.pck.fill(1.0);
  }
  for (SearchPoint& point : runs_[0].search->points) {
    point.bytes = 0;
    point.pck = 0;
  }
  runs_[0].latency[0].p50_ms = 0;
  runs_[0].latency[0].p90_ms.reset();
  runs_[0].latency[0].p99_ms = 0;
  for (const Chart& chart : ChartsOf(runs_[0], Palette(runs_))) {
    for (const Picture& picture : chart.pictures) {
      EXPECT_THAT(picture.wide, testing::Not(HasSubstr("nan"))) << chart.kind;
      EXPECT_THAT(picture.narrow, testing::Not(HasSubstr("nan"))) << chart.kind;
    }
  }
}

}  // namespace
}  // namespace edge_int8

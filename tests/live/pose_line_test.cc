#include "src/live/pose_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace edge_int8 {
namespace {

using testing::HasSubstr;

TEST(LineSeconds, IsExact) {
  EXPECT_EQ(LineSeconds(0), "0");
  EXPECT_EQ(LineSeconds(1786700249'040'000'001), "1786700249.040000001");
  EXPECT_EQ(LineSeconds(-1'500'000'000), "-1.5");
  EXPECT_EQ(LineSeconds(std::numeric_limits<int64_t>::min()),
            "-9223372036.854775808");
}

TEST(PoseLine, ReadsBackToTheSameBits) {
  const std::vector<float> values = {0.1f,        1 / 3.0f, -1e-30f,
                                     16777217.0f, 0.0f,     5e-45f};
  LivePose pose;
  pose.values = values;
  pose.time_ns = 95'000'000;
  pose.latency_ms = 0.123456;
  const std::string line = PoseLine(pose, {3, 2});
  EXPECT_EQ(line.back(), '\n');
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["t"], 0.095);
  EXPECT_EQ(json["latency_ms"], 0.1235);
  ASSERT_EQ(json["pose"].size(), 3u);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(json["pose"][i / 2][i % 2].get<float>(), values[i]);
  }
  // Scores of classes are no pairs.
  EXPECT_EQ(nlohmann::json::parse(PoseLine(pose, {6}))["pose"].size(), 6u);
}

TEST(PoseLine, SaysWhyThereIsNone) {
  LivePose none;
  none.why = "a gap";
  EXPECT_EQ(PoseLine(none, {3, 2}),
            "{\"t\":0,\"pose\":null,\"why\":\"a gap\"}\n");
}

TEST(CsiLines, AreTheLastStepsOfTheWindow) {
  const std::vector<float> window = {1, 2, 3, 4, 10, 20, 30, 40};
  LivePose pose;
  pose.window = window;
  pose.first_ns = 1'000'000'000;
  pose.time_ns = 4'000'000'000;
  EXPECT_EQ(CsiLines(pose, 2, 2),
            "{\"t\":3,\"csi\":[3,30]}\n{\"t\":4,\"csi\":[4,40]}\n");
}

TEST(SummaryText, NamesWhatWasLeftOut) {
  SessionSummary summary;
  summary.counts.packets = 10;
  summary.counts.lost = 3;
  summary.counts.clock.out_of_order = 5;
  summary.counts.clock.doubled = 4;
  summary.counts.left_out["lines that hold no packet"] = 2;
  summary.poses = 1;
  summary.latency.Add(0.5);
  const std::string text = SummaryText(summary);
  EXPECT_THAT(text, HasSubstr("10 packets"));
  EXPECT_THAT(text, HasSubstr("3 packets lost"));
  EXPECT_THAT(text, HasSubstr("1 packets late"));
  EXPECT_THAT(text, HasSubstr("4 packets doubled"));
  EXPECT_THAT(text, HasSubstr("2 lines that hold no packet"));
  EXPECT_EQ(SummaryJson(summary)["late"], 1);
}

}  // namespace
}  // namespace edge_int8

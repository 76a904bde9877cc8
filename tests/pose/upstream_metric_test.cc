// The metric against the original code's answers on 320 poses, one of them a
// NaN prediction, some targets with a torso of zero. The .npy files have the
// plainest header there is, so a few lines read them here.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "src/pose/pose_metric.h"
#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

const std::string kFolder = kSourceDir + "/tests/golden/pose_metric/";

std::vector<float> ReadPoses(const std::string& name) {
  const std::string bytes = ReadText(kFolder + name);
  constexpr std::size_t kHeader = 128;
  EXPECT_NE(bytes.substr(0, kHeader).find("'<f4'"), std::string::npos) << name;
  std::vector<float> values((bytes.size() - kHeader) / sizeof(float));
  std::memcpy(values.data(), bytes.data() + kHeader,
              values.size() * sizeof(float));
  return values;
}

// Upstream means in float32; one joint of 4,800 more or less would be 2e-4.
constexpr double kTolerance = 1e-6;

void ExpectPck(const Score& score, const nlohmann::json& expected) {
  for (const int percent : kPckPercents) {
    const std::string key = "0." + std::to_string(percent / 10);
    EXPECT_NEAR(score.Pck(percent), expected.at(key).get<double>(), kTolerance)
        << percent;
  }
}

TEST(UpstreamMetric, AgreesOnAllWindowsAndOnTheFiniteOnes) {
  const auto preds = ReadPoses("metric_predictions.npy");
  const auto targets = ReadPoses("expected_targets.npy");
  const auto expected =
      nlohmann::json::parse(ReadText(kFolder + "expected_metrics.json"));
  const std::vector<PoseTally> all = TallyPoses(preds, targets);
  ASSERT_EQ(all.size(), 320u);
  std::vector<PoseTally> finite;
  for (const PoseTally& tally : all) {
    if (tally.finite) finite.push_back(tally);
  }
  ASSERT_EQ(finite.size(), 319u);

  const Score score = MergeTallies(all);
  ExpectPck(score, expected.at("torso").at("all"));
  ExpectPck(MergeTallies(finite), expected.at("torso").at("finite"));
  EXPECT_FALSE(score.mpjpe.has_value());
  EXPECT_EQ(score.finite_samples, 319);
  EXPECT_NEAR(score.mpjpe_finite, expected.at("mpjpe_finite").get<double>(),
              kTolerance);
  EXPECT_EQ(MergeTallies(finite).mpjpe, score.mpjpe_finite);
}

// Another pair of joints (upstream's shoulders) gives other numbers, so the
// agreement above is not an accident.
TEST(UpstreamMetric, IsNotTheShoulderMetric) {
  const Score score = MergeTallies(TallyPoses(
      ReadPoses("metric_predictions.npy"), ReadPoses("expected_targets.npy")));
  const auto expected =
      nlohmann::json::parse(ReadText(kFolder + "expected_metrics.json"));
  EXPECT_GT(std::abs(score.Pck(20) -
                     expected["shoulder"]["all"]["0.2"].get<double>()),
            0.1);
}

}  // namespace
}  // namespace edge_int8

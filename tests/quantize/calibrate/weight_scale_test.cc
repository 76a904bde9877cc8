#include "src/quantize/calibrate/weight_scale.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "src/base/random.h"
#include "src/qgraph/plan.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

std::vector<float> Normals(int n, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values;
  for (int i = 0; i < n; ++i)
    values.push_back(static_cast<float>(rng.Normal()));
  return values;
}

TEST(WeightError, OfHandComputedCodes) {
  // Codes 2, -1 (-1.5 rounds up), clamped 3; errors 0.1, 0.5, 2.
  const std::vector<float> weights = {2.1f, -1.5f, 5.0f};
  EXPECT_NEAR(WeightError(weights, 1.0, 3), 0.01 + 0.25 + 4, 1e-6);
}

TEST(ChooseWeightScale, AbsMaxPutsTheLargestWeightOnTheLargestCode) {
  const std::vector<float> weights = {0.5f, -2.54f, 1.0f};
  EXPECT_FLOAT_EQ(static_cast<float>(
                      ChooseWeightScale(weights, 127, WeightMethod::kAbsMax)),
                  0.02f);
  EXPECT_FLOAT_EQ(
      static_cast<float>(ChooseWeightScale(weights, 7, WeightMethod::kAbsMax)),
      2.54f / 7);
}

class EveryWidth : public testing::TestWithParam<int> {};

TEST_P(EveryWidth, LeastErrorIsNeverAboveAbsMax) {
  const int32_t limit = WeightLimit(GetParam());
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<float> weights = Normals(81, seed);
    const double cover =
        ChooseWeightScale(weights, limit, WeightMethod::kAbsMax);
    const double mse = ChooseWeightScale(weights, limit, WeightMethod::kMse);
    EXPECT_LE(mse, cover);
    EXPECT_GT(mse, 0);
    EXPECT_LE(WeightError(weights, mse, limit),
              WeightError(weights, cover, limit));
  }
}

// Scales on a fine grid of their own can't do much better than the one found.
TEST_P(EveryWidth, LeastErrorIsWithinAFewPercentOfTheBestScale) {
  const int32_t limit = WeightLimit(GetParam());
  const std::vector<float> weights = Normals(540, 21);
  const double cover = ChooseWeightScale(weights, limit, WeightMethod::kAbsMax);
  double best = std::numeric_limits<double>::infinity();
  for (int i = 1; i <= 5000; ++i) {
    best = std::min(best, WeightError(weights, cover * i / 5000, limit));
  }
  const double mse = ChooseWeightScale(weights, limit, WeightMethod::kMse);
  EXPECT_LE(WeightError(weights, mse, limit), 1.03 * best);
}

INSTANTIATE_TEST_SUITE_P(ChooseWeightScale, EveryWidth,
                         testing::Values(2, 3, 4, 8));

TEST(ChooseWeightScale, LeastErrorPaysMostAtFourBits) {
  std::vector<float> weights = Normals(540, 22);
  weights[0] = 8;  // One outlier that kAbsMax pays for everywhere.
  const double cover = ChooseWeightScale(weights, 7, WeightMethod::kAbsMax);
  const double mse = ChooseWeightScale(weights, 7, WeightMethod::kMse);
  EXPECT_LT(WeightError(weights, mse, 7), 0.6 * WeightError(weights, cover, 7));
}

TEST(ChooseWeightScale, AChannelOfZerosGetsAUsableScale) {
  for (const auto method : {WeightMethod::kAbsMax, WeightMethod::kMse}) {
    EXPECT_EQ(ChooseWeightScale(std::vector<float>(9), 127, method),
              kDeadRowScale);
    const double tiny =
        ChooseWeightScale(std::vector<float>{1e-42f}, 127, method);
    EXPECT_GT(tiny, 0);
  }
}

TEST(ChooseWeightScales, GivesOneForEachOutputChannel) {
  const Tensor weight({2, 1, 2}, {1.0f, -0.5f, 0.0f, 12.7f});
  EXPECT_EQ(ChooseWeightScales(weight, 8, WeightMethod::kAbsMax),
            (std::vector<double>{1.0 / 127, 12.7f / 127.0}));
}

TEST(ChooseWeightScales, GivesDeadChannelsTheScaleOfTheOthers) {
  const Tensor weight({3, 1, 2}, {0.0f, 1e-30f, -0.5f, 0.1f, 12.7f, 0.2f});
  EXPECT_EQ(ChooseWeightScales(weight, 8, WeightMethod::kAbsMax),
            (std::vector<double>{12.7f / 127.0, 0.5 / 127, 12.7f / 127.0}));
  const Tensor dead({2, 1, 2}, {0.0f, 1e-30f, 0.0f, 1e-42f});
  EXPECT_EQ(ChooseWeightScales(dead, 8, WeightMethod::kMse),
            (std::vector<double>{kDeadRowScale, kDeadRowScale}));
}

TEST(ParseWeightMethod, KnowsItsNamesAndRefusesOthers) {
  for (const auto method : {WeightMethod::kAbsMax, WeightMethod::kMse}) {
    EXPECT_EQ(ParseWeightMethod(WeightMethodName(method)), method);
  }
  EXPECT_EQ(ErrorOf([] { ParseWeightMethod("kl"); }).kind(), ErrorKind::kUsage);
}

}  // namespace
}  // namespace edge_int8

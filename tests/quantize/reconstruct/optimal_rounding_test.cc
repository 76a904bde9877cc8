#include "src/quantize/reconstruct/optimal_rounding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "src/base/random.h"
#include "src/qgraph/plan.h"

namespace edge_int8 {
namespace {

using Rounded = OptimalRounding::Rounded;

// H of `samples` inputs that share a few causes, as neighbouring channels do.
Eigen::MatrixXd CorrelatedInputs(Eigen::Index inputs, int samples, Rng& rng) {
  const Eigen::Index causes = inputs / 4 + 1;
  Eigen::MatrixXd loading(inputs, causes);
  for (double& v : loading.reshaped()) v = rng.Normal();
  Eigen::MatrixXd h = Eigen::MatrixXd::Zero(inputs, inputs);
  for (int s = 0; s < samples; ++s) {
    Eigen::VectorXd cause(causes);
    for (double& v : cause) v = rng.Normal();
    Eigen::VectorXd x = loading * cause;
    for (double& v : x) v += 0.3 * rng.Normal();
    h += x * x.transpose();
  }
  return h;
}

// With a share of the mean diagonal added, as DampInputs() does.
Eigen::MatrixXd Damped(const Eigen::MatrixXd& h, double share) {
  const Eigen::Index n = h.rows();
  return h + share * h.diagonal().mean() * Eigen::MatrixXd::Identity(n, n);
}

std::vector<double> Weights(Eigen::Index n, Rng& rng) {
  std::vector<double> weights(static_cast<std::size_t>(n));
  for (double& w : weights) w = rng.Normal();
  return weights;
}

Rounded ToNearest(const OptimalRounding& rounding,
                  const std::vector<double>& weights, double scale,
                  int32_t limit) {
  Rounded nearest{scale, {}, 0};
  for (const double w : weights) {
    const double code = std::floor(w / scale + 0.5);
    nearest.codes.push_back(
        static_cast<int8_t>(std::clamp<double>(code, -limit, limit)));
  }
  nearest.error = rounding.Error(weights, scale, nearest.codes);
  return nearest;
}

class RoundingOfEveryWidth : public testing::TestWithParam<int> {};

TEST_P(RoundingOfEveryWidth, IsNeverWorseThanRoundingToNearest) {
  const int32_t limit = WeightLimit(GetParam());
  Rng rng(1);
  for (int trial = 0; trial < 20; ++trial) {
    const Eigen::MatrixXd h = Damped(CorrelatedInputs(24, 100, rng), 0.01);
    const OptimalRounding rounding(h);
    const std::vector<double> weights = Weights(24, rng);
    const double scale = 2.5 / limit;
    const Rounded nearest = ToNearest(rounding, weights, scale, limit);
    const Rounded fixed = rounding.RoundAtScale(weights, scale, limit);
    const Rounded best = rounding.Round(weights, scale, limit);
    EXPECT_EQ(fixed.scale, scale);
    EXPECT_LE(fixed.error, nearest.error);
    EXPECT_LE(best.error, fixed.error);
    for (const int8_t code : best.codes) EXPECT_LE(std::abs(code), limit);
    EXPECT_NEAR(best.error, rounding.Error(weights, best.scale, best.codes),
                1e-9 * best.error);
  }
}

TEST_P(RoundingOfEveryWidth, GainsMuchWhereInputsAreCorrelated) {
  const int32_t limit = WeightLimit(GetParam());
  Rng rng(2);
  const OptimalRounding rounding(
      Damped(CorrelatedInputs(80, 2000, rng), 0.001));
  double nearest = 0, optimal = 0;
  for (int row = 0; row < 10; ++row) {
    const std::vector<double> weights = Weights(80, rng);
    const double scale = 3.0 / limit;
    nearest += ToNearest(rounding, weights, scale, limit).error;
    optimal += rounding.RoundAtScale(weights, scale, limit).error;
  }
  EXPECT_LT(optimal, 0.3 * nearest);
}

INSTANTIATE_TEST_SUITE_P(OptimalRounding, RoundingOfEveryWidth,
                         testing::Values(2, 3, 4, 8));

// All 7^5 code combinations: the heuristic finds the best or nearly so.
TEST(OptimalRounding, ComesCloseToTheBestOfAllCodes) {
  Rng rng(3);
  constexpr int32_t kLimit = 3;
  double found = 0, best_of_all = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const OptimalRounding rounding(Damped(CorrelatedInputs(5, 30, rng), 0.01));
    const std::vector<double> weights = Weights(5, rng);
    double best = std::numeric_limits<double>::infinity();
    std::vector<int8_t> codes(5);
    for (int n = 0; n < 7 * 7 * 7 * 7 * 7; ++n) {
      for (int d = 0, rest = n; d < 5; ++d, rest /= 7) {
        codes[static_cast<std::size_t>(d)] =
            static_cast<int8_t>(rest % 7 - kLimit);
      }
      best = std::min(best, rounding.Error(weights, 0.7, codes));
    }
    const Rounded rounded = rounding.RoundAtScale(weights, 0.7, kLimit);
    EXPECT_GE(rounded.error, best * (1 - 1e-12));
    found += rounded.error;
    best_of_all += best;
  }
  EXPECT_LT(found, 1.1 * best_of_all);
}

// With H diagonal each weight is on its own.
TEST(OptimalRounding, OfIndependentInputsIsRoundingToNearest) {
  Rng rng(4);
  const OptimalRounding rounding(
      Eigen::VectorXd::LinSpaced(12, 0.5, 9).asDiagonal().toDenseMatrix());
  const std::vector<double> weights = Weights(12, rng);
  EXPECT_EQ(rounding.RoundAtScale(weights, 0.3, 7).codes,
            ToNearest(rounding, weights, 0.3, 7).codes);
}

TEST(OptimalRounding, KeepsWeightsThatAreOnTheGrid) {
  Rng rng(5);
  const OptimalRounding rounding(Damped(CorrelatedInputs(16, 50, rng), 0.01));
  std::vector<double> weights;
  for (int n = 0; n < 16; ++n) weights.push_back(0.25 * (n % 15 - 7));
  const Rounded rounded = rounding.Round(weights, 0.25, 7);
  EXPECT_EQ(rounded.scale, 0.25);
  EXPECT_NEAR(rounded.error, 0, 1e-12);
}

// A dead input: an index of H that is all zero.
TEST(OptimalRounding, UsesDampedSingularInputs) {
  Eigen::MatrixXd h = Eigen::MatrixXd::Zero(3, 3);
  h(0, 0) = 4;
  h(0, 1) = h(1, 0) = 4;
  h(1, 1) = 4;
  const OptimalRounding rounding(Damped(h, 0.01));
  const std::vector<double> weights = {0.4, 0.4, 0.4};
  // 0.4 + 0.4 rounds to 1, by one code of the pair; the dead one by itself.
  const Rounded rounded = rounding.RoundAtScale(weights, 1.0, 7);
  EXPECT_EQ(rounded.codes[0] + rounded.codes[1], 1);
  EXPECT_EQ(rounded.codes[2], 0);
}

// Not positive definite: rounded to nearest, then code by code, and said.
TEST(OptimalRounding, SaysWhatItCannotFactor) {
  Eigen::MatrixXd h = Eigen::MatrixXd::Identity(3, 3);
  h(2, 2) = 0;
  h(0, 1) = h(1, 0) = 1.5;
  const OptimalRounding rounding(h);
  EXPECT_FALSE(rounding.usable());
  const std::vector<double> weights = {0.4, 3.0, -0.7};
  const Rounded rounded = rounding.RoundAtScale(weights, 1.0, 7);
  EXPECT_EQ(rounded.codes[2], -1);
  EXPECT_LE(rounded.error, ToNearest(rounding, weights, 1.0, 7).error);
  EXPECT_TRUE(
      OptimalRounding(Damped(h.diagonal().asDiagonal(), 0.01)).usable());
}

}  // namespace
}  // namespace edge_int8

#include "src/quantize/reconstruct/weight_repair.h"

#include <gtest/gtest.h>

#include <cmath>

#include "src/base/random.h"

namespace edge_int8 {
namespace {

Eigen::MatrixXd Random(Eigen::Index rows, Eigen::Index columns, Rng& rng) {
  Eigen::MatrixXd m(rows, columns);
  for (double& v : m.reshaped()) v = rng.Normal();
  return m;
}

GroupMoments Moments(const Eigen::MatrixXd& x, const Eigen::MatrixXd& y) {
  return {x * x.transpose(), y * x.transpose(), x.rowwise().sum(),
          y.rowwise().sum(), static_cast<double>(x.cols())};
}

// Inputs that share causes, and the same inputs with rounding noise.
struct NoisyLayer {
  explicit NoisyLayer(uint64_t seed) {
    Rng rng(seed);
    trained = Random(6, 20, rng);
    x = Random(20, 5, rng) * Random(5, 800, rng) + 0.3 * Random(20, 800, rng);
    x.array() += 2.0;  // Means must not disturb the fit.
    y = trained * x;
    y.array() += 7.0;
    noisy = x + 0.3 * Random(20, 800, rng);
  }
  // Of y, the best bias granted.
  double Error(const Eigen::MatrixXd& weights) const {
    Eigen::MatrixXd off = y - weights * noisy;
    off.colwise() -= off.rowwise().mean().eval();
    return off.squaredNorm();
  }
  Eigen::MatrixXd trained, x, y, noisy;
};

TEST(CompensatedWeights, AreTheTrainedOnesWhereNothingWasLost) {
  const NoisyLayer layer(1);
  EXPECT_TRUE(CompensatedWeights(layer.trained, Moments(layer.x, layer.y), 0.01)
                  .isApprox(layer.trained, 1e-6));
}

TEST(CompensatedWeights, LowerTheErrorOfNoisyInputs) {
  const NoisyLayer layer(2);
  const GroupMoments moments = Moments(layer.noisy, layer.y);
  const double before = layer.Error(layer.trained);
  EXPECT_LT(layer.Error(CompensatedWeights(layer.trained, moments, 0.001)),
            0.8 * before);
  // Much damping stays with the trained weights.
  EXPECT_TRUE(CompensatedWeights(layer.trained, moments, 1e6)
                  .isApprox(layer.trained, 1e-3));
}

TEST(CompensatedWeights, KeepTheWeightsOfInputsThatNeverVary) {
  NoisyLayer layer(3);
  layer.noisy.row(4).setConstant(0.5);
  const Eigen::MatrixXd fitted =
      CompensatedWeights(layer.trained, Moments(layer.noisy, layer.y), 0.01);
  EXPECT_TRUE(fitted.col(4).isApprox(layer.trained.col(4), 1e-9));
}

class EveryFit : public testing::TestWithParam<WeightFit> {};

TEST_P(EveryFit, GivesWeightsOnTheGridOfItsScales) {
  const NoisyLayer layer(4);
  std::vector<double> scales(6, 0.4);
  const Eigen::MatrixXd fitted = FitWeights(
      layer.trained, Moments(layer.noisy, layer.y), 7, GetParam(), scales);
  for (Eigen::Index r = 0; r < 6; ++r) {
    const double scale = scales[static_cast<std::size_t>(r)];
    for (const double w : fitted.row(r)) {
      EXPECT_NEAR(w / scale, std::round(w / scale), 1e-9);
      EXPECT_LE(std::abs(w / scale), 7 + 1e-9);
    }
    if (!GetParam().rounding) {
      EXPECT_EQ(scale, 0.4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(FitWeights, EveryFit,
                         testing::Values(WeightFit{true, true},
                                         WeightFit{true, false},
                                         WeightFit{false, true},
                                         WeightFit{false, false},
                                         WeightFit{false, true, 0.01, true}));

TEST(FitWeights, EachStepLowersTheError) {
  const NoisyLayer layer(5);
  const GroupMoments moments = Moments(layer.noisy, layer.y);
  const auto error = [&](bool rounding, bool compensation) {
    std::vector<double> scales(6, 0.4);
    return layer.Error(FitWeights(layer.trained, moments, 7,
                                  {rounding, compensation, 0.001}, scales));
  };
  const double nearest = error(false, false);
  EXPECT_LT(error(true, false), nearest);
  EXPECT_LT(error(true, true), error(true, false));
}

TEST(FitWeights, AdaRoundLowersTheErrorToo) {
  const NoisyLayer layer(5);
  const GroupMoments moments = Moments(layer.noisy, layer.y);
  const auto error = [&](bool ada) {
    std::vector<double> scales(6, 0.4);
    return layer.Error(FitWeights(layer.trained, moments, 7,
                                  {false, false, 0.001, ada}, scales));
  };
  EXPECT_LT(error(true), error(false));
}

}  // namespace
}  // namespace edge_int8

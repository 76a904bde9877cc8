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
  const Eigen::VectorXd x_mean = x.rowwise().mean();
  const Eigen::VectorXd y_mean = y.rowwise().mean();
  const Eigen::MatrixXd x_off = x.colwise() - x_mean;
  const Eigen::MatrixXd y_off = y.colwise() - y_mean;
  return {x_off * x_off.transpose(), y_off * x_off.transpose(), x_mean, y_mean,
          static_cast<double>(x.cols())};
}

Eigen::MatrixXd Compensated(const Eigen::MatrixXd& trained,
                            const GroupMoments& moments, double damping) {
  return CompensatedWeights(trained, moments, DampInputs(moments, damping));
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
  EXPECT_TRUE(Compensated(layer.trained, Moments(layer.x, layer.y), 0.01)
                  .isApprox(layer.trained, 1e-6));
}

TEST(CompensatedWeights, LowerTheErrorOfNoisyInputs) {
  const NoisyLayer layer(2);
  const GroupMoments moments = Moments(layer.noisy, layer.y);
  const double before = layer.Error(layer.trained);
  EXPECT_LT(layer.Error(Compensated(layer.trained, moments, 0.001)),
            0.8 * before);
  // Much damping stays with the trained weights.
  EXPECT_TRUE(
      Compensated(layer.trained, moments, 1e6).isApprox(layer.trained, 1e-3));
}

TEST(CompensatedWeights, KeepTheWeightsOfInputsThatNeverVary) {
  NoisyLayer layer(3);
  layer.noisy.row(4).setConstant(0.5);
  const Eigen::MatrixXd fitted =
      Compensated(layer.trained, Moments(layer.noisy, layer.y), 0.01);
  EXPECT_TRUE(fitted.col(4).isApprox(layer.trained.col(4), 1e-9));
}

class EveryFit : public testing::TestWithParam<WeightFit> {};

TEST_P(EveryFit, GivesWeightsOnTheGridOfItsScales) {
  const NoisyLayer layer(4);
  std::vector<double> scales(6, 0.4);
  const Eigen::MatrixXd fitted =
      FitWeights(layer.trained, Moments(layer.noisy, layer.y), 7, GetParam(),
                 scales)
          .weights;
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
                                  {rounding, compensation, 0.001}, scales)
                           .weights);
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
                                  {false, false, 0.001, ada}, scales)
                           .weights);
  };
  EXPECT_LT(error(true), error(false));
}

// AdaRound can only go to the codes beside a weight: wanted weights beyond the
// codes lose to the trained ones, and then those stay.
TEST(FitWeights, KeepsRowsThatRoundingToNearestServesBetter) {
  const NoisyLayer layer(6);
  GroupMoments moments = Moments(layer.noisy, layer.y);
  // Outputs that ask for twice the trained weights of row 2 only.
  std::vector<double> scales(6, 0.4);
  const FittedWeights plain =
      FitWeights(layer.trained, moments, 7, {false, false}, scales);
  EXPECT_EQ(plain.kept_rows, 0);  // It is that already.
  EXPECT_TRUE(plain.as_damped);
  // Damping so large that compensation does nothing, on moments that lie: the
  // measured error decides, not the method.
  std::vector<double> fitted_scales(6, 0.4);
  const FittedWeights fitted =
      FitWeights(layer.trained, moments, 7, {true, true, 0.001}, fitted_scales);
  EXPECT_LE(layer.Error(fitted.weights), layer.Error(plain.weights));
}

// Without a bias correction behind it a shifted mean is an error too.
TEST(FitWeights, CountsTheMeanWhereNoBiasFollows) {
  Eigen::MatrixXd trained(1, 2);
  trained << 0.4, 1.4;
  Eigen::MatrixXd x(2, 4);
  x << 1, -1, 1, -1, 1000, 1001, 1000, 1001;
  const GroupMoments moments = Moments(x, trained * x);
  const std::vector<float> bias = {0};
  WeightFit fit{true, true, 0.001};
  fit.bias = bias;
  std::vector<double> scales = {1.0};
  const Eigen::MatrixXd weights =
      FitWeights(trained, moments, 7, fit, scales).weights;
  EXPECT_LE(std::abs((weights * x - trained * x).mean()), 0.41 * 1001);
}

}  // namespace
}  // namespace edge_int8

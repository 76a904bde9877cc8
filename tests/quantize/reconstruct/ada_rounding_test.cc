#include "src/quantize/reconstruct/ada_rounding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "src/base/parallel.h"
#include "src/base/random.h"

namespace edge_int8 {
namespace {

Eigen::MatrixXd RandomMatrix(Eigen::Index rows, Eigen::Index columns,
                             uint64_t seed) {
  Rng rng(seed);
  Eigen::MatrixXd m(rows, columns);
  for (double& x : m.reshaped()) x = rng.Uniform(-1, 1);
  return m;
}

// Of inputs that go together, where rounding each weight alone is not best.
Eigen::MatrixXd CorrelatedH(Eigen::Index n, uint64_t seed) {
  Eigen::MatrixXd x = RandomMatrix(n, 4 * n, seed);
  for (Eigen::Index i = 1; i < n; ++i) x.row(i) += 0.9 * x.row(i - 1);
  return x * x.transpose();
}

double SquaredError(const Eigen::MatrixXd& weights, const Eigen::MatrixXd& h,
                    double scale, const Eigen::MatrixXd& codes) {
  const Eigen::MatrixXd off = weights - scale * codes;
  return (off * h * off.transpose()).trace();
}

TEST(AdaRound, GradientIsThatOfTheLoss) {
  const Eigen::VectorXd w = 3 * RandomMatrix(6, 1, 1).col(0);
  const Eigen::MatrixXd h = CorrelatedH(6, 2);
  const Eigen::VectorXd v = RandomMatrix(6, 1, 3).col(0);
  for (const double strength : {0.0, 0.5}) {
    for (const double beta : {2.0, 7.0}) {
      const Eigen::VectorXd gradient =
          AdaLossAt(w, h, v, strength, beta).gradient;
      for (Eigen::Index j = 0; j < v.size(); ++j) {
        constexpr double kStep = 1e-5;
        Eigen::VectorXd up = v, down = v;
        up[j] += kStep;
        down[j] -= kStep;
        const double slope = (AdaLossAt(w, h, up, strength, beta).loss -
                              AdaLossAt(w, h, down, strength, beta).loss) /
                             (2 * kStep);
        EXPECT_NEAR(gradient[j], slope, 1e-5 * (1 + std::abs(slope))) << j;
      }
    }
  }
}

TEST(AdaRound, IsBetterThanNearestAndRoundsDownOrUp) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const Eigen::MatrixXd w = RandomMatrix(18, 24, seed);
    const Eigen::MatrixXd h = CorrelatedH(24, seed + 10);
    const std::vector<double> scales(18, 0.2);
    const Eigen::MatrixXd codes = AdaRound(w, h, scales, 127);
    const Eigen::MatrixXd nearest = (w.array() / 0.2).round().matrix();
    EXPECT_LT(SquaredError(w, h, 0.2, codes),
              0.8 * SquaredError(w, h, 0.2, nearest));
    const Eigen::ArrayXXd above = codes.array() - (w.array() / 0.2).floor();
    EXPECT_TRUE((above == 0.0 || above == 1.0).all());
  }
}

TEST(AdaRound, StaysInsideTheLimit) {
  const Eigen::MatrixXd w = RandomMatrix(3, 8, 5);
  const std::vector<double> scales(3, 0.1);
  const Eigen::MatrixXd codes = AdaRound(w, CorrelatedH(8, 6), scales, 7);
  EXPECT_LE(codes.array().abs().maxCoeff(), 7);
}

TEST(AdaRound, GivesTheSameBitsForAnyThreadCount) {
  const Eigen::MatrixXd w = RandomMatrix(40, 12, 7);
  const std::vector<double> scales(40, 0.2);
  const Eigen::MatrixXd h = CorrelatedH(12, 8);
  SetThreads(1);
  const Eigen::MatrixXd one = AdaRound(w, h, scales, 127);
  SetThreads(3);
  EXPECT_EQ(one, AdaRound(w, h, scales, 127));
  SetThreads(0);
}

}  // namespace
}  // namespace edge_int8

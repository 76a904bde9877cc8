#include "src/quantize/reconstruct/ada_rounding.h"

#include <algorithm>
#include <cmath>

#include "src/base/error.h"
#include "src/base/parallel.h"

namespace edge_int8 {
namespace {

// Rows learned together: their product with H is one of matrices.
constexpr Eigen::Index kRows = 16;
constexpr double kStretch = 1.2;  // zeta - gamma of the paper
constexpr double kBelow = 0.1;    // -gamma
constexpr double kFirstBeta = 20;
constexpr double kLastBeta = 2;
constexpr double kWarmUp = 0.2;  // share of the steps without the pull

using Array = Eigen::ArrayXXd;

Array Sigmoid(const Array& v) { return 1 / (1 + (-v).exp()); }

Array Rectified(const Array& v) {
  return (kStretch * Sigmoid(v) - kBelow).max(0.0).min(1.0);
}

// h'(v): 0 where h is cut.
Array Slope(const Array& v) {
  const Array gate = Sigmoid(v);
  const Array h = kStretch * gate - kBelow;
  return (h > 0.0 && h < 1.0).select(kStretch * gate * (1 - gate), 0.0);
}

// d/dh of 1 - |2 h - 1|^beta.
Array PullSlope(const Array& h, double beta) {
  const Array t = 2 * h - 1;
  return -2 * beta * t.abs().pow(beta - 1) * t.sign();
}

// Where h(v) is the fraction that floor leaves, so that learning begins at the
// weights themselves.
Array StartingPoint(const Array& fraction) {
  const Array gate = ((fraction + kBelow) / kStretch).max(1e-4).min(1 - 1e-4);
  return (gate / (1 - gate)).log();
}

double BetaAt(double progress) {
  const double t = std::clamp((progress - kWarmUp) / (1 - kWarmUp), 0.0, 1.0);
  return kLastBeta +
         (kFirstBeta - kLastBeta) * 0.5 * (1 + std::cos(t * 3.14159265358979));
}

// The gradient in v for rows of weights in units of their scales.
Array Gradient(const Array& below, const Array& weights,
               const Eigen::MatrixXd& h, const Array& v, double strength,
               double beta) {
  const Array up = Rectified(v);
  const Eigen::MatrixXd off = (below + up - weights).matrix();
  Array gradient = 2 * (off * h).array();
  if (strength > 0) gradient += strength * PullSlope(up, beta);
  return gradient * Slope(v);
}

Array Learn(const Array& weights, const Eigen::MatrixXd& h,
            const AdaOptions& options) {
  const Array below = weights.floor();
  Array v = StartingPoint(weights - below);
  Array first = Array::Zero(v.rows(), v.cols());
  Array second = first;
  for (int step = 1; step <= options.steps; ++step) {
    const double progress = static_cast<double>(step) / options.steps;
    const double strength = progress > kWarmUp ? options.strength : 0;
    const Array g = Gradient(below, weights, h, v, strength, BetaAt(progress));
    first = 0.9 * first + 0.1 * g;
    second = 0.999 * second + 0.001 * g.square();
    const Array mean = first / (1 - std::pow(0.9, step));
    const Array spread = (second / (1 - std::pow(0.999, step))).sqrt();
    v -= options.rate * mean / (spread + 1e-8);
  }
  return below + (Rectified(v) >= 0.5).cast<double>();
}

}  // namespace

Eigen::MatrixXd AdaRound(const Eigen::MatrixXd& weights,
                         const Eigen::MatrixXd& h,
                         std::span<const double> scales, int32_t limit,
                         const AdaOptions& options) {
  Check(std::ssize(scales) == weights.rows() && h.rows() == weights.cols(),
        "weights, scales and H are of different layers");
  const double mean = h.diagonal().mean();
  const Eigen::MatrixXd unit = h / (mean > 0 ? mean : 1);
  Eigen::MatrixXd codes(weights.rows(), weights.cols());
  ParallelFor((weights.rows() + kRows - 1) / kRows, [&](int64_t block) {
    const Eigen::Index begin = block * kRows;
    const Eigen::Index rows = std::min(kRows, weights.rows() - begin);
    Array scaled = weights.middleRows(begin, rows).array();
    for (Eigen::Index r = 0; r < rows; ++r) {
      scaled.row(r) /= scales[static_cast<std::size_t>(begin + r)];
    }
    const double most = limit;
    codes.middleRows(begin, rows) =
        Learn(scaled, unit, options).max(-most).min(most).matrix();
  });
  return codes;
}

AdaLoss AdaLossAt(const Eigen::VectorXd& weights, const Eigen::MatrixXd& h,
                  const Eigen::VectorXd& v, double strength, double beta) {
  const Array row = weights.transpose().array();
  const Array at = v.transpose().array();
  const Array below = row.floor();
  const Array up = Rectified(at);
  const Eigen::MatrixXd off = (below + up - row).matrix();
  const double pull = (1 - (2 * up - 1).abs().pow(beta)).sum();
  return {(off * h * off.transpose())(0, 0) + strength * pull,
          Gradient(below, row, h, at, strength, beta).matrix().transpose()};
}

}  // namespace edge_int8

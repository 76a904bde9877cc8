#include "src/quantize/reconstruct/weight_repair.h"

#include <Eigen/Cholesky>
#include <cstddef>

#include "src/base/parallel.h"
#include "src/qgraph/multiplier.h"
#include "src/quantize/reconstruct/ada_rounding.h"
#include "src/quantize/reconstruct/optimal_rounding.h"

namespace edge_int8 {

// With A = h - inputs the damping, this is the least value of
//   |y - W x|^2 + |(W - trained) A^1/2|^2.
Eigen::MatrixXd CompensatedWeights(const Eigen::MatrixXd& trained,
                                   const GroupMoments& moments,
                                   double damping) {
  const Eigen::MatrixXd inputs = moments.CenteredInputs();
  const Eigen::MatrixXd h = Damped(inputs, damping);
  const Eigen::MatrixXd right =
      moments.CenteredCross() + trained * (h - inputs);
  return h.llt().solve(right.transpose()).transpose();
}

Eigen::MatrixXd FitWeights(const Eigen::MatrixXd& trained,
                           const GroupMoments& moments, int32_t limit,
                           const WeightFit& fit, std::span<double> scales) {
  const Eigen::MatrixXd wanted =
      fit.compensation ? CompensatedWeights(trained, moments, fit.damping)
                       : trained;
  if (fit.ada) {
    const Eigen::VectorXd units =
        Eigen::Map<const Eigen::VectorXd>(scales.data(), std::ssize(scales));
    return units.asDiagonal() *
           AdaRound(wanted, Damped(moments.CenteredInputs(), fit.damping),
                    scales, limit);
  }
  Eigen::MatrixXd fitted(wanted.rows(), wanted.cols());
  if (!fit.rounding) {
    for (Eigen::Index r = 0; r < wanted.rows(); ++r) {
      const double scale = scales[static_cast<std::size_t>(r)];
      for (Eigen::Index n = 0; n < wanted.cols(); ++n) {
        fitted(r, n) = scale * RoundToInt(wanted(r, n) / scale, -limit, limit);
      }
    }
    return fitted;
  }
  const OptimalRounding rounding(Damped(moments.CenteredInputs(), fit.damping));
  ParallelFor(wanted.rows(), [&](int64_t r) {
    const Eigen::VectorXd row = wanted.row(r);
    double& scale = scales[static_cast<std::size_t>(r)];
    const OptimalRounding::Rounded best = rounding.Round(
        {row.data(), static_cast<std::size_t>(row.size())}, scale, limit);
    scale = best.scale;
    for (std::size_t n = 0; n < best.codes.size(); ++n) {
      fitted(r, static_cast<Eigen::Index>(n)) = scale * best.codes[n];
    }
  });
  return fitted;
}

}  // namespace edge_int8

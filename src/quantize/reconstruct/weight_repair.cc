#include "src/quantize/reconstruct/weight_repair.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cstddef>
#include <vector>

#include "src/base/parallel.h"
#include "src/qgraph/multiplier.h"
#include "src/quantize/reconstruct/ada_rounding.h"
#include "src/quantize/reconstruct/optimal_rounding.h"

namespace edge_int8 {
namespace {

Eigen::RowVectorXd ToNearest(const Eigen::RowVectorXd& weights, double scale,
                             int32_t limit) {
  return weights.unaryExpr(
      [&](double w) { return scale * RoundToInt(w / scale, -limit, limit); });
}

Eigen::MatrixXd RoundRows(const Eigen::MatrixXd& wanted,
                          const OptimalRounding& rounding, int32_t limit,
                          std::span<double> scales) {
  Eigen::MatrixXd fitted(wanted.rows(), wanted.cols());
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

// Squared error of one output channel, but for a term that no weight changes.
double RowError(const Eigen::RowVectorXd& weights, Eigen::Index row,
                const GroupMoments& moments, std::span<const float> bias) {
  double error =
      (weights * moments.inputs - 2 * moments.cross.row(row)).dot(weights);
  if (!bias.empty()) {
    const double off = moments.output_mean[row] -
                       weights.dot(moments.input_mean) -
                       bias[static_cast<std::size_t>(row)];
    error += moments.samples * off * off;
  }
  return error;
}

// Puts back what is no better than rounding the trained weights to nearest.
int64_t KeepBetterRows(const Eigen::MatrixXd& trained,
                       const GroupMoments& moments, int32_t limit,
                       std::span<const float> bias,
                       std::span<const double> first_scales,
                       Eigen::MatrixXd& fitted, std::span<double> scales) {
  std::vector<char> kept(scales.size());
  ParallelFor(trained.rows(), [&](int64_t r) {
    const auto at = static_cast<std::size_t>(r);
    const Eigen::RowVectorXd nearest =
        ToNearest(trained.row(r), first_scales[at], limit);
    // Also when the fit is not a number.
    if (RowError(fitted.row(r), r, moments, bias) <=
        RowError(nearest, r, moments, bias)) {
      return;
    }
    fitted.row(r) = nearest;
    scales[at] = first_scales[at];
    kept[at] = 1;
  });
  return std::ranges::count(kept, 1);
}

}  // namespace

// With A = h - inputs the damping, this is the least value of
//   |y - W x|^2 + |(W - trained) A^1/2|^2.
Eigen::MatrixXd CompensatedWeights(const Eigen::MatrixXd& trained,
                                   const GroupMoments& moments,
                                   const DampedInputs& damped) {
  const Eigen::LLT<Eigen::MatrixXd> llt(damped.h);
  if (llt.info() != Eigen::Success) return trained;
  const Eigen::MatrixXd right =
      moments.cross + trained * (damped.h - moments.inputs);
  const Eigen::MatrixXd moved = llt.solve(right.transpose()).transpose();
  return moved.allFinite() ? moved : trained;
}

FittedWeights FitWeights(const Eigen::MatrixXd& trained,
                         const GroupMoments& moments, int32_t limit,
                         const WeightFit& fit, std::span<double> scales) {
  const std::vector<double> first_scales(scales.begin(), scales.end());
  const DampedInputs damped = DampInputs(moments, fit.damping);
  const Eigen::MatrixXd wanted =
      fit.compensation ? CompensatedWeights(trained, moments, damped) : trained;
  FittedWeights fitted;
  fitted.as_damped = !damped.raised;
  if (fit.ada) {
    const Eigen::VectorXd units =
        Eigen::Map<const Eigen::VectorXd>(scales.data(), std::ssize(scales));
    fitted.weights =
        units.asDiagonal() * AdaRound(wanted, damped.h, scales, limit);
  } else if (fit.rounding) {
    const OptimalRounding rounding(damped.h);
    fitted.as_damped = fitted.as_damped && rounding.usable();
    fitted.weights = RoundRows(wanted, rounding, limit, scales);
  } else {
    fitted.weights.resize(wanted.rows(), wanted.cols());
    for (Eigen::Index r = 0; r < wanted.rows(); ++r) {
      fitted.weights.row(r) =
          ToNearest(wanted.row(r), scales[static_cast<std::size_t>(r)], limit);
    }
  }
  fitted.kept_rows = KeepBetterRows(trained, moments, limit, fit.bias,
                                    first_scales, fitted.weights, scales);
  return fitted;
}

}  // namespace edge_int8

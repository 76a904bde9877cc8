#include "src/quantize/reconstruct/damped_inputs.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

namespace edge_int8 {
namespace {

// Samples per input below which the damping grows.
constexpr double kEnoughSamples = 10;
constexpr int kRaises = 6;  // tenfold each: then lambda outweighs all the rest

bool CanBeFactored(const Eigen::MatrixXd& h) {
  const Eigen::LLT<Eigen::MatrixXd> llt(h);
  return llt.info() == Eigen::Success &&
         (llt.matrixLLT().diagonal().array() > 0).all();
}

}  // namespace

DampedInputs DampInputs(const GroupMoments& moments, double share) {
  const Eigen::Index n = moments.inputs.rows();
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(n, n);
  if (moments.samples > 0) {
    share *= std::max(
        1.0, kEnoughSamples * static_cast<double>(n) / moments.samples);
  }
  const double least = kLeastDamping * moments.MeanInputEnergy();
  double lambda = std::max(share * moments.inputs.diagonal().mean(), least);
  if (!std::isfinite(lambda) || !moments.inputs.allFinite()) {
    return {identity, true};
  }
  if (!std::isnormal(lambda)) return {identity, false};
  DampedInputs damped;
  for (int raise = 0; raise <= kRaises; ++raise, lambda *= 10) {
    damped.h = moments.inputs + lambda * identity;
    damped.raised = raise > 0;
    if (CanBeFactored(damped.h)) return damped;
  }
  return {identity, true};
}

}  // namespace edge_int8

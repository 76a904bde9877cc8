// The second moments of a layer's inputs, damped until they can be solved with:
// least squares with a penalty on each weight's move. Tested by
// damped_inputs_test.cc on dead, constant and badly scaled inputs.
//
//   H = moments + lambda I,
//   lambda = max(share * mean centred energy, kLeastDamping * mean energy)
//
// With fewer than ten samples for each input the share grows as they get fewer:
// a linear layer of 880 inputs, fitted to the 96 windows that somebody has,
// fits their noise.
// The second term is for inputs that vary by less than 8-bit rounding moves
// them: what is left of their moments then says nothing about the layer.
#ifndef EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_DAMPED_INPUTS_H_
#define EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_DAMPED_INPUTS_H_

#include <Eigen/Core>

#include "src/quantize/reconstruct/layer_moments.h"

namespace edge_int8 {

// About the squared step of 8 bits over the energy of what is rounded:
// 1 / (12 * 255^2).
inline constexpr double kLeastDamping = 1e-6;

struct DampedInputs {
  Eigen::MatrixXd h;  // positive definite: Cholesky's factorization exists
  // Whether that took more damping than was asked for.
  bool raised = false;
};

// The identity for inputs that are always zero, so that each weight is rounded
// for itself.
DampedInputs DampInputs(const GroupMoments& moments, double share);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_DAMPED_INPUTS_H_

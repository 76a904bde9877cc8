// The simulation's roundings as differentiable functions: exact integers
// forward, straight through backward (landing.h has the formulas). Tested by
// qat_gradient_test.cc.
#ifndef EDGE_INT8_TRAIN_SIMULATION_SIM_FUNCTIONS_H_
#define EDGE_INT8_TRAIN_SIMULATION_SIM_FUNCTIONS_H_

#include <ATen/ATen.h>

#include "train/simulation/sim_operators.h"

namespace edge_int8::train {

// acc -> centred codes. Gradients of the leaves are LSQ's sums, unscaled:
// of log s and of the zero point.
at::Tensor LandCodes(const SimOperators& operators, const at::Tensor& acc,
                     const LandingLeaves& leaves,
                     const c10::intrusive_ptr<Landing>& landing);

struct SoftmaxIntegers : torch::CustomClassHolder {
  core::ExpTables tables;
  std::vector<core::Multiplier> logits;  // by head
  std::vector<double> units;  // a logit's real value per accumulator unit
};
at::Tensor SoftmaxCodes(const SimOperators& operators, const at::Tensor& acc,
                        const c10::intrusive_ptr<SoftmaxIntegers>& integers);

// What a convolution's weights became: codes as floats, of `scales` by output
// channel. A floored scale does not learn.
struct WeightIntegers : torch::CustomClassHolder {
  at::Tensor codes;
  std::vector<double> scales;
  std::vector<uint8_t> floored;
  int32_t limit = 127;
};
// Passes `integers->codes` on; `weights` and `log_scale` take its gradients.
at::Tensor WeightCodes(const SimOperators& operators, const at::Tensor& weights,
                       const at::Tensor& log_scale,
                       const c10::intrusive_ptr<WeightIntegers>& integers);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_SIM_FUNCTIONS_H_

// The operators that the integer simulation is made of, on tensors laid out
// channel-major as in operators.h, whose values are whole numbers. Two
// implementations of one meaning: FusedSim() is hand-written for the CPU,
// ComposedSim() is LibTorch's own operators on any device. Both give the same
// integers; gradients agree up to rounding. Tested by
// integer_simulation_test.cc and qat_gradient_test.cc.
//
// What keeps float products exact: float32 holds every integer up to 2^24, so a
// sum whose terms' sizes add up to less is exact in any order and with any
// fused multiply-add. Products here are direct ones (columns times weights):
// Winograd's transforms and TF32's short mantissas are not. Where a bound fails
// the caller asks for `wide`, float64, whose limit 2^53 no layer reaches.
#ifndef EDGE_INT8_TRAIN_SIMULATION_SIM_OPERATORS_H_
#define EDGE_INT8_TRAIN_SIMULATION_SIM_OPERATORS_H_

#include <ATen/ATen.h>

#include <vector>

#include "core/arith/softmax.h"
#include "train/simulation/landing.h"
#include "train/simulation/operators.h"

namespace edge_int8::train {

inline constexpr double kFloatExact = 16777216.0;  // 2^24

struct LandingGradients {
  at::Tensor dacc;  // float32
  // [5][channels], float64: LandingSums in its order.
  at::Tensor sums;
};

struct WeightGradients {
  at::Tensor dweights;
  at::Tensor dscale;  // [out channels], float64: LSQ's sums
};

class SimOperators {
 public:
  virtual ~SimOperators() = default;

  // Differentiable. Float32 in; float64 out when `wide`.
  virtual at::Tensor Convolve(const ConvShape& shape, const at::Tensor& x,
                              const at::Tensor& codes, bool wide) const = 0;
  virtual at::Tensor Scores(const AttentionShape& shape,
                            const at::Tensor& qkv) const = 0;
  virtual at::Tensor Mix(const AttentionShape& shape, const at::Tensor& p,
                         const at::Tensor& qkv) const = 0;

  // Plain functions with their gradients beside them; sim_functions.h makes
  // them differentiable.
  virtual at::Tensor Land(const at::Tensor& acc,
                          const Landing& landing) const = 0;
  virtual LandingGradients LandBackward(const at::Tensor& acc,
                                        const at::Tensor& dout,
                                        const Landing& landing) const = 0;
  // acc is [heads][windows][rows][width].
  virtual at::Tensor SoftmaxRows(
      const at::Tensor& acc, const core::ExpTables& tables,
      const std::vector<core::Multiplier>& logits) const = 0;
  virtual at::Tensor SoftmaxRowsBackward(
      const at::Tensor& p, const at::Tensor& dp,
      const std::vector<double>& units) const = 0;
  // codes = clamp(round(weights / scale), -limit, limit), [out][...].
  virtual WeightGradients WeightBackward(const at::Tensor& weights,
                                         const at::Tensor& codes,
                                         const at::Tensor& dcodes,
                                         const std::vector<double>& scales,
                                         int32_t limit) const = 0;
};

const SimOperators& FusedSim();
const SimOperators& ComposedSim();

// One batched product per tap, in x's and codes' own type.
at::Tensor ConvolveByTaps(const ConvShape& shape, const at::Tensor& x,
                          const at::Tensor& codes);

// Turns off what makes LibTorch's float32 products inexact on this device.
void KeepProductsExact();

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_SIM_OPERATORS_H_

// Rounding that gradients pass straight through, on real numbers: what
// landing.h does on codes, for any tensor and for weights. Tested by
// straight_through_test.cc.
//
// With v the value in units of its scale s, c the code it became, and g the
// gradient that arrives at c * s (LSQ, arXiv:1902.08153; LSQ+ for zero points):
//
//   dL/dvalue = g where v is not clipped, else 0
//   dL/dlog s = sum of g * s * (c - v), or of g * s * c where v is clipped
//   dL/dzero  = -sum of g * s where v is clipped
#ifndef EDGE_INT8_TRAIN_SIMULATION_STRAIGHT_THROUGH_H_
#define EDGE_INT8_TRAIN_SIMULATION_STRAIGHT_THROUGH_H_

#include <ATen/ATen.h>
#include <torch/custom_class.h>

#include <vector>

namespace edge_int8::train {

// What a tensor is rounded to, with the scales of equal runs of its first axis.
struct RoundingGrid : torch::CustomClassHolder {
  std::vector<double> scales;
  int32_t zero = 0, low = 0, high = 255;
};

// The tensors that learn; undefined ones do not.
struct RoundingLeaves {
  at::Tensor log_scale;  // as many numbers as there are scales
  at::Tensor zero;       // one
};

// `rounded` are the real numbers that the integers stand for; undefined: what
// the grid makes of `value`.
at::Tensor RoundStraightThrough(const at::Tensor& value,
                                const at::Tensor& rounded,
                                const RoundingLeaves& leaves,
                                const c10::intrusive_ptr<RoundingGrid>& grid);

// The numbers of `rounded`, the gradient of `value`.
inline at::Tensor InsteadOf(const at::Tensor& value,
                            const at::Tensor& rounded) {
  return value + (rounded - value).detach();
}

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_STRAIGHT_THROUGH_H_

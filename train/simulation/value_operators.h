// The operators of imported networks as differentiable compositions of
// LibTorch's, over tensors [channels][windows][height][width]. src/graph/ops.h
// says what each computes. Tested by value_operators_test.cc against the float
// executor, and their gradients by differences.
#ifndef EDGE_INT8_TRAIN_SIMULATION_VALUE_OPERATORS_H_
#define EDGE_INT8_TRAIN_SIMULATION_VALUE_OPERATORS_H_

#include <ATen/ATen.h>

#include <vector>

#include "src/graph/ops.h"

namespace edge_int8::train {

// Value by value. The slope is a difference quotient, so any function of
// function.h has one; where it jumps, the slope is that of either side.
at::Tensor ApplyValues(const edge_int8::Function& function,
                       const at::Tensor& x);

at::Tensor MatMulValues(const at::Tensor& a, const at::Tensor& b);
at::Tensor PoolValues(const Pool& pool, const at::Tensor& x);
at::Tensor ResizeValues(const Resize& resize, const at::Tensor& x);
// Extents are those of one window of each input.
at::Tensor MoveValues(const Move& move, const std::vector<at::Tensor>& inputs);
// Scale and bias [channels] may be undefined.
at::Tensor NormalizeValues(const Normalize& norm, const at::Tensor& x,
                           const at::Tensor& scale, const at::Tensor& bias);

struct RecurrentTensors {
  at::Tensor input_weight, recurrent_weight;
  at::Tensor input_bias, recurrent_bias;
};
at::Tensor RecurrentValues(const Recurrent& layer, const at::Tensor& x,
                           const RecurrentTensors& tensors);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_VALUE_OPERATORS_H_

// How large the accumulators of an operator can get. Tested by
// accumulator_range_test.cc.
#ifndef EDGE_INT8_CORE_ENGINE_ACCUMULATOR_RANGE_H_
#define EDGE_INT8_CORE_ENGINE_ACCUMULATOR_RANGE_H_

#include <cstdint>
#include <vector>

#include "core/container/integer_graph.h"
#include "core/engine/tensor_layout.h"

namespace edge_int8::core {

// The largest |bias + sum of w * (x - zero)| of each output channel, for any x
// that the input's type can hold. (Validation's bound, validate_conv.cc, is
// wider: it holds for partial sums in any order.)
std::vector<int64_t> LargestAccumulators(const ConvOp& op,
                                         const TensorLayout& in);

// The largest |bias + sum of p * v| of each channel, for any probabilities of a
// line of `length` keys.
std::vector<int64_t> LargestAccumulators(const AttentionOp& op, int32_t length);

// The largest |x - zero_point| of a tensor that is stored as `layout` says.
int64_t LargestCentered(const TensorLayout& layout);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_ACCUMULATOR_RANGE_H_

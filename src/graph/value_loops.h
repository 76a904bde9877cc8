// The plainest loops of the operators that move, interpolate, normalize and
// step through values: parts of ComputeNode (float_nodes.h), also called where
// a fast path has nothing better. Tested by value_loops_test.cc.
#ifndef EDGE_INT8_SRC_GRAPH_VALUE_LOOPS_H_
#define EDGE_INT8_SRC_GRAPH_VALUE_LOOPS_H_

#include <span>
#include <vector>

#include "src/graph/ops.h"

namespace edge_int8 {

// y: move.out.size() values.
void MoveValues(const Move& move,
                const std::vector<std::span<const float>>& inputs, float* y);

void ResizeValues(const Resize& resize, const Extent& in, const float* x,
                  float* y);

// scale, bias: [in.channels] or null for 1 and 0. Means in double.
void NormalizeValues(const Normalize& norm, const Extent& in, const float* x,
                     const float* scale, const float* bias, float* y);

struct RecurrentWeights {
  const Recurrent& op;
  int features = 0;
  int steps = 0;
  const float* input_weight = nullptr;
  const float* recurrent_weight = nullptr;
  const float* input_bias = nullptr;
  const float* recurrent_bias = nullptr;
};
// x [features][steps], y [hidden][steps].
void RunRecurrent(const RecurrentWeights& weights, const float* x, float* y);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_VALUE_LOOPS_H_

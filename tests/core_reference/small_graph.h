// Graphs of one operator with numbers small enough for a reader's head.
#ifndef EDGE_INT8_TESTS_CORE_REFERENCE_SMALL_GRAPH_H_
#define EDGE_INT8_TESTS_CORE_REFERENCE_SMALL_GRAPH_H_

#include <cstdint>
#include <vector>

#include "core/container/integer_graph.h"

namespace edge_int8::core {

inline constexpr Multiplier kTimesOne = {1 << 30, 30};
inline constexpr Multiplier kTimesHalf = {1 << 30, 31};
inline constexpr Multiplier kTimesOneAndAHalf = {3 << 29, 30};

// Writes the rounded value itself.
inline Activation Plain() { return {0, -32768, 32767, TableKind::kNone, {}}; }

inline TensorSpec Spec(int channels, int height, int width,
                       Type type = Type::kS16, int zero = 0) {
  return {"", channels, height, width, type, zero};
}

// Tensor 0 is read, tensor 1 written.
inline IntegerGraph Between(TensorSpec input, TensorSpec output) {
  IntegerGraph graph;
  graph.tensors = {std::move(input), std::move(output)};
  graph.output = 1;
  return graph;
}

// A convolution from tensor 0 to 1 with no bias and results as they are.
inline ConvOp PlainConv(const ConvGeometry& geometry, int channels,
                        std::vector<int8_t> weights) {
  ConvOp op;
  op.output = 1;
  op.geometry = geometry;
  op.weights = std::move(weights);
  op.bias.assign(static_cast<std::size_t>(channels), 0);
  op.scale.assign(static_cast<std::size_t>(channels), kTimesOne);
  op.activation = Plain();
  return op;
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_TESTS_CORE_REFERENCE_SMALL_GRAPH_H_

// The axes of a window and of a result as the user's arrays have them, without
// the batch. Files of version 1 don't say: theirs are [C][W] of an input of
// height 1 and [C][H] of an output of width 1. Tested by artifact_test.cc.
#ifndef EDGE_INT8_CORE_CONTAINER_GRAPH_SHAPES_H_
#define EDGE_INT8_CORE_CONTAINER_GRAPH_SHAPES_H_

#include <cstdint>
#include <vector>

#include "core/container/integer_graph.h"

namespace edge_int8::core {

inline std::vector<int32_t> WindowShape(const IntegerGraph& graph) {
  if (!graph.input_shape.empty()) return graph.input_shape;
  const TensorSpec& x = graph.tensors[0];
  if (x.height == 1) return {x.channels, x.width};
  return {x.channels, x.height, x.width};
}

inline std::vector<int32_t> ResultShape(const IntegerGraph& graph) {
  if (!graph.output_shape.empty()) return graph.output_shape;
  const TensorSpec& y = graph.tensors[static_cast<std::size_t>(graph.output)];
  if (y.width == 1) return {y.channels, y.height};
  return {y.channels, y.height, y.width};
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_GRAPH_SHAPES_H_

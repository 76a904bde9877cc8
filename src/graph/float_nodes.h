// Each operator of the graph on one window in float32, as the plainest loops
// that are right: what the fast float path is judged by, and what runs when a
// caller wants to see every tensor. Tested by float_executor_test.cc against
// PyTorch's outputs.
#ifndef EDGE_INT8_SRC_GRAPH_FLOAT_NODES_H_
#define EDGE_INT8_SRC_GRAPH_FLOAT_NODES_H_

#include <span>
#include <vector>

#include "src/graph/model.h"

namespace edge_int8 {

// Computes `node` of the model's graph. Inputs and output are dense
// [channels][height][width] arrays of the graph's extents. Sums run in float,
// in the order of the formulas in graph.h; exp is the C library's.
void ComputeNode(const Model& model, const Node& node,
                 const std::vector<std::span<const float>>& inputs,
                 std::span<float> output);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_FLOAT_NODES_H_

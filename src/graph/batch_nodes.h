// The nodes of a graph on a batch of windows in float32, fast enough to look at
// every tensor of thousands of windows: convolutions as products of matrices,
// all else as src/graph/float_nodes.h has it. The same bits on every
// instruction set: a plan does not depend on the machine. Tested by
// batch_nodes_test.cc against ComputeNode.
//
// A batch of a tensor is [window][channel][height][width].
#ifndef EDGE_INT8_SRC_GRAPH_BATCH_NODES_H_
#define EDGE_INT8_SRC_GRAPH_BATCH_NODES_H_

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "src/graph/model.h"

namespace edge_int8 {

using RowMatrix =
    Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// What one group of a convolution multiplies its weight rows with, for `batch`
// windows: [in/groups * kernel_h * kernel_w][batch * output positions], 0
// outside the input.
void GatherPatches(const Conv& conv, const Extent& in, const Extent& out,
                   int group, std::span<const float> input, int batch,
                   RowMatrix& patches);

// Computes `node` for each window of a batch. The same batch gives the same
// bits; how many windows it has may change the last ones.
void ComputeBatch(const Model& model, const Node& node,
                  const std::vector<std::span<const float>>& inputs, int batch,
                  std::span<float> output);

// Runs a batch through the graph, the input first, and shows each tensor, which
// the observer may overwrite. Tensors are freed after their last reader.
using BatchObserver =
    std::function<void(TensorId tensor, std::span<float> values)>;
void RunBatch(const Model& model, std::vector<float> input, int batch,
              const BatchObserver& observer);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_BATCH_NODES_H_

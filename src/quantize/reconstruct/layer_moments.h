// Second moments of what a convolution reads and should write: all that is
// needed to fit its weights and bias to data. Tested by layer_moments_test.cc.
#ifndef EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_LAYER_MOMENTS_H_
#define EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_LAYER_MOMENTS_H_

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

#include "src/graph/model.h"

namespace edge_int8 {

// Of one group of a convolution, over `samples` output positions: x is a patch
// of the group's input, y its output. Means are taken away before anything is
// multiplied: of a constant channel, or of one that varies by a millionth of
// its size, nothing but rounding would be left of a difference of large sums.
struct GroupMoments {
  Eigen::MatrixXd inputs;  // sum of (x - mean x) (x - mean x)^T
  Eigen::MatrixXd cross;   // sum of (y - mean y) (x - mean x)^T
  Eigen::VectorXd input_mean;
  Eigen::VectorXd output_mean;
  double samples = 0;

  // Of one input on average, means included: what rounding errors are measured
  // against where nothing varies.
  double MeanInputEnergy() const;
};

// input and output: `windows` windows of the node's tensors. One entry per
// group; the same bits for any thread count.
std::vector<GroupMoments> MeasureMoments(const Graph& graph, const Node& node,
                                         std::span<const float> input,
                                         std::span<const float> output,
                                         int64_t windows);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_LAYER_MOMENTS_H_

// Second moments of what a convolution reads and should write: all that is
// needed to fit its weights and bias to data. Tested by layer_moments_test.cc.
#ifndef EDGE_INT8_SRC_QUANT_LAYER_MOMENTS_H_
#define EDGE_INT8_SRC_QUANT_LAYER_MOMENTS_H_

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

#include "src/graph/model.h"

namespace edge_int8 {

// Of one group of a convolution, over `samples` output positions: x is a patch
// of the group's input, y its output.
struct GroupMoments {
  Eigen::MatrixXd inputs;      // sum of x x^T
  Eigen::MatrixXd cross;       // sum of y x^T
  Eigen::VectorXd input_sum;   // sum of x
  Eigen::VectorXd output_sum;  // sum of y
  double samples = 0;

  // The same around the means.
  Eigen::MatrixXd CenteredInputs() const;
  Eigen::MatrixXd CenteredCross() const;
};

// input and output: `windows` windows of the node's tensors. One entry per
// group; the same bits for any thread count.
std::vector<GroupMoments> MeasureMoments(const Graph& graph, const Node& node,
                                         std::span<const float> input,
                                         std::span<const float> output,
                                         int64_t windows);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANT_LAYER_MOMENTS_H_

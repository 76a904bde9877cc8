// A lowered convolution as the float graph's node: the same kernel, strides and
// padding, without the names of its parameters. For those who compute or write
// it by other means than the engine. Tested by lowered_network_test.cc and
// onnx_qdq_test.cc.
#ifndef EDGE_INT8_SRC_QGRAPH_CONV_GEOMETRY_H_
#define EDGE_INT8_SRC_QGRAPH_CONV_GEOMETRY_H_

#include "core/container/integer_graph.h"
#include "src/graph/ops.h"

namespace edge_int8 {

inline Conv GeometryOf(const core::ConvOp& op) {
  const core::ConvGeometry& g = op.geometry;
  return {.out_channels = static_cast<int>(op.bias.size()),
          .kernel_h = g.kernel_h,
          .kernel_w = g.kernel_w,
          .stride_h = g.stride_h,
          .stride_w = g.stride_w,
          .dilation_h = g.dilation_h,
          .dilation_w = g.dilation_w,
          .pad_top = g.pad_top,
          .pad_bottom = g.pad_bottom,
          .pad_left = g.pad_left,
          .pad_right = g.pad_right,
          .groups = g.groups};
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QGRAPH_CONV_GEOMETRY_H_

// The window that a convolution or a pool slides over one spatial axis, from
// the attributes that they share. Tested by onnx_operators_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_ONNX_WINDOW_H_
#define EDGE_INT8_SRC_NETS_ONNX_ONNX_WINDOW_H_

#include <vector>

#include "src/nets/onnx/onnx_call.h"

namespace edge_int8 {

struct SlidingWindow {
  int kernel = 1;
  int stride = 1;
  int dilation = 1;
  int before = 0;  // padding
  int after = 0;

  int span() const { return dilation * (kernel - 1) + 1; }
  // Outputs over an axis of this length; rounded up with `ceil`, but never so
  // that a window starts in the padding after the end.
  int64_t Count(int64_t length, bool ceil = false) const;
};

// Per spatial axis; `kernel` from the weights or kernel_shape, `lengths` of the
// input's spatial axes (auto_pad needs them).
std::vector<SlidingWindow> WindowsOf(const OnnxCall& call, const Shape& kernel,
                                     const Shape& lengths);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_ONNX_WINDOW_H_

// Convolution forward and backward as matrix products, for activations stored
// channel-major, [channels][windows][height][width]: a 1x1 convolution of a
// whole batch is one product, and any other one a product with the columns
// that its kernel sees. Work is cut into fixed pieces (groups x runs of
// windows), so results do not depend on the thread count. Tested by
// torch_graph_test.cc.
#ifndef EDGE_INT8_TRAIN_KERNELS_CONV_KERNELS_H_
#define EDGE_INT8_TRAIN_KERNELS_CONV_KERNELS_H_

#include <cstdint>

#include "src/graph/graph.h"

namespace edge_int8::train {

struct ConvShape {
  Conv conv;
  Extent in, out;       // of one window
  int64_t windows = 0;  // in the batch

  int64_t in_per_group() const { return in.channels / conv.groups; }
  int64_t out_per_group() const { return out.channels / conv.groups; }
  int64_t taps() const { return int64_t{conv.kernel_h} * conv.kernel_w; }
  int64_t depth() const { return in_per_group() * taps(); }
  int64_t in_plane() const { return int64_t{in.height} * in.width; }
  int64_t out_plane() const { return int64_t{out.height} * out.width; }
  // The columns are the input itself.
  bool pointwise() const {
    return taps() == 1 && in_plane() == out_plane() && conv.pad_top == 0 &&
           conv.pad_left == 0;
  }
  // Windows handled by one task.
  int64_t run() const;
  int64_t runs() const { return (windows + run() - 1) / run(); }
};

// weight is [out][in / groups][kernel_h][kernel_w]; bias may be null.
void ConvForward(const ConvShape& shape, const float* x, const float* weight,
                 const float* bias, float* y);

// Writes the gradients whose pointers are not null.
struct ConvGradients {
  float* x = nullptr;
  float* weight = nullptr;
  float* bias = nullptr;
};
void ConvBackward(const ConvShape& shape, const float* x, const float* weight,
                  const float* dy, const ConvGradients& out);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_KERNELS_CONV_KERNELS_H_

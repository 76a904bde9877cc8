#include "core/reference/run_reference.h"

namespace edge_int8::core {
namespace {

// What one output value sums: geometry and both extents.
struct ConvView {
  const ConvOp& op;
  const TensorSpec& in;
  const Values& x;

  int32_t Accumulate(int o, int h, int w) const {
    const ConvGeometry& g = op.geometry;
    const int in_per_group = in.channels / g.groups;
    const int out_per_group = static_cast<int>(op.bias.size()) / g.groups;
    const int first_in = o / out_per_group * in_per_group;
    int32_t acc = op.bias[static_cast<std::size_t>(o)];
    for (int i = 0; i < in_per_group; ++i) {
      for (int kh = 0; kh < g.kernel_h; ++kh) {
        for (int kw = 0; kw < g.kernel_w; ++kw) {
          const int row = h * g.stride_h + kh * g.dilation_h - g.pad_top;
          const int column = w * g.stride_w + kw * g.dilation_w - g.pad_left;
          if (row < 0 || row >= in.height) continue;  // The real input is 0.
          if (column < 0 || column >= in.width) continue;
          const auto weight = static_cast<std::size_t>(
              ((o * in_per_group + i) * g.kernel_h + kh) * g.kernel_w + kw);
          const auto value = static_cast<std::size_t>(
              ((first_in + i) * in.height + row) * in.width + column);
          acc += op.weights[weight] * (x[value] - in.zero_point);
        }
      }
    }
    return acc;
  }
};

}  // namespace

Values ReferenceConv(const IntegerGraph& graph, const ConvOp& op,
                     const Values& x) {
  const TensorSpec& in = graph.tensors[static_cast<std::size_t>(op.input)];
  const TensorSpec& out = graph.tensors[static_cast<std::size_t>(op.output)];
  const ConvView view{op, in, x};
  Values y;
  for (int o = 0; o < out.channels; ++o) {
    for (int h = 0; h < out.height; ++h) {
      for (int w = 0; w < out.width; ++w) {
        const int32_t acc = view.Accumulate(o, h, w);
        const Multiplier scale = op.scale[static_cast<std::size_t>(o)];
        y.push_back(Activate(op.activation, Requantize(acc, scale)));
      }
    }
  }
  return y;
}

}  // namespace edge_int8::core

// Convolution as an autograd function. Keeps its input; the columns are made
// again.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "src/graph/graph.h"
#include "train/simulation/fused_functions.h"
#include "train/simulation/tensor_pieces.h"

namespace edge_int8::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

class ConvFunction : public Function<ConvFunction> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x,
                            const at::Tensor& weight, const at::Tensor& bias,
                            const ConvShape& shape, bool needs_dx) {
    at::Tensor y = at::empty(
        {shape.out.channels, shape.windows, shape.out.height, shape.out.width},
        x.options());
    ConvForward(shape, Read(x), Read(weight),
                bias.numel() > 0 ? Read(bias) : nullptr, Write(y));
    ctx->save_for_backward({x, weight});
    ctx->saved_data["has_bias"] = bias.numel() > 0;
    ctx->saved_data["needs_dx"] = needs_dx;
    ctx->saved_data["shape"] = Pack(shape);
    return y;
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor dy = grads[0].contiguous();
    const ConvShape shape = Unpack(ctx->saved_data["shape"].toIntVector());
    at::Tensor dx, dw = at::empty_like(saved[1]), db;
    ConvGradients out{.weight = Write(dw)};
    if (ctx->saved_data["needs_dx"].toBool()) {
      dx = at::empty_like(saved[0]);
      out.x = Write(dx);
    }
    if (ctx->saved_data["has_bias"].toBool()) {
      db = at::empty({shape.out.channels}, dy.options());
      out.bias = Write(db);
    }
    ConvBackward(shape, Read(saved[0]), Read(saved[1]), Read(dy), out);
    return {dx, dw, db, at::Tensor(), at::Tensor()};
  }

 private:
  // The context keeps lists of integers, not structs.
  static std::vector<int64_t> Pack(const ConvShape& s) {
    const Conv& c = s.conv;
    return {c.out_channels, c.kernel_h,   c.kernel_w,   c.stride_h,
            c.stride_w,     c.dilation_h, c.dilation_w, c.pad_top,
            c.pad_bottom,   c.pad_left,   c.pad_right,  c.groups,
            s.in.channels,  s.in.height,  s.in.width,   s.out.channels,
            s.out.height,   s.out.width,  s.windows};
  }
  static ConvShape Unpack(const std::vector<int64_t>& v) {
    const auto at = [&](std::size_t i) { return static_cast<int>(v.at(i)); };
    return {.conv = {.out_channels = at(0),
                     .kernel_h = at(1),
                     .kernel_w = at(2),
                     .stride_h = at(3),
                     .stride_w = at(4),
                     .dilation_h = at(5),
                     .dilation_w = at(6),
                     .pad_top = at(7),
                     .pad_bottom = at(8),
                     .pad_left = at(9),
                     .pad_right = at(10),
                     .groups = at(11)},
            .in = {at(12), at(13), at(14)},
            .out = {at(15), at(16), at(17)},
            .windows = v.at(18)};
  }
};

}  // namespace

at::Tensor FusedConvolve(const ConvShape& shape, const at::Tensor& x,
                         const at::Tensor& weight, const at::Tensor& bias) {
  // A function's arguments must be defined: no bias is an empty one.
  return ConvFunction::apply(
      x, weight, bias.defined() ? bias : at::empty({0}, x.options()), shape,
      x.requires_grad());
}

}  // namespace edge_int8::train

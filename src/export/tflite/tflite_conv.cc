#include "src/export/tflite/tflite_conv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace edge_int8 {
namespace {

// TFLite's SAME: as many positions as input / stride, the odd pad at the end.
bool IsSame(int in, int out, int kernel, int stride, int dilation, int before) {
  if (out != (in + stride - 1) / stride) return false;
  const int span = (kernel - 1) * dilation + 1;
  return before == std::max((out - 1) * stride + span - in, 0) / 2;
}

class Convolution {
 public:
  Convolution(TfliteValues& values, const TfConvRequest& request)
      : values_(values), request_(request), g_(request.op->geometry) {}

  TfValue Run(const TfValue& input, const TfGrid& grid) {
    TfValue x = values_.InOrder(input, kChannelsLast);
    const bool wide = input.grid.wide || grid.wide;
    if (wide) x = values_.Wide(x, request_.name + ".x");
    const int groups = request_.count == Outputs() ? g_.groups : 1;
    in_per_group_ = x.extent.channels / g_.groups;
    const Extent out = OutputExtent(x.extent);
    TfConv conv{Same(x.extent, out), g_.stride_h, g_.stride_w, g_.dilation_h,
                g_.dilation_w};
    if (!conv.same && HasPads()) x = Padded(x);
    const TfGrid target = wide && !grid.wide ? FinerGrid(grid) : grid;
    const TfValue y = request_.split_groups && groups > 1 && in_per_group_ > 1
                          ? Split(x, out, conv, target)
                          : Whole(x, out, conv, target);
    return wide && !grid.wide ? values_.Requantized(y, grid, request_.name) : y;
  }

 private:
  int Outputs() const { return static_cast<int>(request_.op->bias.size()); }
  bool HasPads() const {
    return g_.pad_top + g_.pad_bottom + g_.pad_left + g_.pad_right > 0;
  }
  Extent OutputExtent(const Extent& x) const {
    const auto extent = [](int in, int pads, int kernel, int stride, int dil) {
      return (in + pads - (kernel - 1) * dil - 1) / stride + 1;
    };
    return {request_.count,
            extent(x.height, g_.pad_top + g_.pad_bottom, g_.kernel_h,
                   g_.stride_h, g_.dilation_h),
            extent(x.width, g_.pad_left + g_.pad_right, g_.kernel_w,
                   g_.stride_w, g_.dilation_w)};
  }
  bool Same(const Extent& x, const Extent& y) const {
    return HasPads() &&
           IsSame(x.height, y.height, g_.kernel_h, g_.stride_h, g_.dilation_h,
                  g_.pad_top) &&
           IsSame(x.width, y.width, g_.kernel_w, g_.stride_w, g_.dilation_w,
                  g_.pad_left);
  }

  // PAD writes the zero point, which is the real 0 the engine pads with.
  TfValue Padded(const TfValue& x) {
    Extent e = x.extent;
    e.height += g_.pad_top + g_.pad_bottom;
    e.width += g_.pad_left + g_.pad_right;
    TfValue y = values_.New(request_.name + ".pad", e, x.grid);
    const std::vector<int32_t> pads = {
        0, 0, g_.pad_top, g_.pad_bottom, g_.pad_left, g_.pad_right, 0, 0};
    const int list = values_.writer().Constant(
        fmt::format("{}.pads;{}", request_.name, y.tensor), {4, 2},
        std::span<const int32_t>(pads));
    values_.writer().Op(TfPad{}, {x.tensor, list}, {y.tensor});
    return y;
  }

  // Weights of output channels [first, first + count): [out][kh][kw][in], or
  // for a depthwise convolution [1][kh][kw][out].
  int Weights(int first, int count, bool depthwise) {
    const int taps = g_.kernel_h * g_.kernel_w;
    std::vector<int8_t> values(
        static_cast<std::size_t>(count * taps * in_per_group_));
    for (int o = 0; o < count; ++o) {
      for (int i = 0; i < in_per_group_; ++i) {
        for (int t = 0; t < taps; ++t) {
          const int from = ((first + o) * in_per_group_ + i) * taps + t;
          const int to =
              depthwise ? t * count + o : (o * taps + t) * in_per_group_ + i;
          values[static_cast<std::size_t>(to)] =
              request_.op->weights[static_cast<std::size_t>(from)];
        }
      }
    }
    const TfShape shape =
        depthwise ? TfShape{1, g_.kernel_h, g_.kernel_w, count}
                  : TfShape{count, g_.kernel_h, g_.kernel_w, in_per_group_};
    return values_.writer().Constant(
        fmt::format("{}.weight{}", request_.name, first), shape,
        std::span<const int8_t>(values), Scales(first, count, 1),
        depthwise ? 3 : 0);
  }
  std::vector<float> Scales(int first, int count, double unit) const {
    std::vector<float> scales;
    for (int o = first; o < first + count; ++o) {
      scales.push_back(static_cast<float>(
          request_.weight_scales[static_cast<std::size_t>(o)] * unit));
    }
    return scales;
  }
  int Bias(int first, int count, const TfGrid& x) {
    std::vector<int64_t> bias;
    for (int o = first; o < first + count; ++o) {
      const auto at = static_cast<std::size_t>(o);
      const double unit = request_.weight_scales[at] * x.scale;
      // A scale so small that the unit is 0 says nothing of the offset.
      const double offset =
          unit > 0 ? std::clamp(request_.offset / unit, -0x1.0p30, 0x1.0p30)
                   : 0;
      bias.push_back(request_.op->bias[at] + std::llround(offset));
    }
    const std::string name = fmt::format("{}.bias{}", request_.name, first);
    const std::vector<float> scales = Scales(first, count, x.scale);
    if (x.wide) {
      return values_.writer().Constant(name, {count},
                                       std::span<const int64_t>(bias), scales);
    }
    const std::vector<int32_t> values(bias.begin(), bias.end());
    return values_.writer().Constant(name, {count},
                                     std::span<const int32_t>(values), scales);
  }

  TfValue Whole(const TfValue& x, const Extent& out, const TfConv& conv,
                const TfGrid& grid) {
    const bool depthwise = g_.groups > 1 && in_per_group_ == 1;
    const TfValue y = values_.New(request_.name, out, grid);
    TfOp op = conv;
    if (depthwise) op = TfDepthwise{conv, Outputs() / g_.groups};
    values_.writer().Op(
        op,
        {x.tensor, Weights(request_.first, request_.count, depthwise),
         Bias(request_.first, request_.count, x.grid)},
        {y.tensor});
    return y;
  }

  TfValue Split(const TfValue& x, const Extent& out, const TfConv& conv,
                const TfGrid& grid) {
    const int count = request_.count / g_.groups;
    std::vector<int> parts;
    std::vector<int> results;
    for (int group = 0; group < g_.groups; ++group) {
      Extent e = x.extent;
      e.channels = in_per_group_;
      parts.push_back(values_.New(request_.name + ".part", e, x.grid).tensor);
    }
    const std::vector<int32_t> axis = {3};
    const int axis_tensor = values_.writer().Constant(
        request_.name + ".axis", {}, std::span<const int32_t>(axis));
    values_.writer().Op(TfSplit{g_.groups}, {axis_tensor, x.tensor}, parts);
    for (int group = 0; group < g_.groups; ++group) {
      Extent e = out;
      e.channels = count;
      results.push_back(values_.New(request_.name + ".group", e, grid).tensor);
      values_.writer().Op(conv,
                          {parts[static_cast<std::size_t>(group)],
                           Weights(group * count, count, false),
                           Bias(group * count, count, x.grid)},
                          {results.back()});
    }
    const TfValue y = values_.New(request_.name, out, grid);
    values_.writer().Op(TfConcatenate{3}, results, {y.tensor});
    return y;
  }

  TfliteValues& values_;
  const TfConvRequest& request_;
  const core::ConvGeometry& g_;
  int in_per_group_ = 1;
};

}  // namespace

TfValue TfliteConvolution(TfliteValues& values, const TfConvRequest& request,
                          const TfValue& input, const TfGrid& grid) {
  return Convolution(values, request).Run(input, grid);
}

}  // namespace edge_int8

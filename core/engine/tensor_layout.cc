#include "core/engine/tensor_layout.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/engine/aligned_buffer.h"
#include "core/kernels/kernel_table.h"

namespace edge_int8::core {
namespace {

// How far one axis of a convolution reads past the end of its input.
int32_t ReachPastEnd(int32_t outputs, int32_t stride, int32_t kernel,
                     int32_t dilation, int32_t pad_before, int32_t inputs) {
  const int64_t last = int64_t{outputs - 1} * stride +
                       int64_t{kernel - 1} * dilation - pad_before;
  return static_cast<int32_t>(std::max<int64_t>(0, last - (inputs - 1)));
}

void WidenMargins(const IntegerGraph& graph, const ConvOp& op,
                  std::vector<TensorLayout>* layouts) {
  const TensorSpec& out = graph.tensors[static_cast<std::size_t>(op.output)];
  TensorLayout& x = (*layouts)[static_cast<std::size_t>(op.input)];
  const ConvGeometry& g = op.geometry;
  x.top = std::max(x.top, g.pad_top);
  x.left = std::max(x.left, g.pad_left);
  x.bottom =
      std::max(x.bottom, ReachPastEnd(out.height, g.stride_h, g.kernel_h,
                                      g.dilation_h, g.pad_top, x.height));
  x.right = std::max(x.right, ReachPastEnd(out.width, g.stride_w, g.kernel_w,
                                           g.dilation_w, g.pad_left, x.width));
}

}  // namespace

int32_t ChannelPitch(int32_t channels) {
  if (channels < kPanel) {
    return static_cast<int32_t>(std::bit_ceil(static_cast<uint32_t>(channels)));
  }
  return static_cast<int32_t>(RoundUp(channels, kPanel));
}

std::vector<TensorLayout> PlanLayouts(const IntegerGraph& graph) {
  std::vector<TensorLayout> layouts;
  for (const TensorSpec& spec : graph.tensors) {
    TensorLayout layout;
    layout.channels = spec.channels;
    layout.height = spec.height;
    layout.width = spec.width;
    layout.type = spec.type;
    layout.zero = spec.type == Type::kS8 ? 128 : spec.zero_point;
    layout.pitch = ChannelPitch(spec.channels);
    layouts.push_back(layout);
  }
  for (const IntegerOp& any : graph.ops) {
    if (const auto* op = std::get_if<ConvOp>(&any)) {
      WidenMargins(graph, *op, &layouts);
    }
  }
  return layouts;
}

void FillMargins(const TensorLayout& t, std::byte* base) {
  const int64_t row = t.row_bytes();
  // Only byte tensors have a zero that isn't 0, so memset does for all.
  const auto fill = [&](int64_t begin, int64_t end) {
    std::memset(base + begin, t.zero, static_cast<std::size_t>(end - begin));
  };
  // From one row's last value to the next row's first is one gap.
  fill(0, t.At(0, 0));
  if (t.left + t.right > 0) {
    for (int h = 0; h + 1 < t.height; ++h)
      fill(t.At(h, t.width), t.At(h + 1, 0));
  }
  fill(t.At(t.height - 1, t.width), (t.top + t.height + t.bottom) * row);
}

}  // namespace edge_int8::core

#include "src/export/onnx/onnx_shapes.h"

#include <fmt/format.h>

#include <vector>

namespace edge_int8 {
namespace {

// A 0 in a Reshape's shape keeps the input's extent: the batch.
constexpr int64_t kBatch = 0;

}  // namespace

std::string OnnxInput(OnnxWriter& onnx, const std::string& name,
                      const Extent& e, const Shape& shape) {
  const Shape image = {e.channels, e.height, e.width};
  const Shape sequence = {e.channels, e.width};
  const bool flat = shape.empty() && e.height == 1;
  if (flat || (e.height == 1 && shape == sequence)) {
    onnx.Input(name, sequence);
    return onnx.Node("Unsqueeze", {name, onnx.List(name + ".axis", {2})},
                     name + ".image");
  }
  onnx.Input(name, shape.empty() ? image : shape);
  if (shape.empty() || shape == image) return name;
  return onnx.Node("Reshape",
                   {name, onnx.List(name + ".axes",
                                    {kBatch, e.channels, e.height, e.width})},
                   name + ".image");
}

void OnnxOutput(OnnxWriter& onnx, const std::string& name,
                const std::string& tensor, const Extent& e,
                const Shape& shape) {
  const Shape image = {e.channels, e.height, e.width};
  const Shape column = {e.channels, e.height};
  const bool flat = shape.empty() && e.width == 1;
  if (flat || (e.width == 1 && shape == column)) {
    onnx.Output(
        onnx.Node("Squeeze", {tensor, onnx.List(name + ".axis", {3})}, name),
        column);
  } else if (shape.empty() || shape == image) {
    onnx.Output(onnx.Node("Identity", {tensor}, name), image);
  } else {
    std::vector<int64_t> axes(shape.begin(), shape.end());
    axes.insert(axes.begin(), kBatch);
    onnx.Output(
        onnx.Node("Reshape", {tensor, onnx.List(name + ".axes", axes)}, name),
        shape);
  }
}

OnnxAttributes OnnxConvAttributes(const Conv& c) {
  using List = std::vector<int64_t>;
  return {{"strides", List{c.stride_h, c.stride_w}},
          {"dilations", List{c.dilation_h, c.dilation_w}},
          {"pads", List{c.pad_top, c.pad_left, c.pad_bottom, c.pad_right}},
          {"kernel_shape", List{c.kernel_h, c.kernel_w}},
          {"group", int64_t{c.groups}}};
}

std::string OnnxHeads(OnnxWriter& onnx, const std::string& tensor,
                      const Extent& e, int heads, Axis axis, QkvRole role) {
  const std::string shape =
      onnx.List(tensor + ".shape",
                {kBatch, heads, e.channels / heads, e.height, e.width});
  const std::string split =
      onnx.Node("Reshape", {tensor, shape}, tensor + ".by_head");
  // Axes: 0 batch, 1 head, 2 channel in head, 3 height, 4 width.
  const int64_t line = axis == Axis::kWidth ? 3 : 4;
  const int64_t place = axis == Axis::kWidth ? 4 : 3;
  const std::vector<int64_t> order =
      role == QkvRole::kKey ? std::vector<int64_t>{0, 1, line, 2, place}
                            : std::vector<int64_t>{0, 1, line, place, 2};
  return onnx.Node("Transpose", {split}, tensor + ".lines", {{"perm", order}});
}

std::string OnnxFromHeads(OnnxWriter& onnx, const std::string& tensor,
                          const std::string& output, const Extent& e,
                          Axis axis) {
  const std::vector<int64_t> order = axis == Axis::kWidth
                                         ? std::vector<int64_t>{0, 1, 4, 2, 3}
                                         : std::vector<int64_t>{0, 1, 4, 3, 2};
  const std::string by_head =
      onnx.Node("Transpose", {tensor}, output + ".by_head", {{"perm", order}});
  const std::string shape =
      onnx.List(output + ".shape", {kBatch, e.channels, e.height, e.width});
  return onnx.Node("Reshape", {by_head, shape}, output);
}

std::string OnnxPool(OnnxWriter& onnx, const std::string& tensor,
                     const std::string& output, const Extent& e, int bins) {
  const BinRange first = PoolBin(0, bins, e.height);
  const int step = bins > 1 ? PoolBin(1, bins, e.height).begin : 1;
  bool uniform = true;
  for (int bin = 0; bin < bins; ++bin) {
    const BinRange range = PoolBin(bin, bins, e.height);
    uniform = uniform && range.begin == bin * step &&
              range.end - range.begin == first.end;
  }
  if (uniform) {
    return onnx.Node(
        "AveragePool", {tensor}, output,
        {{"kernel_shape", std::vector<int64_t>{first.end, e.width}},
         {"strides", std::vector<int64_t>{step, 1}}});
  }
  std::vector<std::string> means;
  for (int bin = 0; bin < bins; ++bin) {
    const BinRange range = PoolBin(bin, bins, e.height);
    const std::string name = fmt::format("{}.bin{}", output, bin);
    const std::string rows = onnx.Node(
        "Slice",
        {tensor, onnx.List(name + ".begin", {range.begin}),
         onnx.List(name + ".end", {range.end}), onnx.List(name + ".axis", {2})},
        name + ".rows");
    means.push_back(onnx.Node("GlobalAveragePool", {rows}, name));
  }
  return onnx.Node("Concat", means, output, {{"axis", int64_t{2}}});
}

std::string OnnxTranspose(OnnxWriter& onnx, const std::string& tensor,
                          const std::string& output,
                          const std::array<int, 3>& order) {
  return onnx.Node("Transpose", {tensor}, output,
                   {{"perm", std::vector<int64_t>{0, order[0] + 1, order[1] + 1,
                                                  order[2] + 1}}});
}

}  // namespace edge_int8

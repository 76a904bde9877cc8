#include "src/export/onnx/onnx_layers.h"

#include <algorithm>

namespace edge_int8 {
namespace {

using List = std::vector<int64_t>;

std::string Turned(OnnxWriter& onnx, const std::string& x, const List& order,
                   const std::string& output) {
  return onnx.Node("Transpose", {x}, output, {{"perm", order}});
}

std::string Filled(OnnxWriter& onnx, const std::string& name, int64_t count,
                   std::span<const float> values, float otherwise) {
  std::vector<float> all(values.begin(), values.end());
  if (all.empty()) all.assign(static_cast<std::size_t>(count), otherwise);
  return onnx.Constant(name, {count}, std::span<const float>(all));
}

// x of [n, C, H, W] times a scale and plus a bias of each channel.
std::string Scaled(OnnxWriter& onnx, std::string x,
                   std::span<const float> scale, std::span<const float> bias,
                   const std::string& output) {
  const auto channels =
      static_cast<int64_t>(std::max(scale.size(), bias.size()));
  if (!scale.empty()) {
    x = onnx.Node(
        "Mul", {x, onnx.Constant(output + ".scale", {channels, 1, 1}, scale)},
        output + ".scaled");
  }
  if (!bias.empty()) {
    x = onnx.Node("Add",
                  {x, onnx.Constant(output + ".bias", {channels, 1, 1}, bias)},
                  output + ".shifted");
  }
  return onnx.Node("Identity", {x}, output);
}

// Spelled out: over groups of channels at each place, or without a mean.
std::string ByGroups(OnnxWriter& onnx, const Normalize& normalize,
                     const OnnxTensor& x, const std::string& output) {
  const Extent& e = x.extent;
  const bool instance = normalize.over == NormalizeOver::kInstance;
  const int groups = instance ? e.channels : normalize.groups;
  const int64_t each = e.channels / groups;
  // Axes: 0 batch, 1 group, 2 channel in group, 3 height, 4 width.
  const bool layer = normalize.over == NormalizeOver::kLayer;
  const std::string axes =
      onnx.List(output + ".axes", layer ? List{2} : List{2, 3, 4});
  const int64_t count = layer ? each : each * e.height * e.width;
  const auto number = [&](const char* name, double value) {
    const auto real = static_cast<float>(value);
    return onnx.Constant(output + name, {}, std::span<const float>(&real, 1));
  };
  const std::string share = number(".share", 1.0 / static_cast<double>(count));
  const auto mean = [&](const std::string& of, const std::string& name) {
    const std::string sum = onnx.Node("ReduceSum", {of, axes}, name + ".sum");
    return onnx.Node("Mul", {sum, share}, name);
  };
  std::string d = onnx.Node(
      "Reshape",
      {x.name,
       onnx.List(output + ".groups", {0, groups, each, e.height, e.width})},
      output + ".by_group");
  if (normalize.centered) {
    d = onnx.Node("Sub", {d, mean(d, output + ".mean")}, output + ".centered");
  }
  const std::string square = onnx.Node("Mul", {d, d}, output + ".square");
  const std::string sigma =
      onnx.Node("Sqrt",
                {onnx.Node("Add",
                           {mean(square, output + ".variance"),
                            number(".epsilon", normalize.epsilon)},
                           output + ".above_zero")},
                output + ".sigma");
  return onnx.Node(
      "Reshape",
      {onnx.Node("Div", {d, sigma}, output + ".divided"),
       onnx.List(output + ".shape", {0, e.channels, e.height, e.width})},
      output + ".normal");
}

}  // namespace

std::string OnnxMatMul(OnnxWriter& onnx, const std::string& a,
                       const std::string& b, const std::string& output) {
  const std::string left =
      Turned(onnx, a, {0, 2, 3, 1}, output + ".left");  // [n][B][M][K]
  const std::string right =
      Turned(onnx, b, {0, 2, 1, 3}, output + ".right");  // [n][B][K][N]
  const std::string product =
      onnx.Node("MatMul", {left, right}, output + ".product");
  return Turned(onnx, product, {0, 3, 1, 2}, output);
}

std::string OnnxNormalize(OnnxWriter& onnx, const Normalize& normalize,
                          const OnnxTensor& x, std::span<const float> scale,
                          std::span<const float> bias,
                          const std::string& output) {
  const Extent& e = x.extent;
  const auto epsilon = static_cast<float>(normalize.epsilon);
  const bool whole_layer =
      normalize.over == NormalizeOver::kLayer && normalize.groups == 1;
  if (normalize.centered && whole_layer) {
    const std::string y = onnx.Node(
        "LayerNormalization",
        {Turned(onnx, x.name, {0, 2, 3, 1}, output + ".channels_last"),
         Filled(onnx, output + ".scale", e.channels, scale, 1),
         Filled(onnx, output + ".bias", e.channels, bias, 0)},
        output + ".normal", {{"axis", int64_t{-1}}, {"epsilon", epsilon}});
    return Turned(onnx, y, {0, 3, 1, 2}, output);
  }
  if (normalize.centered && normalize.over == NormalizeOver::kInstance) {
    return onnx.Node(
        "InstanceNormalization",
        {x.name, Filled(onnx, output + ".scale", e.channels, scale, 1),
         Filled(onnx, output + ".bias", e.channels, bias, 0)},
        output, {{"epsilon", epsilon}});
  }
  return Scaled(onnx, ByGroups(onnx, normalize, x, output), scale, bias,
                output);
}

std::string OnnxRecurrent(OnnxWriter& onnx, RecurrentKind kind, int hidden,
                          bool reverse, const std::string& x,
                          const OnnxGates& gates, const std::string& output) {
  const char* op = kind == RecurrentKind::kGru    ? "GRU"
                   : kind == RecurrentKind::kLstm ? "LSTM"
                                                  : "RNN";
  const std::string sequence = onnx.Node(
      "Squeeze", {x, onnx.List(output + ".row", {2})}, output + ".sequence");
  OnnxAttributes attributes = {
      {"hidden_size", int64_t{hidden}},
      {"direction", std::string(reverse ? "reverse" : "forward")}};
  if (kind == RecurrentKind::kGru) {
    attributes.push_back({"linear_before_reset", int64_t{1}});
  }
  const std::string y =
      onnx.Node(op,
                {Turned(onnx, sequence, {2, 0, 1}, output + ".steps"),
                 gates.input_weight, gates.recurrent_weight, gates.biases},
                output + ".states", attributes);  // [T][1][n][hidden]
  return Turned(onnx, y, {2, 3, 1, 0}, output);
}

std::string OnnxRepeated(OnnxWriter& onnx, const std::string& x,
                         const std::string& like, const std::string& output) {
  const std::string shape = onnx.Node("Shape", {like}, output + ".shape");
  const std::string batch = onnx.Node("Slice",
                                      {shape, onnx.List(output + ".begin", {0}),
                                       onnx.List(output + ".end", {1})},
                                      output + ".batch");
  return onnx.Node(
      "Expand",
      {x, onnx.Node("Concat", {batch, onnx.List(output + ".ones", {1, 1, 1})},
                    output + ".repeats", {{"axis", int64_t{0}}})},
      output);
}

}  // namespace edge_int8

#include "src/export/onnx/onnx_qdq.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "core/arith/softmax.h"
#include "core/container/op_tensors.h"
#include "src/base/error.h"
#include "src/export/onnx/onnx_float.h"
#include "src/export/onnx/onnx_functions.h"
#include "src/export/onnx/onnx_layers.h"
#include "src/export/onnx/onnx_qdq_export.h"
#include "src/export/onnx/onnx_shapes.h"
#include "src/qgraph/conv_geometry.h"

namespace edge_int8 {

QdqExport::QdqExport(const core::IntegerGraph& graph, const RealScales& scales)
    : graph_(graph),
      scales_(scales),
      onnx_(graph.name, kOnnxQdqOpset),
      stored_(graph.tensors.size()),
      real_(graph.tensors.size()),
      fixed_(graph.tensors.size()) {}

std::string QdqExport::Run(const std::string& source_sha256) {
  Input();
  for (std::size_t i = 0; i < graph_.ops.size(); ++i) {
    const core::IntegerOp& any = graph_.ops[i];
    fixed_[AsSize(core::OutputOf(any))] = std::ranges::all_of(
        core::InputsOf(any),
        [&](int32_t id) { return fixed_[AsSize(id)] != 0; });
    std::visit([&](const auto& op) { Visit(i, op); }, any);
  }
  const std::vector<int32_t>& shape = graph_.output_shape;
  OnnxOutput(onnx_, kOnnxOutput, Batched(graph_.output),
             ExtentOf(graph_.output), Shape(shape.begin(), shape.end()));
  onnx_.Metadata("artifact_sha256", source_sha256);
  return onnx_.Bytes();
}

std::string QdqExport::Name(int32_t id) const {
  return fmt::format("{}.t{}", Spec(id).name, id);
}

namespace {

OnnxAttributes AxisOf(const OnnxGrid& grid, int64_t axis) {
  if (grid.scales.size() == 1) return {};
  return {{"axis", axis}};
}

}  // namespace

OnnxGrid QdqExport::GridOf(int32_t id) const {
  const std::vector<double>& scales = scales_.tensor[AsSize(id)];
  return {{scales.begin(), scales.end()}, Spec(id).zero_point, Spec(id).type};
}

// Scale and zero point constants of a grid, under names that start alike.
std::vector<std::string> QdqExport::GridInputs(const std::string& x,
                                               const std::string& name,
                                               const OnnxGrid& grid) {
  const std::size_t count = grid.scales.size();
  const Shape shape = count == 1 ? Shape{} : Shape{static_cast<int64_t>(count)};
  std::vector<std::string> inputs = {
      x, onnx_.Constant(name + ".scale", shape,
                        std::span<const float>(grid.scales))};
  const std::string zero = name + ".zero";
  const auto add = [&](auto value) {
    const std::vector<decltype(value)> zeros(count, value);
    inputs.push_back(
        onnx_.Constant(zero, shape, std::span<const decltype(value)>(zeros)));
  };
  switch (grid.type) {
    case core::Type::kU8:
      add(static_cast<uint8_t>(grid.zero));
      break;
    case core::Type::kS8:
      add(static_cast<int8_t>(grid.zero));
      break;
    case core::Type::kS16:
      add(static_cast<int16_t>(grid.zero));
      break;
    case core::Type::kS32:
      add(int32_t{grid.zero});
      break;
  }
  return inputs;
}

std::string QdqExport::Quantize(const std::string& x, const std::string& name,
                                const OnnxGrid& grid) {
  return onnx_.Node("QuantizeLinear", GridInputs(x, name + ".grid", grid), name,
                    AxisOf(grid, 1));
}
std::string QdqExport::Dequantize(const std::string& q, const std::string& name,
                                  const OnnxGrid& grid, int64_t axis) {
  return onnx_.Node("DequantizeLinear", GridInputs(q, name + ".grid", grid),
                    name, AxisOf(grid, axis));
}

std::string QdqExport::Real(int32_t id) {
  std::string& real = real_[AsSize(id)];
  if (real.empty()) {
    real = Dequantize(stored_[AsSize(id)], Name(id) + ".real", GridOf(id));
  }
  return real;
}

std::string QdqExport::Stored(int32_t id) {
  std::string& stored = stored_[AsSize(id)];
  if (stored.empty()) stored = Quantize(Real(id), Name(id), GridOf(id));
  return stored;
}

std::string QdqExport::Batched(int32_t id) {
  if (!fixed_[AsSize(id)]) return Real(id);
  return OnnxRepeated(onnx_, Real(id), stored_[0], Name(id) + ".repeated");
}

void QdqExport::Input() {
  const std::string x =
      OnnxInput(onnx_, kOnnxInput, ExtentOf(0),
                Shape(graph_.input_shape.begin(), graph_.input_shape.end()));
  // The engine rounds x * f; dividing by a rounded 1 / f would move ties.
  const float factor = graph_.input_factor;
  const std::string scaled = onnx_.Node(
      "Mul",
      {x,
       onnx_.Constant("input.factor", {}, std::span<const float>(&factor, 1))},
      "input.scaled");
  stored_[0] = Quantize(scaled, "input.bytes",
                        {{1.0f}, Spec(0).zero_point, core::Type::kU8});
}

// The grid before a table: the smallest type that holds low..high; what is
// narrower than its type (12 bits) is clipped first.
OnnxGrid QdqExport::PreGrid(const core::Activation& a, double scale) const {
  core::Type type = core::Type::kS16;
  if (a.low >= 0 && a.high <= 255) type = core::Type::kU8;
  return {{static_cast<float>(scale)}, a.zero, type};
}
std::string QdqExport::ClipTo(const std::string& x, const core::Activation& a,
                              double scale, const std::string& name) {
  const bool whole = (a.low == 0 && a.high == 255) || a.high >= 32767;
  if (whole) return x;
  const auto low = static_cast<float>((a.low - a.zero) * scale);
  const auto high = static_cast<float>((a.high - a.zero) * scale);
  return onnx_.Node(
      "Clip",
      {x, onnx_.Constant(name + ".low", {}, std::span<const float>(&low, 1)),
       onnx_.Constant(name + ".high", {}, std::span<const float>(&high, 1))},
      name);
}

std::string QdqExport::Function(const core::Activation& a, const std::string& x,
                                const std::string& name) {
  // Version 1 has no other function and does not name it.
  const std::string text = a.function.empty() ? "silu" : a.function;
  const std::optional<edge_int8::Function> function = ParseFunction(text);
  if (!function) {
    FailInput(fmt::format("graph {}, tensor {}", graph_.name, name),
              fmt::format("its function is '{}', which is none", text));
  }
  const bool silu = function->kind == FunctionKind::kSilu;
  return OnnxFunction(onnx_, *function, x,
                      name + (silu ? ".silu" : ".function"), name + ".sigmoid");
}

// Without a table the function is a line cut at two ends. Its slope is in the
// multiplier, its offset in the zero point, its ends in the clamp.
std::string QdqExport::CutLine(const core::Activation& a, int32_t output,
                               std::string x) {
  const core::TensorSpec& out = Spec(output);
  if (scales_.tensor[AsSize(output)].size() > 1) return x;
  const double step = Step(output);
  const auto number = [&](int32_t code, const char* name) {
    const auto real = static_cast<float>((code - out.zero_point) * step);
    return onnx_.Constant(Name(output) + name, {},
                          std::span<const float>(&real, 1));
  };
  if (a.zero != out.zero_point) {
    x = onnx_.Node("Add", {x, number(a.zero, ".offset")},
                   Name(output) + ".shifted");
  }
  const bool low = a.low > std::max(LowestOf(out.type), -32767);
  const bool high = a.high < HighestOf(out.type);
  if (!low && !high) return x;
  return onnx_.Node("Clip", {x, number(a.low, ".low"), number(a.high, ".high")},
                    Name(output) + ".clip");
}

std::string QdqExport::Times(const std::string& x, double factor,
                             const std::string& name) {
  if (std::abs(factor - 1) < 1e-6) return x;
  const auto real = static_cast<float>(factor);
  return onnx_.Node("Mul",
                    {x, onnx_.Constant(name + ".factor", {},
                                       std::span<const float>(&real, 1))},
                    name);
}

void QdqExport::Land(std::size_t op_index, const core::Activation& activation,
                     int32_t output, std::string real) {
  const std::string name = Name(output);
  if (activation.kind != core::TableKind::kNone) {
    const double pre = scales_.pre[op_index];
    const OnnxGrid grid = PreGrid(activation, pre);
    real = ClipTo(real, activation, pre, name + ".clip");
    real = Dequantize(Quantize(real, name + ".pre", grid), name + ".pre.real",
                      grid);
    real = Function(activation, real, name);
  } else {
    real = CutLine(activation, output, real);
  }
  stored_[AsSize(output)] = Quantize(real, name, GridOf(output));
}

void QdqExport::Visit(std::size_t i, const core::ConvOp& op) {
  const std::string name = Name(op.output);
  const core::ConvGeometry& g = op.geometry;
  const std::vector<double> scales = RealWeightScales(graph_, scales_, i);
  const double x_scale = scales_.tensor[AsSize(op.input)].at(0);
  OnnxGrid weight{{scales.begin(), scales.end()}, 0, core::Type::kS8};
  OnnxGrid bias{{}, 0, core::Type::kS32};
  for (const double s : scales) {
    bias.scales.push_back(static_cast<float>(s * x_scale));
  }
  const auto out = static_cast<int64_t>(scales.size());
  const Shape shape = {out, Spec(op.input).channels / g.groups, g.kernel_h,
                       g.kernel_w};
  const std::string w = onnx_.Constant(name + ".weight", shape,
                                       std::span<const int8_t>(op.weights));
  const std::string b =
      onnx_.Constant(name + ".bias", {out}, std::span<const int32_t>(op.bias));
  const std::string y =
      onnx_.Node("Conv",
                 {Real(op.input), Dequantize(w, w + ".real", weight, 0),
                  Dequantize(b, b + ".real", bias, 0)},
                 name + ".conv", OnnxConvAttributes(GeometryOf(op)));
  Land(i, op.activation, op.output, y);
}

void QdqExport::Visit(std::size_t i, const core::AddOp& op) {
  const std::string name = Name(op.output);
  const double unit = std::ldexp(scales_.pre[i], -op.fraction_bits);
  std::string sum;
  for (std::size_t n = 0; n < op.terms.size(); ++n) {
    const core::AddTerm& term = op.terms[n];
    std::string x = Real(term.tensor);
    if (term.rescale) {
      // Its exact share of this sum's unit, whatever else reads the tensor.
      OnnxGrid grid = GridOf(term.tensor);
      grid.scales = {static_cast<float>(RealMultiplier(term.scale) * unit)};
      const std::string q = Stored(term.tensor);
      x = Dequantize(q, fmt::format("{}.term{}", name, n), grid);
    }
    if (n == 0) {
      sum = term.negate ? onnx_.Node("Neg", {x}, name + ".negative") : x;
    } else {
      sum = onnx_.Node(term.negate ? "Sub" : "Add", {sum, x},
                       fmt::format("{}.sum{}", name, n));
    }
  }
  Land(i, op.activation, op.output, sum);
}

void QdqExport::Visit(std::size_t i, const core::AttentionOp& op) {
  const std::string name = Name(op.output);
  const Extent e = ExtentOf(op.output);
  const Axis axis =
      op.axis == core::AttentionAxis::kWidth ? Axis::kWidth : Axis::kHeight;
  const std::string sizes =
      onnx_.List(name + ".sizes", {e.channels, e.channels, e.channels});
  const std::vector<std::string> parts = onnx_.Nodes(
      "Split", {Real(op.input), sizes}, {name + ".q", name + ".k", name + ".v"},
      {{"axis", int64_t{1}}});
  const auto heads = [&](std::size_t part, QkvRole role) {
    return OnnxHeads(onnx_, parts[part], e, op.heads, axis, role);
  };
  const std::string logits =
      onnx_.Node("MatMul", {heads(0, QkvRole::kQuery), heads(1, QkvRole::kKey)},
                 name + ".logits");
  const std::string softmax = onnx_.Node("Softmax", {logits}, name + ".softmax",
                                         {{"axis", int64_t{-1}}});
  const OnnxGrid grid{{1.0f / core::kProbabilityOne}, 0, core::Type::kS16};
  const std::string p =
      Dequantize(Quantize(softmax, name + ".p", grid), name + ".p.real", grid);
  const std::string product =
      onnx_.Node("MatMul", {p, heads(2, QkvRole::kValue)}, name + ".product");
  const std::string mix = OnnxFromHeads(onnx_, product, name + ".mix", e, axis);
  Land(i, op.activation, op.output,
       onnx_.Node("Add", {mix, MixBias(op, name)}, name + ".biased"));
}

// In the unit of probability times value.
std::string QdqExport::MixBias(const core::AttentionOp& op,
                               const std::string& name) {
  const std::vector<double>& qkv = scales_.tensor[AsSize(op.input)];
  const std::size_t channels = op.bias.size();
  std::vector<float> bias;
  for (std::size_t c = 0; c < channels; ++c) {
    bias.push_back(static_cast<float>(op.bias[c] * qkv[2 * channels + c] /
                                      core::kProbabilityOne));
  }
  return onnx_.Constant(name + ".bias", {static_cast<int64_t>(channels), 1, 1},
                        std::span<const float>(bias));
}

void QdqExport::Visit(std::size_t, const core::PoolOp& op) {
  real_[AsSize(op.output)] = OnnxPool(onnx_, Real(op.input), Name(op.output),
                                      ExtentOf(op.input), op.bins);
}

void QdqExport::Visit(std::size_t, const core::TransposeOp& op) {
  const std::array<int, 3> order = {op.order[0], op.order[1], op.order[2]};
  const bool has_integers = !stored_[AsSize(op.input)].empty();
  const std::string& from =
      has_integers ? stored_[AsSize(op.input)] : real_[AsSize(op.input)];
  auto& to = has_integers ? stored_ : real_;
  to[AsSize(op.output)] = OnnxTranspose(onnx_, from, Name(op.output), order);
}

std::string OnnxQdqModel(const core::IntegerGraph& graph,
                         const RealScales& scales,
                         const std::string& source_sha256) {
  return QdqExport(graph, scales).Run(source_sha256);
}

}  // namespace edge_int8

#include "src/export/onnx/onnx_qdq.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "core/arith/softmax.h"
#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/export/export_operators.h"
#include "src/export/onnx/onnx_float.h"
#include "src/export/onnx/onnx_shapes.h"

namespace edge_int8 {
namespace {

// An integer grid in ONNX's terms.
struct OnnxGrid {
  std::vector<float> scales;  // one, or one per channel
  int32_t zero = 0;
  core::Type type = core::Type::kU8;
};

class QdqExport {
 public:
  QdqExport(const core::IntegerGraph& graph, const RealScales& scales)
      : graph_(graph),
        scales_(scales),
        onnx_(graph.name, kOnnxQdqOpset),
        stored_(graph.tensors.size()),
        real_(graph.tensors.size()) {}

  std::string Run(const std::string& source_sha256) {
    Input();
    for (std::size_t i = 0; i < graph_.ops.size(); ++i) {
      std::visit([&](const auto& op) { Visit(i, op); }, graph_.ops[i]);
    }
    OnnxOutput(onnx_, kOnnxOutput, Real(graph_.output),
               ExtentOf(graph_.output));
    onnx_.Metadata("artifact_sha256", source_sha256);
    return onnx_.Bytes();
  }

 private:
  // CheckExportable() let none of them through.
  template <UnexportedOp T>
  void Visit(std::size_t, const T&) {
    Check(false, "an operator without a QDQ form");
  }

  const core::TensorSpec& Spec(int32_t id) const {
    return graph_.tensors[AsSize(id)];
  }
  Extent ExtentOf(int32_t id) const {
    const core::TensorSpec& s = Spec(id);
    return {s.channels, s.height, s.width};
  }
  // Unique, and never one of the model's own names.
  std::string Name(int32_t id) const {
    return fmt::format("{}.t{}", Spec(id).name, id);
  }

  // --- Grids ---------------------------------------------------------------

  OnnxGrid GridOf(int32_t id) const {
    const std::vector<double>& scales = scales_.tensor[AsSize(id)];
    return {{scales.begin(), scales.end()}, Spec(id).zero_point, Spec(id).type};
  }

  // Scale and zero point constants of a grid, under names that start alike.
  std::vector<std::string> GridInputs(const std::string& x,
                                      const std::string& name,
                                      const OnnxGrid& grid) {
    const std::size_t count = grid.scales.size();
    const Shape shape =
        count == 1 ? Shape{} : Shape{static_cast<int64_t>(count)};
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

  static OnnxAttributes AxisOf(const OnnxGrid& grid, int64_t axis) {
    if (grid.scales.size() == 1) return {};
    return {{"axis", axis}};
  }
  std::string Quantize(const std::string& x, const std::string& name,
                       const OnnxGrid& grid) {
    return onnx_.Node("QuantizeLinear", GridInputs(x, name + ".grid", grid),
                      name, AxisOf(grid, 1));
  }
  std::string Dequantize(const std::string& q, const std::string& name,
                         const OnnxGrid& grid, int64_t axis = 1) {
    return onnx_.Node("DequantizeLinear", GridInputs(q, name + ".grid", grid),
                      name, AxisOf(grid, axis));
  }

  // The real value of a stored tensor, dequantized once for all readers.
  std::string Real(int32_t id) {
    std::string& real = real_[AsSize(id)];
    if (real.empty()) {
      real = Dequantize(stored_[AsSize(id)], Name(id) + ".real", GridOf(id));
    }
    return real;
  }

  void Input() {
    const std::string x = OnnxInput(onnx_, kOnnxInput, ExtentOf(0));
    // The engine rounds x * f; dividing by a rounded 1 / f would move ties.
    const float factor = graph_.input_factor;
    const std::string scaled =
        onnx_.Node("Mul",
                   {x, onnx_.Constant("input.factor", {},
                                      std::span<const float>(&factor, 1))},
                   "input.scaled");
    stored_[0] = Quantize(scaled, "input.bytes", {{1.0f}, 0, core::Type::kU8});
  }

  // --- From a real result to a stored tensor --------------------------------

  // The grid before a table: the smallest type that holds low..high; what is
  // narrower than its type (12 bits) is clipped first.
  OnnxGrid PreGrid(const core::Activation& a, double scale) const {
    core::Type type = core::Type::kS16;
    if (a.low >= 0 && a.high <= 255) type = core::Type::kU8;
    return {{static_cast<float>(scale)}, a.zero, type};
  }
  std::string ClipTo(const std::string& x, const core::Activation& a,
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

  void Land(std::size_t op_index, const core::Activation& activation,
            int32_t output, std::string real) {
    const std::string name = Name(output);
    if (activation.kind != core::TableKind::kNone) {
      const double pre = scales_.pre[op_index];
      const OnnxGrid grid = PreGrid(activation, pre);
      real = ClipTo(real, activation, pre, name + ".clip");
      real = Dequantize(Quantize(real, name + ".pre", grid), name + ".pre.real",
                        grid);
      const std::string gate = onnx_.Node("Sigmoid", {real}, name + ".sigmoid");
      real = onnx_.Node("Mul", {real, gate}, name + ".silu");
    }
    stored_[AsSize(output)] = Quantize(real, name, GridOf(output));
  }

  // --- Operators ------------------------------------------------------------

  void Visit(std::size_t i, const core::ConvOp& op) {
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
    const std::string b = onnx_.Constant(name + ".bias", {out},
                                         std::span<const int32_t>(op.bias));
    const Conv conv = {.out_channels = static_cast<int>(out),
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
    const std::string y =
        onnx_.Node("Conv",
                   {Real(op.input), Dequantize(w, w + ".real", weight, 0),
                    Dequantize(b, b + ".real", bias, 0)},
                   name + ".conv", OnnxConvAttributes(conv));
    Land(i, op.activation, op.output, y);
  }

  void Visit(std::size_t i, const core::AddOp& op) {
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
        x = Dequantize(stored_[AsSize(term.tensor)],
                       fmt::format("{}.term{}", name, n), grid);
      }
      sum = n == 0
                ? x
                : onnx_.Node("Add", {sum, x}, fmt::format("{}.sum{}", name, n));
    }
    Land(i, op.activation, op.output, sum);
  }

  void Visit(std::size_t i, const core::AttentionOp& op) {
    const std::string name = Name(op.output);
    const Extent e = ExtentOf(op.output);
    const Axis axis =
        op.axis == core::AttentionAxis::kWidth ? Axis::kWidth : Axis::kHeight;
    const std::string sizes =
        onnx_.List(name + ".sizes", {e.channels, e.channels, e.channels});
    onnx_.Node("Split", {Real(op.input), sizes},
               std::vector<std::string>{name + ".q", name + ".k", name + ".v"},
               {{"axis", int64_t{1}}});
    const auto heads = [&](const char* part, QkvRole role) {
      return OnnxHeads(onnx_, name + part, e, op.heads, axis, role);
    };
    const std::string logits = onnx_.Node(
        "MatMul", {heads(".q", QkvRole::kQuery), heads(".k", QkvRole::kKey)},
        name + ".logits");
    const std::string softmax = onnx_.Node(
        "Softmax", {logits}, name + ".softmax", {{"axis", int64_t{-1}}});
    const OnnxGrid grid{{1.0f / core::kProbabilityOne}, 0, core::Type::kS16};
    const std::string p = Dequantize(Quantize(softmax, name + ".p", grid),
                                     name + ".p.real", grid);
    const std::string product = onnx_.Node(
        "MatMul", {p, heads(".v", QkvRole::kValue)}, name + ".product");
    const std::string mix =
        OnnxFromHeads(onnx_, product, name + ".mix", e, axis);
    Land(i, op.activation, op.output,
         onnx_.Node("Add", {mix, MixBias(op, name)}, name + ".biased"));
  }

  // In the unit of probability times value.
  std::string MixBias(const core::AttentionOp& op, const std::string& name) {
    const std::vector<double>& qkv = scales_.tensor[AsSize(op.input)];
    const std::size_t channels = op.bias.size();
    std::vector<float> bias;
    for (std::size_t c = 0; c < channels; ++c) {
      bias.push_back(static_cast<float>(op.bias[c] * qkv[2 * channels + c] /
                                        core::kProbabilityOne));
    }
    return onnx_.Constant(name + ".bias",
                          {static_cast<int64_t>(channels), 1, 1},
                          std::span<const float>(bias));
  }

  void Visit(std::size_t, const core::PoolOp& op) {
    real_[AsSize(op.output)] = OnnxPool(onnx_, Real(op.input), Name(op.output),
                                        ExtentOf(op.input), op.bins);
  }

  void Visit(std::size_t, const core::TransposeOp& op) {
    const std::array<int, 3> order = {op.order[0], op.order[1], op.order[2]};
    const bool has_integers = !stored_[AsSize(op.input)].empty();
    const std::string& from =
        has_integers ? stored_[AsSize(op.input)] : real_[AsSize(op.input)];
    auto& to = has_integers ? stored_ : real_;
    to[AsSize(op.output)] = OnnxTranspose(onnx_, from, Name(op.output), order);
  }

  const core::IntegerGraph& graph_;
  const RealScales& scales_;
  OnnxWriter onnx_;
  std::vector<std::string> stored_;  // by tensor: the integers
  std::vector<std::string> real_;    // by tensor: what they mean
};

}  // namespace

std::string OnnxQdqModel(const core::IntegerGraph& graph,
                         const RealScales& scales,
                         const std::string& source_sha256) {
  return QdqExport(graph, scales).Run(source_sha256);
}

}  // namespace edge_int8

#include "src/qgraph/lower.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/container/validate.h"
#include "src/base/error.h"
#include "src/qgraph/clamped_line.h"
#include "src/qgraph/code_limits.h"
#include "src/qgraph/function_table.h"
#include "src/qgraph/lowering.h"
#include "src/qgraph/multiplier.h"

namespace edge_int8 {
namespace {

constexpr double kBiasLimit = 0x1.0p30;
// A plan that leaves fewer codes is refused and not clamped.
constexpr int64_t kLeastCodeLimit = 128;

std::vector<int32_t> AsAxes(const Shape& shape) {
  std::vector<int32_t> axes;
  for (const auto axis : shape) axes.push_back(static_cast<int32_t>(axis));
  return axes;
}

}  // namespace

Lowering::Lowering(const Model& model, const Plan& plan)
    : model_(model), plan_(plan), qgraph_(BuildQGraph(model.graph)) {
  CheckPlan(plan, model.graph, qgraph_, "plan");
  tensor_of_.assign(model.graph.tensors.size(), -1);
  limits_ = CodeLimits(model, qgraph_, plan);
}

core::IntegerGraph Lowering::Run() {
  const Graph& graph = model_.graph;
  out_.name = graph.name;
  out_.exp_tables = MakeExpTables();
  out_.input_factor = static_cast<float>(plan_.input_factor);
  out_.input_shape = AsAxes(graph.input_shape);
  out_.output_shape = AsAxes(graph.output_shape);
  tensor_of_[0] =
      AddTensor(graph.tensors[0].name, graph.extent(0), OfQuantizer(0));
  for (const QNode& node : qgraph_.nodes) {
    std::visit([&](const auto& op) { Lower(node, op); }, node.op);
  }
  SetOutput();
  if (const core::Result bad = core::ValidateGraph(out_); !bad.ok()) {
    FailInput("plan",
              fmt::format("gives an integer graph that can't run: {} "
                          "(operator {}, item {})",
                          core::StatusName(bad.status), bad.op, bad.item));
  }
  return std::move(out_);
}

void Lowering::SetOutput() {
  const TensorId output = model_.graph.output;
  out_.output = At(output);
  const int quantizer = qgraph_.of_tensor[AsSize(output)];
  const double scale =
      quantizer >= 0 ? OfQuantizer(quantizer).scale() : exact_scale_;
  Check(scale > 0, "the output has no scale");
  out_.output_scale = static_cast<float>(scale);
}

Lowering::Qparams Lowering::OfQuantizer(int index) const {
  const Quantizer& quantizer = qgraph_.quantizers[AsSize(index)];
  const QuantizerPlan plan = quantizer.role == QuantizerRole::kInput
                                 ? InputPlan(plan_)
                                 : plan_.quantizers.at(quantizer.name);
  Qparams q{plan.scales,          plan.zero_point, 0,
            (1 << plan.bits) - 1, plan.bits,       core::Type::kU8};
  if (quantizer.symmetric || plan.bits == 16) {
    q.zero = 0;
    q.high = (1 << (plan.bits - 1)) - 1;
    q.low = -q.high;
    q.type = plan.bits == 16 ? core::Type::kS16 : core::Type::kS8;
  }
  const int64_t limit = limits_[AsSize(index)];
  if (limit < kNoCodeLimit && limit >= kLeastCodeLimit) {
    q.low = static_cast<int32_t>(std::max<int64_t>(q.low, q.zero - limit));
    q.high = static_cast<int32_t>(std::min<int64_t>(q.high, q.zero + limit));
  }
  return q;
}

Lowering::Qparams Lowering::OfInput(const QNode& node,
                                    std::size_t index) const {
  const int quantizer = qgraph_.of_tensor[AsSize(node.inputs[index])];
  if (quantizer < 0 || qgraph_.quantizers[AsSize(quantizer)].scales != 1) {
    Fail(node, "reads a tensor that has no one scale");
  }
  return OfQuantizer(quantizer);
}

double Lowering::SumUnit(int quantizer) const {
  const std::string& name = qgraph_.quantizers[AsSize(quantizer)].name;
  const QuantizerPlan& plan = plan_.quantizers.at(name);
  return plan.scales[0] / std::ldexp(1, SumFractionBits(plan));
}

Lowering::Qparams Lowering::OfOutput(const QNode& node) const {
  if (node.stored >= 0) return OfQuantizer(node.stored);
  return {{SumUnit(node.sum)}, 0, -32768, 32767, 16, core::Type::kS16};
}

int32_t Lowering::At(TensorId id) const {
  Check(tensor_of_[AsSize(id)] >= 0, "a tensor is read before it is written");
  return tensor_of_[AsSize(id)];
}

int32_t Lowering::AddTensor(const std::string& name, const Extent& extent,
                            const Qparams& q) {
  core::TensorSpec spec{name,         extent.channels, extent.height,
                        extent.width, q.type,          q.zero};
  for (const double s : q.scales) spec.scales.push_back(static_cast<float>(s));
  out_.tensors.push_back(std::move(spec));
  return static_cast<int32_t>(out_.tensors.size()) - 1;
}

int32_t Lowering::AddOutput(const QNode& node, const Qparams& q) {
  const TensorId id = node.output;
  const int32_t index = AddTensor(model_.graph.tensors[AsSize(id)].name,
                                  model_.graph.extent(id), q);
  tensor_of_[AsSize(id)] = index;
  return index;
}

core::Activation Lowering::CutLine(const QNode& node,
                                   const Qparams& out) const {
  const ClampedLine line = AsClampedLine(node.function).value();
  const auto code = [&](double real, int32_t otherwise) {
    return std::isinf(real)
               ? otherwise
               : RoundToInt(real / out.scale() + out.zero, out.low, out.high);
  };
  core::Activation activation;
  activation.zero =
      RoundToInt(line.offset / out.scale() + out.zero, -(1 << 24), 1 << 24);
  activation.low = code(line.low, out.low);
  activation.high = code(line.high, out.high);
  if (!(node.function == Function{})) {
    activation.function = FunctionText(node.function);
    activation.pre_scale = static_cast<float>(out.scale());
  }
  return activation;
}

core::Activation Lowering::Table(const QNode& node, const Qparams& pre,
                                 const Qparams& out) const {
  const TableOutput table = {out.scale(), out.zero, out.low, out.high};
  core::Activation activation;
  activation.zero = pre.zero;
  activation.low = pre.low;
  activation.high = pre.high;
  if (pre.bits == 16) {
    activation.kind = core::TableKind::kInterpolate;
    activation.table = FunctionInterpolated(node.function, pre.scale(), table);
  } else {
    activation.kind = core::TableKind::kLookup;
    activation.low = 0;
    activation.high = (1 << pre.bits) - 1;
    activation.table =
        FunctionLookup(node.function, pre.bits, pre.scale(), pre.zero, table);
  }
  activation.function = FunctionText(node.function);
  activation.pre_scale = static_cast<float>(pre.scale());
  return activation;
}

// Where the result of a linear operator goes.
Lowering::Target Lowering::Land(const QNode& node) {
  const Qparams out = OfOutput(node);
  Target target;
  if (node.pre >= 0) {
    const Qparams pre = OfQuantizer(node.pre);
    target.scales = pre.scales;
    target.activation = Table(node, pre, out);
  } else {
    const double slope = AsClampedLine(node.function).value().slope;
    for (const double s : out.scales) target.scales.push_back(s / slope);
    target.activation = CutLine(node, out);
  }
  target.tensor = AddOutput(node, out);
  return target;
}

// A multiplier that there is, or kBadInput.
double Lowering::Ratio(const QNode& node, std::size_t channel,
                       double real) const {
  if (IsMultiplier(real)) return real;
  FailInput("plan",
            fmt::format("the scales around {} (channel {}) have a ratio of {}, "
                        "expected one in [0, 2^30)",
                        model_.graph.tensors[AsSize(node.value)].name, channel,
                        real));
}

core::Multiplier Lowering::Scale(const QNode& node, std::size_t channel,
                                 double real) const {
  return MakeFloatMultiplier(Ratio(node, channel, real));
}

void Lowering::Fail(const QNode& node, const std::string& why) const {
  FailInput(fmt::format("graph {}, node {}", model_.graph.name, node.name),
            why);
}

std::vector<float> Lowering::ParameterOr(const std::string& name,
                                         std::size_t count,
                                         float otherwise) const {
  return name.empty() ? std::vector<float>(count, otherwise)
                      : model_.Parameter(name).data;
}

std::vector<double> FlooredWeightScales(const WeightPlan& plan,
                                        std::span<const float> bias,
                                        double input_scale) {
  std::vector<double> scales = plan.scales;
  for (std::size_t o = 0; o < scales.size(); ++o) {
    const double floor = std::abs(bias[o]) / (input_scale * kBiasLimit / 2);
    scales[o] = std::max(scales[o], floor);
  }
  return scales;
}

std::vector<double> FlooredValueScales(const QuantizerPlan& plan,
                                       std::span<const float> mix_bias) {
  std::vector<double> scales = plan.scales;
  for (std::size_t c = 0; c < scales.size(); ++c) {
    const double floor =
        std::abs(mix_bias[c]) * core::kProbabilityOne / (kBiasLimit / 2);
    scales[c] = std::max(scales[c], floor);
  }
  return scales;
}

void QuantizeChannel(std::span<const float> weights, double scale,
                     int32_t limit, int8_t* codes) {
  for (std::size_t n = 0; n < weights.size(); ++n) {
    codes[n] =
        static_cast<int8_t>(RoundToInt(weights[n] / scale, -limit, limit));
  }
}

core::IntegerGraph Lower(const Model& folded, const Plan& plan) {
  return Lowering(folded, plan).Run();
}

}  // namespace edge_int8

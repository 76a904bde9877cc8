// Lowering of what multiplies: weights with a tensor, and tensors with each
// other. Tested by lower_test.cc and lower_operators_test.cc.
#include <algorithm>
#include <cmath>

#include "src/base/error.h"
#include "src/qgraph/function_table.h"
#include "src/qgraph/lower.h"
#include "src/qgraph/lowering.h"
#include "src/qgraph/multiplier.h"

namespace edge_int8 {
namespace {

constexpr int32_t kMostBias = (1 << 30) - 1;

}  // namespace

// One weight parameter in integers.
struct Lowering::Rows {
  int bits = 8;
  std::vector<double> scales;
  std::vector<int8_t> codes;
  std::vector<int32_t> bias;
};

Lowering::Rows Lowering::QuantizeRows(const std::string& name,
                                      std::span<const float> bias,
                                      double in_scale) const {
  const Tensor& weight = model_.Parameter(name);
  const WeightPlan& plan = plan_.weights.at(name);
  Rows rows{plan.bits, FlooredWeightScales(plan, bias, in_scale), {}, {}};
  rows.codes.resize(weight.data.size());
  const std::size_t row = weight.data.size() / rows.scales.size();
  for (std::size_t o = 0; o < rows.scales.size(); ++o) {
    QuantizeChannel(std::span(weight.data).subspan(o * row, row),
                    rows.scales[o], WeightLimit(plan.bits),
                    rows.codes.data() + o * row);
    rows.bias.push_back(RoundToInt(bias[o] / (in_scale * rows.scales[o]),
                                   -kMostBias, kMostBias));
  }
  return rows;
}

void Lowering::Lower(const QNode& node, const QConv& q) {
  const Conv& conv = q.conv;
  const Qparams in = OfInput(node, 0);
  Target target = q.qkv ? LandQkv(node) : Land(node);
  const std::vector<float> bias =
      ParameterOr(conv.bias, AsSize(conv.out_channels), 0);
  Rows rows = QuantizeRows(conv.weight, bias, in.scale());
  core::ConvOp op;
  op.input = At(node.inputs[0]);
  op.output = target.tensor;
  op.geometry = {conv.kernel_h,  conv.kernel_w,   conv.stride_h,
                 conv.stride_w,  conv.dilation_h, conv.dilation_w,
                 conv.pad_top,   conv.pad_bottom, conv.pad_left,
                 conv.pad_right, conv.groups};
  op.weight_bits = rows.bits;
  op.weights = std::move(rows.codes);
  op.bias = std::move(rows.bias);
  op.activation = std::move(target.activation);
  for (std::size_t o = 0; o < rows.scales.size(); ++o) {
    const double unit = in.scale() * rows.scales[o];
    op.scale.push_back(Scale(node, o, unit / target.scale(o)));
  }
  out_.ops.emplace_back(std::move(op));
}

Lowering::Target Lowering::LandQkv(const QNode& node) {
  Target target;
  for (int part = 0; part < 3; ++part) {
    const Quantizer& quantizer = qgraph_.quantizers[AsSize(node.stored + part)];
    const std::vector<double> scales = QkvScales(node.output, part);
    for (int c = 0; c < quantizer.channels; ++c) {
      target.scales.push_back(
          scales[AsSize(c / (quantizer.channels / quantizer.scales))]);
    }
  }
  target.activation = {0, -127, 127, core::TableKind::kNone, {}};
  target.tensor =
      AddOutput(node, {target.scales, 0, -127, 127, 8, core::Type::kS8});
  return target;
}

// Scales of q (part 0), k (1) or v (2, floored for the mix's bias).
std::vector<double> Lowering::QkvScales(TensorId qkv, int part) const {
  const int first = qgraph_.of_tensor[AsSize(qkv)];
  const Quantizer& quantizer = qgraph_.quantizers[AsSize(first + part)];
  const QuantizerPlan& plan = plan_.quantizers.at(quantizer.name);
  if (quantizer.role != QuantizerRole::kValue) return plan.scales;
  return FlooredValueScales(
      plan, ParameterOr(AttentionOf(qkv).bias, plan.scales.size(), 0));
}

const QAttention& Lowering::AttentionOf(TensorId qkv) const {
  for (const QNode& node : qgraph_.nodes) {
    const auto* attention = std::get_if<QAttention>(&node.op);
    if (attention != nullptr && node.inputs[0] == qkv) return *attention;
  }
  FailInput("graph " + model_.graph.name, "attention scores without a mix");
}

void Lowering::Lower(const QNode& node, const QAttention& q) {
  const TensorId qkv = node.inputs[0];
  const std::vector<double> query = QkvScales(qkv, 0);
  const std::vector<double> key = QkvScales(qkv, 1);
  const std::vector<double> value = QkvScales(qkv, 2);
  const std::vector<float> bias = ParameterOr(q.bias, value.size(), 0);
  core::AttentionOp op;
  op.input = At(qkv);
  op.heads = q.heads;
  op.axis = q.axis == Axis::kWidth ? core::AttentionAxis::kWidth
                                   : core::AttentionAxis::kHeight;
  for (std::size_t h = 0; h < query.size(); ++h) {
    op.logit.push_back(
        Scale(node, h, query[h] * key[h] * std::ldexp(1, core::kExpUnitBits)));
  }
  Target target = Land(node);
  for (std::size_t c = 0; c < value.size(); ++c) {
    const double unit = value[c] / core::kProbabilityOne;
    op.bias.push_back(RoundToInt(bias[c] / unit, -kMostBias, kMostBias));
    op.scale.push_back(Scale(node, c, unit / target.scale(c)));
  }
  op.output = target.tensor;
  op.activation = std::move(target.activation);
  out_.ops.emplace_back(std::move(op));
}

void Lowering::Lower(const QNode& node, const QMatMul&) {
  const double unit = OfInput(node, 0).scale() * OfInput(node, 1).scale();
  Target target = Land(node);
  core::MatMulOp op;
  op.a = At(node.inputs[0]);
  op.b = At(node.inputs[1]);
  op.output = target.tensor;
  op.scale = Scale(node, 0, unit / target.scale());
  op.activation = std::move(target.activation);
  out_.ops.emplace_back(std::move(op));
}

void Lowering::Lower(const QNode& node, const QMultiply&) {
  const double unit = OfInput(node, 0).scale() * OfInput(node, 1).scale();
  Target target = Land(node);
  core::MultiplyOp op;
  op.a = At(node.inputs[0]);
  op.b = At(node.inputs[1]);
  op.output = target.tensor;
  op.scale = Scale(node, 0, unit / target.scale());
  op.activation = std::move(target.activation);
  out_.ops.emplace_back(std::move(op));
}

void Lowering::Lower(const QNode& node, const QRecurrent& q) {
  const Recurrent& layer = q.recurrent;
  const Qparams in = OfInput(node, 0);
  const std::size_t count = AsSize(GateCount(layer.kind) * layer.hidden);
  Rows input = QuantizeRows(
      layer.input_weight, ParameterOr(layer.input_bias, count, 0), in.scale());
  Rows recurrent =
      QuantizeRows(layer.recurrent_weight,
                   ParameterOr(layer.recurrent_bias, count, 0), kUnitScale);
  core::RecurrentOp op;
  op.input = At(node.inputs[0]);
  op.kind = static_cast<core::RecurrentKind>(layer.kind);
  op.reverse = layer.reverse;
  op.weight_bits = std::max(input.bits, recurrent.bits);
  const double state = std::ldexp(1, core::kStateBits);
  for (std::size_t row = 0; row < count; ++row) {
    op.input_scale.push_back(
        Scale(node, row, in.scale() * input.scales[row] * state));
    op.recurrent_scale.push_back(
        Scale(node, row, kUnitScale * recurrent.scales[row] * state));
  }
  op.input_weights = std::move(input.codes);
  op.recurrent_weights = std::move(recurrent.codes);
  op.input_bias = std::move(input.bias);
  op.recurrent_bias = std::move(recurrent.bias);
  const auto table = [&](FunctionKind kind, int32_t low) {
    return FunctionInterpolated({kind, 0, 0, {}}, 1 / state,
                                {kUnitScale, 0, low, core::kGateOne});
  };
  op.tanh = table(FunctionKind::kTanh, -core::kGateOne);
  if (layer.kind != RecurrentKind::kRnn) {
    op.sigmoid = table(FunctionKind::kSigmoid, 0);
  }
  op.output = AddOutput(node, OfOutput(node));
  out_.ops.emplace_back(std::move(op));
}

}  // namespace edge_int8

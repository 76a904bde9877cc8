// Lowering of what treats values one by one, or moves them. Tested by
// lower_test.cc and lower_operators_test.cc.
#include <algorithm>

#include "src/qgraph/clamped_line.h"
#include "src/qgraph/function_table.h"
#include "src/qgraph/lowering.h"
#include "src/qgraph/multiplier.h"

namespace edge_int8 {

void Lowering::Lower(const QNode& node, const QElementwise&) {
  const Qparams in = OfInput(node, 0);
  core::RequantizeOp op;
  op.input = At(node.inputs[0]);
  if (AsClampedLine(node.function)) {
    Target target = Land(node);
    op.output = target.tensor;
    op.scale = Scale(node, 0, in.scale() / target.scale());
    op.activation = std::move(target.activation);
  } else {  // The stored integers are the table's index.
    const Qparams out = OfOutput(node);
    op.scale = MakeMultiplier(1);
    op.activation = Table(node, in, out);
    op.output = AddOutput(node, out);
  }
  out_.ops.emplace_back(std::move(op));
}

void Lowering::Lower(const QNode& node, const QTranspose& q) {
  const int32_t input = At(node.inputs[0]);
  const core::TensorSpec& from = out_.tensors[AsSize(input)];
  Qparams out{{}, from.zero_point, 0, 0, 8, from.type};
  out.scales.assign(from.scales.begin(), from.scales.end());
  core::TransposeOp op;
  op.input = input;
  op.output = AddOutput(node, out);
  std::ranges::copy(q.transpose.order, op.order.begin());
  out_.ops.emplace_back(op);
}

// An input as the output's integers: itself where they share a quantizer.
int32_t Lowering::Converted(const QNode& node, std::size_t index) {
  const TensorId id = node.inputs[index];
  const int32_t input = At(id);
  if (qgraph_.of_tensor[AsSize(id)] == node.stored) return input;
  const Qparams out = OfOutput(node);
  core::RequantizeOp op;
  op.input = input;
  op.scale = Scale(node, 0, OfInput(node, index).scale() / out.scale());
  op.activation = {out.zero, out.low, out.high, core::TableKind::kNone, {}};
  op.output = AddTensor(model_.graph.tensors[AsSize(id)].name + " for " +
                            model_.graph.tensors[AsSize(node.output)].name,
                        model_.graph.extent(id), out);
  const int32_t output = op.output;
  out_.ops.emplace_back(std::move(op));
  return output;
}

void Lowering::Lower(const QNode& node, const QMove& q) {
  const Qparams out = OfOutput(node);
  std::vector<int32_t> inputs;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const auto same = std::ranges::find(node.inputs, node.inputs[i]);
    const auto first = AsSize(same - node.inputs.begin());
    inputs.push_back(first < i ? inputs[first] : Converted(node, i));
  }
  core::MoveOp op;
  op.fill = RoundToInt(q.move.fill / out.scale() + out.zero, out.low, out.high);
  for (const MoveTerm& term : q.move.terms) {
    core::MoveTerm& made = op.terms.emplace_back();
    made.input = inputs[AsSize(term.input)];
    made.input_offset = term.input_offset;
    made.output_offset = term.output_offset;
    for (const MoveDim& dim : term.dims) {
      made.dims.push_back({dim.extent, dim.input_stride, dim.output_stride});
    }
  }
  op.output = AddOutput(node, out);
  out_.ops.emplace_back(std::move(op));
}

void Lowering::Lower(const QNode& node, const QConstant& q) {
  const Qparams out = OfOutput(node);
  core::ConstantOp op;
  for (const float value : model_.Parameter(q.value).data) {
    const double real = FunctionValue(node.function, value);
    op.values.push_back(static_cast<int16_t>(
        RoundToInt(real / out.scale() + out.zero, out.low, out.high)));
  }
  op.output = AddOutput(node, out);
  out_.ops.emplace_back(std::move(op));
}

}  // namespace edge_int8

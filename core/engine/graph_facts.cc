#include "core/engine/graph_facts.h"

#include <algorithm>

#include "core/container/op_tensors.h"
#include "core/container/overload.h"

namespace edge_int8::core {
namespace {

const TensorSpec& Spec(const IntegerGraph& graph, int32_t tensor) {
  return graph.tensors[static_cast<std::size_t>(tensor)];
}

int64_t Places(const TensorSpec& spec) {
  return int64_t{1} * spec.height * spec.width;
}

int64_t Readers(const IntegerGraph& graph, int32_t tensor) {
  int64_t readers = graph.output == tensor ? 1 : 0;
  for (const IntegerOp& any : graph.ops) {
    const std::vector<int32_t> inputs = InputsOf(any);
    readers += std::count(inputs.begin(), inputs.end(), tensor);
  }
  return readers;
}

}  // namespace

int64_t CountMacs(const IntegerGraph& graph, const IntegerOp& any) {
  return std::visit(
      Overload{
          [&](const ConvOp& op) {
            return static_cast<int64_t>(op.weights.size()) *
                   Places(Spec(graph, op.output));
          },
          [&](const AttentionOp& op) {
            const TensorSpec& in = Spec(graph, op.input);
            const int64_t length =
                op.axis == AttentionAxis::kWidth ? in.width : in.height;
            return 2 * length * (in.channels / 3) * Places(in);
          },
          [&](const MatMulOp& op) {
            return Spec(graph, op.a).size() * Spec(graph, op.output).channels;
          },
          [&](const RecurrentOp& op) {
            const auto weights =
                op.input_weights.size() + op.recurrent_weights.size();
            return static_cast<int64_t>(weights) *
                   Places(Spec(graph, op.output));
          },
          // None of these has products of sums.
          [](const AddOp&) { return int64_t{0}; },
          [](const PoolOp&) { return int64_t{0}; },
          [](const TransposeOp&) { return int64_t{0}; },
          [](const RequantizeOp&) { return int64_t{0}; },
          [](const MultiplyOp&) { return int64_t{0}; },
          [](const SoftmaxOp&) { return int64_t{0}; },
          [](const NormalizeOp&) { return int64_t{0}; },
          [](const WindowPoolOp&) { return int64_t{0}; },
          [](const MoveOp&) { return int64_t{0}; },
          [](const ResizeOp&) { return int64_t{0}; },
          [](const ConstantOp&) { return int64_t{0}; },
      },
      any);
}

int64_t CountMacs(const IntegerGraph& graph) {
  int64_t macs = 0;
  for (const IntegerOp& op : graph.ops) macs += CountMacs(graph, op);
  return macs;
}

const AddOp* FusableSum(const IntegerGraph& graph, std::size_t n) {
  const auto* conv = std::get_if<ConvOp>(&graph.ops[n]);
  if (conv == nullptr || n + 1 == graph.ops.size()) return nullptr;
  const auto* add = std::get_if<AddOp>(&graph.ops[n + 1]);
  if (add == nullptr || add->terms.size() != 2) return nullptr;
  if (conv->activation.kind != TableKind::kNone) return nullptr;
  for (const AddTerm& term : add->terms) {
    const TensorSpec& spec = Spec(graph, term.tensor);
    const bool whole = spec.size() == Spec(graph, add->output).size();
    if (term.rescale || term.negate || !whole || spec.type != Type::kS16) {
      return nullptr;
    }
  }
  const bool reads = add->terms[0].tensor == conv->output ||
                     add->terms[1].tensor == conv->output;
  return reads && Readers(graph, conv->output) == 1 ? add : nullptr;
}

}  // namespace edge_int8::core

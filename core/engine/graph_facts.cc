#include "core/engine/graph_facts.h"

namespace edge_int8::core {
namespace {

const TensorSpec& Spec(const IntegerGraph& graph, int32_t tensor) {
  return graph.tensors[static_cast<std::size_t>(tensor)];
}

int32_t Readers(const IntegerGraph& graph, int32_t tensor) {
  int32_t readers = graph.output == tensor ? 1 : 0;
  for (const IntegerOp& any : graph.ops) {
    if (const auto* add = std::get_if<AddOp>(&any)) {
      for (const AddTerm& term : add->terms) readers += term.tensor == tensor;
    } else {
      readers += std::visit(
          [&](const auto& op) {
            if constexpr (requires { op.input; }) return op.input == tensor;
            return false;
          },
          any);
    }
  }
  return readers;
}

}  // namespace

int64_t CountMacs(const IntegerGraph& graph, const IntegerOp& any) {
  if (const auto* conv = std::get_if<ConvOp>(&any)) {
    const TensorSpec& out = Spec(graph, conv->output);
    return static_cast<int64_t>(conv->weights.size()) * out.height * out.width;
  }
  if (const auto* attention = std::get_if<AttentionOp>(&any)) {
    const TensorSpec& in = Spec(graph, attention->input);
    const int64_t length =
        attention->axis == AttentionAxis::kWidth ? in.width : in.height;
    return 2 * length * (in.channels / 3) * in.height * in.width;
  }
  return 0;
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
    if (term.rescale || Spec(graph, term.tensor).type != Type::kS16) {
      return nullptr;
    }
  }
  const bool reads = add->terms[0].tensor == conv->output ||
                     add->terms[1].tensor == conv->output;
  return reads && Readers(graph, conv->output) == 1 ? add : nullptr;
}

}  // namespace edge_int8::core

#include "core/container/format_version.h"

#include <algorithm>

#include "core/container/overload.h"

namespace edge_int8::core {
namespace {

const TensorSpec& TensorOf(const IntegerGraph& graph, int32_t id) {
  return graph.tensors[static_cast<std::size_t>(id)];
}

bool IsFirst(const Activation& activation) {
  return activation.function.empty() && activation.pre_scale == 0;
}

bool SameExtent(const TensorSpec& a, const TensorSpec& b) {
  return a.channels == b.channels && a.height == b.height && a.width == b.width;
}

bool IsFirst(const IntegerGraph& graph, const AddOp& op) {
  const auto is_first = [&](const AddTerm& term) {
    return !term.negate &&
           SameExtent(TensorOf(graph, term.tensor), TensorOf(graph, op.output));
  };
  return IsFirst(op.activation) && std::ranges::all_of(op.terms, is_first);
}

bool IsFirst(const IntegerGraph& graph, const IntegerOp& any) {
  return std::visit(
      Overload{
          [](const ConvOp& op) {
            return IsFirst(op.activation) && op.weight_bits >= 4;
          },
          [&](const AddOp& op) { return IsFirst(graph, op); },
          [](const AttentionOp& op) { return IsFirst(op.activation); },
          [](const PoolOp&) { return true; },
          [](const TransposeOp&) { return true; },
          [](const auto&) { return false; },  // whatever came later
      },
      any);
}

}  // namespace

uint32_t FormatVersion(const IntegerGraph& graph) {
  const bool tensors = std::ranges::all_of(
      graph.tensors, [](const TensorSpec& t) { return t.scales.empty(); });
  const bool ends = graph.tensors[0].zero_point == 0 &&
                    TensorOf(graph, graph.output).type == Type::kS32 &&
                    graph.input_shape.empty() && graph.output_shape.empty();
  const bool ops = std::ranges::all_of(
      graph.ops, [&](const IntegerOp& op) { return IsFirst(graph, op); });
  return tensors && ends && ops ? 1 : 2;
}

}  // namespace edge_int8::core

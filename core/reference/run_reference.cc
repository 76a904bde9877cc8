#include "core/reference/run_reference.h"

#include "core/container/op_tensors.h"
#include "core/container/overload.h"

namespace edge_int8::core {

Values RunReferenceOperator(const IntegerGraph& graph, const IntegerOp& any,
                            const std::vector<Values>& tensors) {
  const auto at = [&](int32_t id) -> const Values& {
    return tensors[static_cast<std::size_t>(id)];
  };
  return std::visit(
      Overload{
          [&](const ConvOp& op) {
            return ReferenceConv(graph, op, at(op.input));
          },
          [&](const AddOp& op) { return ReferenceAdd(graph, op, tensors); },
          [&](const AttentionOp& op) {
            return ReferenceAttention(graph, op, at(op.input));
          },
          [&](const PoolOp& op) {
            return ReferencePool(graph, op, at(op.input));
          },
          [&](const TransposeOp& op) {
            return ReferenceTranspose(graph, op, at(op.input));
          },
          [&](const RequantizeOp& op) {
            return ReferenceRequantize(graph, op, tensors);
          },
          [&](const MultiplyOp& op) {
            return ReferenceMultiply(graph, op, tensors);
          },
          [&](const MatMulOp& op) {
            return ReferenceMatMul(graph, op, tensors);
          },
          [&](const SoftmaxOp& op) {
            return ReferenceSoftmax(graph, op, tensors);
          },
          [&](const NormalizeOp& op) {
            return ReferenceNormalize(graph, op, tensors);
          },
          [&](const WindowPoolOp& op) {
            return ReferenceWindowPool(graph, op, tensors);
          },
          [&](const MoveOp& op) { return ReferenceMove(graph, op, tensors); },
          [&](const ResizeOp& op) {
            return ReferenceResize(graph, op, tensors);
          },
          [&](const RecurrentOp& op) {
            return ReferenceRecurrent(graph, op, tensors);
          },
          [&](const ConstantOp& op) { return ReferenceConstant(op); },
      },
      any);
}

std::vector<Values> RunReference(const IntegerGraph& graph,
                                 std::span<const uint8_t> input) {
  std::vector<Values> tensors(graph.tensors.size());
  tensors[0].assign(input.begin(), input.end());
  for (const IntegerOp& any : graph.ops) {
    tensors[static_cast<std::size_t>(OutputOf(any))] =
        RunReferenceOperator(graph, any, tensors);
  }
  return tensors;
}

}  // namespace edge_int8::core

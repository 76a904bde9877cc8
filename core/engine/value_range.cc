#include "core/engine/value_range.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "core/container/op_tensors.h"
#include "core/container/overload.h"
#include "core/engine/accumulator_range.h"

namespace edge_int8::core {
namespace {

constexpr int32_t kLargestWord = 32768;

// What an activation lets through or looks up.
int32_t LargestOf(const Activation& activation) {
  if (activation.kind == TableKind::kNone) {
    return std::max(std::abs(activation.low), std::abs(activation.high));
  }
  int32_t largest = 0;
  for (const int16_t value : activation.table) {
    largest = std::max(largest, std::abs(int32_t{value}));
  }
  return largest;
}

// Of an attention that stores its sums: the clamp of the furthest ones, which
// may itself lie far out.
int32_t LargestMix(const IntegerGraph& graph, const AttentionOp& op) {
  const TensorSpec& in = graph.tensors[static_cast<std::size_t>(op.input)];
  const int32_t length =
      op.axis == AttentionAxis::kWidth ? in.width : in.height;
  const std::vector<int64_t> accumulators = LargestAccumulators(op, length);
  const Activation& a = op.activation;
  int32_t largest = 0;
  for (std::size_t c = 0; c < accumulators.size(); ++c) {
    const auto acc = static_cast<int32_t>(accumulators[c]);
    for (const int32_t end : {acc, -acc}) {
      const int64_t value = Requantize(end, op.scale[c]) + a.zero;
      largest = std::max(largest, std::abs(Clamp(value, a.low, a.high)));
    }
  }
  return largest;
}

// Values of what an operator writes; of those that only move values, what
// they move. Each tensor is looked at once: a chain of concatenations of a
// tensor with itself would else take time exponential in its length.
class LargestValues {
 public:
  explicit LargestValues(const IntegerGraph& graph) : graph_(graph) {}

  int32_t Of(int32_t tensor) {
    const auto known = known_.find(tensor);
    if (known != known_.end()) return known->second;
    int32_t largest = kLargestWord;
    for (const IntegerOp& op : graph_.ops) {
      if (OutputOf(op) == tensor) largest = OfOutput(op);
    }
    return known_[tensor] = largest;
  }

 private:
  int32_t OfOutput(const IntegerOp& any) {
    return std::visit(
        Overload{
            [&](const AttentionOp& op) {
              return op.activation.kind == TableKind::kNone
                         ? LargestMix(graph_, op)
                         : LargestOf(op.activation);
            },
            [](const ConvOp& op) { return LargestOf(op.activation); },
            [](const AddOp& op) { return LargestOf(op.activation); },
            [](const RequantizeOp& op) { return LargestOf(op.activation); },
            [](const MultiplyOp& op) { return LargestOf(op.activation); },
            [](const MatMulOp& op) { return LargestOf(op.activation); },
            [](const NormalizeOp& op) { return LargestOf(op.activation); },
            [](const ResizeOp& op) { return LargestOf(op.activation); },
            [&](const WindowPoolOp& op) {
              return op.kind == PoolKind::kMax ? Of(op.input)
                                               : LargestOf(op.activation);
            },
            [&](const TransposeOp& op) { return Of(op.input); },
            [&](const MoveOp& op) {
              int32_t largest = std::abs(op.fill);
              for (const MoveTerm& term : op.terms) {
                largest = std::max(largest, Of(term.input));
              }
              return largest;
            },
            [](const SoftmaxOp&) { return kProbabilityOne; },
            [](const ConstantOp& op) {
              int32_t largest = 0;
              for (const int16_t value : op.values) {
                largest = std::max(largest, std::abs(int32_t{value}));
              }
              return largest;
            },
            // Of 32 bits, and of a state that uses all 16.
            [](const PoolOp&) { return kLargestWord; },
            [](const RecurrentOp&) { return kLargestWord; },
        },
        any);
  }

  const IntegerGraph& graph_;
  std::map<int32_t, int32_t> known_;
};

}  // namespace

int32_t LargestValue(const IntegerGraph& graph, int32_t tensor) {
  return LargestValues(graph).Of(tensor);
}

}  // namespace edge_int8::core

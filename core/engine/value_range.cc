#include "core/engine/value_range.h"

#include <algorithm>
#include <cstdlib>

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

}  // namespace

int32_t LargestValue(const IntegerGraph& graph, int32_t tensor) {
  for (const IntegerOp& any : graph.ops) {
    if (const auto* transpose = std::get_if<TransposeOp>(&any)) {
      if (transpose->output == tensor) {
        return LargestValue(graph, transpose->input);
      }
    } else if (const auto* attention = std::get_if<AttentionOp>(&any)) {
      if (attention->output != tensor) continue;
      return attention->activation.kind == TableKind::kNone
                 ? LargestMix(graph, *attention)
                 : LargestOf(attention->activation);
    } else if (const auto* conv = std::get_if<ConvOp>(&any)) {
      if (conv->output == tensor) return LargestOf(conv->activation);
    } else if (const auto* add = std::get_if<AddOp>(&any)) {
      if (add->output == tensor) return LargestOf(add->activation);
    }
  }
  return kLargestWord;
}

}  // namespace edge_int8::core

#include <array>
#include <cstdlib>

#include "core/container/graph_checker.h"
#include "core/container/validate.h"

namespace edge_int8::core {

bool GraphChecker::CheckAddTerms(const AddOp& op) {
  std::vector<int32_t> inputs;
  int64_t bound = 0;
  for (std::size_t i = 0; i < op.terms.size(); ++i) {
    const AddTerm& term = op.terms[i];
    const auto item = static_cast<int32_t>(i);
    if (!CanRead(term.tensor)) return false;
    const TensorSpec& in = tensor(term.tensor);
    ValueRange values = range(term.tensor);
    const bool type_fits = term.rescale ? in.type != Type::kS32  //
                                        : in.type == Type::kS16;
    if (!Require(type_fits, Status::kOperandType, item)) return false;
    if (term.rescale) {
      if (!CheckMultiplier(term.scale)) return false;
      values = RequantizeRange(
          {values.low - in.zero_point, values.high - in.zero_point},
          term.scale);
    }
    // Added one by one: a term alone can be 2^61.
    bound += values.Reach(0);
    if (!Require(bound < kInt32Limit, Status::kAccumulatorRange, item)) {
      return false;
    }
    inputs.push_back(term.tensor);
  }
  return CheckBroadcast(inputs, op.output);
}

bool GraphChecker::CheckOp(const AddOp& op) {
  ValueRange written;
  const std::size_t terms = op.terms.size();
  return IsTensor(op.output) &&
         Require(terms >= 2 && terms <= kMaxAddTerms, Status::kTermCount) &&
         Require(op.fraction_bits >= 1 && op.fraction_bits <= kMaxFractionBits,
                 Status::kFractionBits) &&
         CheckStoredType(op.output) && CheckAddTerms(op) &&
         AddWork(tensor(op.output).size() * static_cast<int64_t>(terms)) &&
         CheckActivation(op.activation, op.output, &written) &&
         Write(op.output, written);
}

// The logits' largest difference is twice the largest logit. The mix stays in
// 32 bits by the bias alone: probabilities of a row sum to at most 32767 +
// length, so |mix| <= 2^30 + 127 * (32767 + 256).
// Kernels may add 128 to queries or to keys.
bool GraphChecker::CheckAttentionRanges(const AttentionOp& op) {
  static_assert(kBiasLimit + 127 * (kProbabilityOne + kMaxSoftmaxRow) <
                kInt32Limit);
  const int64_t per_head = tensor(op.input).channels / 3 / op.heads;
  return Require(range(op.input).Reach(0) <= 127, Status::kOperandRange) &&
         Require(per_head * 255 * 128 < kInt32Limit, Status::kAccumulatorRange);
}

bool GraphChecker::CheckOp(const AttentionOp& op) {
  ValueRange written;
  if (!CanRead(op.input) || !IsTensor(op.output)) return false;
  const TensorSpec& in = tensor(op.input);
  const int32_t channels = in.channels / 3;
  const bool along_width = op.axis == AttentionAxis::kWidth;
  const int64_t length = along_width ? in.width : in.height;
  const auto count = static_cast<std::size_t>(channels);
  return Require(in.type == Type::kS8, Status::kOperandType, op.input) &&
         CheckStoredType(op.output) &&
         Require(op.axis <= AttentionAxis::kWidth, Status::kAxisOrder) &&
         Require(op.heads >= 1 && channels >= 1 && in.channels % 3 == 0 &&
                     channels % op.heads == 0,
                 Status::kHeadCount) &&
         Require(length <= kMaxSoftmaxRow, Status::kRowLength) &&
         CheckExtent(op.output, channels, in.height, in.width) &&
         CheckMultipliers(op.logit, static_cast<std::size_t>(op.heads)) &&
         CheckBias(op.bias, count) && CheckMultipliers(op.scale, count) &&
         CheckAttentionRanges(op) &&
         AddWork(2 * tensor(op.output).size() * length) &&
         CheckActivation(op.activation, op.output, &written) &&
         Write(op.output, written);
}

// What each bin can sum to, and all bins together as the tensor's range.
bool GraphChecker::CheckBins(const PoolOp& op) {
  const TensorSpec& in = tensor(op.input);
  const ValueRange values = range(op.input);
  ValueRange all = {0, 0};
  for (int32_t bin = 0; bin < op.bins; ++bin) {
    const int64_t begin = int64_t{bin} * in.height / op.bins;
    const int64_t end = (int64_t{bin + 1} * in.height + op.bins - 1) / op.bins;
    const int64_t count = (end - begin) * in.width;
    ValueRange sum = {count * values.low, count * values.high};
    // |sum| covers the partial sums too: with mixed signs they are inside the
    // range that starts at 0.
    if (!Require(sum.Reach(0) < kInt32Limit, Status::kAccumulatorRange, bin)) {
      return false;
    }
    if (!op.bin_scale.empty()) {
      sum = RequantizeRange(sum, op.bin_scale[static_cast<std::size_t>(bin)]);
      if (!Require(sum.Reach(0) < kInt32Limit, Status::kAccumulatorRange,
                   bin)) {
        return false;
      }
    }
    all = {std::min(all.low, sum.low), std::max(all.high, sum.high)};
  }
  return Write(op.output, all);
}

bool GraphChecker::CheckOp(const PoolOp& op) {
  if (!CanRead(op.input) || !IsTensor(op.output)) return false;
  const TensorSpec& in = tensor(op.input);
  const bool type_fits =
      in.type == Type::kS16 || (in.type == Type::kU8 && in.zero_point == 0);
  // Bin edges are computed in int32.
  const bool small = op.bins >= 1 &&
                     (int64_t{op.bins} + 1) * in.height < kInt32Limit - op.bins;
  const std::size_t scales =
      op.bin_scale.empty() ? 0 : static_cast<std::size_t>(op.bins);
  return Require(type_fits, Status::kOperandType, op.input) &&
         Require(tensor(op.output).type == Type::kS32, Status::kResultType,
                 op.output) &&
         Require(small, Status::kBinCount) &&
         CheckExtent(op.output, in.channels, op.bins, 1) &&
         CheckMultipliers(op.bin_scale, scales) &&
         // Bins overlap by less than two rows each.
         AddWork(in.size() + 2 * tensor(op.output).size() * in.width) &&
         CheckBins(op);
}

bool GraphChecker::TurnLineSums(const TransposeOp& op) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    line_sums(op.output)[axis] =
        line_sums(op.input)[static_cast<std::size_t>(op.order[axis])];
  }
  return true;
}

bool GraphChecker::CheckOp(const TransposeOp& op) {
  if (!CanRead(op.input) || !IsTensor(op.output)) return false;
  const TensorSpec& in = tensor(op.input);
  const TensorSpec& out = tensor(op.output);
  std::array<int32_t, 3> sorted = op.order;
  std::ranges::sort(sorted);
  const std::array<int64_t, 3> from = {in.channels, in.height, in.width};
  const auto extent = [&](std::size_t axis) {
    return from[static_cast<std::size_t>(op.order[axis])];
  };
  return Require(sorted == std::array<int32_t, 3>{0, 1, 2},
                 Status::kAxisOrder) &&
         Require(out.type == in.type, Status::kResultType, op.output) &&
         Require(out.zero_point == in.zero_point, Status::kBadZeroPoint,
                 op.output) &&
         CheckExtent(op.output, extent(0), extent(1), extent(2)) &&
         Write(op.output, range(op.input)) && TurnLineSums(op);
}

}  // namespace edge_int8::core

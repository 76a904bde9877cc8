// The rules of the operators that compute values from values: other scales,
// products, softmax, norms, constants.
#include <cstdlib>

#include "core/container/graph_checker.h"
#include "core/container/validate.h"

namespace edge_int8::core {

bool GraphChecker::CheckOp(const RequantizeOp& op) {
  ValueRange written;
  if (!CanReadStored(op.input) || !IsTensor(op.output)) return false;
  const TensorSpec& in = tensor(op.input);
  return CheckStoredType(op.output) && CheckMultiplier(op.scale) &&
         CheckExtent(op.output, in.channels, in.height, in.width) &&
         AddWork(in.size()) &&
         CheckActivation(op.activation, op.output, &written) &&
         Write(op.output, written);
}

// Two 16-bit values make at most 2^30.
bool GraphChecker::CheckOp(const MultiplyOp& op) {
  ValueRange written;
  if (!CanReadStored(op.a) || !CanReadStored(op.b) || !IsTensor(op.output)) {
    return false;
  }
  const std::array<int32_t, 2> inputs = {op.a, op.b};
  return CheckStoredType(op.output) && CheckMultiplier(op.scale) &&
         CheckBroadcast(inputs, op.output) &&
         AddWork(tensor(op.output).size()) &&
         CheckActivation(op.activation, op.output, &written) &&
         Write(op.output, written);
}

// |sum of a' * b'|, in any order, is at most the sum of |a'| times max |b'|,
// and the other way round.
bool GraphChecker::CheckOp(const MatMulOp& op) {
  ValueRange written;
  if (!CanReadStored(op.a) || !CanReadStored(op.b) || !IsTensor(op.output)) {
    return false;
  }
  const TensorSpec& a = tensor(op.a);
  const TensorSpec& b = tensor(op.b);
  const bool fits =
      b.channels == a.channels && (b.height == a.height || b.height == 1);
  const int64_t bound = std::min(line_sums(op.a)[0] * Reach(op.b),
                                 line_sums(op.b)[0] * Reach(op.a));
  return Require(fits, Status::kExtentMismatch, op.b) &&
         CheckStoredType(op.output) && CheckMultiplier(op.scale) &&
         CheckExtent(op.output, b.width, a.height, a.width) &&
         Require(bound < kInt32Limit, Status::kAccumulatorRange) &&
         AddWork(tensor(op.output).size() * a.channels) &&
         CheckActivation(op.activation, op.output, &written) &&
         Write(op.output, written);
}

bool GraphChecker::CheckOp(const SoftmaxOp& op) {
  if (!CanReadStored(op.input) || !IsTensor(op.output)) return false;
  const TensorSpec& in = tensor(op.input);
  if (!Require(op.axis >= 0 && op.axis <= 2, Status::kAxisOrder)) return false;
  const std::array<int32_t, 3> extents = {in.channels, in.height, in.width};
  const auto axis = static_cast<std::size_t>(op.axis);
  const bool valid =
      Require(extents[axis] <= kMaxSoftmaxLength, Status::kRowLength) &&
      Require(op.extra_bits >= 0 && op.extra_bits <= kMaxExtraBits,
              Status::kExtraBits) &&
      Require(tensor(op.output).type == Type::kS16, Status::kResultType,
              op.output) &&
      CheckExtent(op.output, in.channels, in.height, in.width) &&
      CheckMultiplier(op.logit) && AddWork(in.size()) &&
      Write(op.output, {0, kProbabilityOne});
  if (!valid) return false;
  int64_t& sum = line_sums(op.output)[axis];
  sum = std::min(sum, SoftmaxRowSum(extents[axis], op.extra_bits));
  return true;
}

// `count` values are normalized together.
bool GraphChecker::CheckGains(const NormalizeOp& op, int64_t count) {
  const auto channels = static_cast<std::size_t>(tensor(op.input).channels);
  if (!Require(op.gain.size() == channels, Status::kChannelCount) ||
      !CheckBias(op.bias, channels)) {
    return false;
  }
  for (std::size_t c = 0; c < channels; ++c) {
    const int64_t gain = std::abs(int64_t{op.gain[c]});
    const int64_t bound =
        NormalizedReach(count) * gain + std::abs(int64_t{op.bias[c]});
    const auto item = static_cast<int32_t>(c);
    if (!Require(gain <= kMaxGain, Status::kGainRange, item) ||
        !Require(bound < kInt32Limit, Status::kAccumulatorRange, item)) {
      return false;
    }
  }
  return true;
}

// With n * max|x'| at most 2^30, n * Q and S^2 are at most 2^60; and
// |n * x' - S| is at most (n - 1) * (largest - smallest x') < 2^31.
bool GraphChecker::CheckOp(const NormalizeOp& op) {
  ValueRange written;
  if (!CanReadStored(op.input) || !IsTensor(op.output)) return false;
  const TensorSpec& in = tensor(op.input);
  if (!Require(op.over <= NormalizeOver::kGroup, Status::kUnknownKind) ||
      !Require(op.groups >= 1 && in.channels % op.groups == 0,
               Status::kGroupCount)) {
    return false;
  }
  const int64_t places = int64_t{in.height} * in.width;
  const int64_t channels =
      op.over == NormalizeOver::kInstance ? 1 : in.channels / op.groups;
  const int64_t count =
      channels * (op.over == NormalizeOver::kLayer ? 1 : places);
  return Require(count * Reach(op.input) <= kMaxNormalizedSum,
                 Status::kAccumulatorRange) &&
         Require(op.epsilon >= 1 && op.epsilon <= kMaxEpsilon,
                 Status::kEpsilonRange) &&
         CheckStoredType(op.output) && CheckMultiplier(op.scale) &&
         CheckExtent(op.output, in.channels, in.height, in.width) &&
         CheckGains(op, count) && AddWork(2 * in.size()) &&
         CheckActivation(op.activation, op.output, &written) &&
         Write(op.output, written);
}

bool GraphChecker::CheckOp(const ConstantOp& op) {
  if (!IsTensor(op.output) || !CheckStoredType(op.output)) return false;
  const TensorSpec& out = tensor(op.output);
  const auto size = static_cast<int64_t>(op.values.size());
  if (!Require(size == out.size(), Status::kExtentMismatch, op.output)) {
    return false;
  }
  const auto [low, high] = std::ranges::minmax(op.values);
  const ValueRange values = {low, high};
  return Require(TypeRange(out.type).Holds(values), Status::kTableValue,
                 op.output) &&
         Write(op.output, values);
}

}  // namespace edge_int8::core

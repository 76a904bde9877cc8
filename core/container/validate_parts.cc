#include <cmath>
#include <cstdlib>

#include "core/container/graph_checker.h"
#include "core/container/validate.h"

namespace edge_int8::core {

bool IsReal(float scale) { return std::isfinite(scale) && scale > 0; }

ValueRange TypeRange(Type type) {
  switch (type) {
    case Type::kU8:
      return {0, 255};
    case Type::kS8:
      return {-128, 127};
    case Type::kS16:
      return {-32768, 32767};
    case Type::kS32:
      break;
  }
  return {-kInt32Limit, kInt32Limit - 1};
}

bool GraphChecker::IsTensor(int32_t id) {
  const auto count = static_cast<int32_t>(graph_.tensors.size());
  return Require(id >= 0 && id < count, Status::kTensorId, id);
}

bool GraphChecker::CanRead(int32_t id) {
  return IsTensor(id) && Require(written_[static_cast<std::size_t>(id)],
                                 Status::kReadBeforeWrite, id);
}

bool GraphChecker::CanReadStored(int32_t id) {
  return CanRead(id) &&
         Require(tensor(id).type != Type::kS32, Status::kOperandType, id);
}

bool GraphChecker::Write(int32_t id, const ValueRange& range) {
  const auto index = static_cast<std::size_t>(id);
  if (!Require(!written_[index], Status::kWrittenTwice, id)) return false;
  written_[index] = true;
  ranges_[index] = range;
  const TensorSpec& t = tensor(id);
  line_sums_[index] = {t.channels * Reach(id), t.height * Reach(id),
                       t.width * Reach(id)};
  return true;
}

bool GraphChecker::CheckExtent(int32_t id, int64_t channels, int64_t height,
                               int64_t width) {
  const TensorSpec& t = tensor(id);
  return Require(
      t.channels == channels && t.height == height && t.width == width,
      Status::kExtentMismatch, id);
}

bool GraphChecker::CheckBroadcast(std::span<const int32_t> inputs,
                                  int32_t output) {
  using Extents = std::array<int32_t, 3>;
  const auto extents = [&](int32_t id) -> Extents {
    return {tensor(id).channels, tensor(id).height, tensor(id).width};
  };
  const Extents out = extents(output);
  Extents largest = {1, 1, 1};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Extents in = extents(inputs[i]);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (!Require(in[axis] == out[axis] || in[axis] == 1,
                   Status::kExtentMismatch, static_cast<int32_t>(i))) {
        return false;
      }
      largest[axis] = std::max(largest[axis], in[axis]);
    }
  }
  return Require(largest == out, Status::kExtentMismatch, output);
}

bool GraphChecker::CheckStoredType(int32_t id) {
  return Require(tensor(id).type != Type::kS32, Status::kResultType, id);
}

bool GraphChecker::CheckMultipliers(std::span<const Multiplier> scale,
                                    std::size_t count) {
  if (!Require(scale.size() == count, Status::kChannelCount)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const Multiplier m = scale[i];
    const bool valid = (m.mantissa == 0 || m.mantissa >= 1 << 30) &&
                       m.shift >= 1 && m.shift <= 62;
    if (!Require(valid, Status::kMultiplierRange, static_cast<int32_t>(i))) {
      return false;
    }
  }
  return true;
}

bool GraphChecker::CheckBias(std::span<const int32_t> bias, std::size_t count) {
  if (!Require(bias.size() == count, Status::kChannelCount)) return false;
  const auto large = std::ranges::find_if(
      bias, [](int32_t b) { return std::abs(int64_t{b}) >= kBiasLimit; });
  return Require(large == bias.end(), Status::kBiasRange,
                 static_cast<int32_t>(large - bias.begin()));
}

bool GraphChecker::CheckWeights(std::span<const int8_t> weights, int32_t bits) {
  const int limit = (1 << (bits - 1)) - 1;
  const auto wide = std::ranges::find_if(
      weights, [limit](int8_t w) { return std::abs(int{w}) > limit; });
  return Require(wide == weights.end(), Status::kWeightRange,
                 static_cast<int32_t>(wide - weights.begin()));
}

// Every partial sum, in any order, is at most L1(w) * max|x - zero| + |bias|.
bool GraphChecker::CheckRowSums(std::span<const int8_t> weights,
                                std::span<const int32_t> bias, int64_t reach,
                                int64_t together) {
  const std::size_t each = weights.size() / bias.size();
  for (std::size_t row = 0; row < bias.size(); ++row) {
    int64_t l1 = 0;
    int64_t largest = 0;
    for (const int8_t w : weights.subspan(row * each, each)) {
      l1 += std::abs(int64_t{w});
      largest = std::max(largest, std::abs(int64_t{w}));
    }
    const int64_t sum = std::min(l1 * reach, largest * together);
    const int64_t bound = sum + std::abs(int64_t{bias[row]});
    if (!Require(bound < kInt32Limit, Status::kAccumulatorRange,
                 static_cast<int32_t>(row))) {
      return false;
    }
  }
  return true;
}

bool GraphChecker::CheckRealScales(std::span<const float> scales,
                                   std::size_t count) {
  if (scales.empty()) return true;
  return Require(scales.size() == count && std::ranges::all_of(scales, IsReal),
                 Status::kBadScale);
}

bool GraphChecker::CheckActivation(const Activation& a, int32_t id,
                                   ValueRange* range) {
  constexpr std::size_t kShort = 256, kLong = 4096;
  const ValueRange clamp = {a.low, a.high};
  const ValueRange zero = {a.zero, a.zero};
  const ValueRange int16 = TypeRange(Type::kS16);
  if (!Require(a.low <= a.high && int16.Holds(clamp) && int16.Holds(zero) &&
                   a.kind <= TableKind::kInterpolate,
               Status::kActivationRange)) {
    return false;
  }
  const std::size_t size = a.table.size();
  const auto span = static_cast<std::size_t>(a.high - a.low) + 1;
  bool fits = false;
  if (a.kind == TableKind::kNone) fits = size == 0;
  if (a.kind == TableKind::kLookup) {
    fits = size == span && (size == kShort || size == kLong);
  }
  if (a.kind == TableKind::kInterpolate) fits = size == kInterpolateEntries;
  if (!Require(fits, Status::kTableSize) ||
      !Require(a.pre_scale == 0 || IsReal(a.pre_scale), Status::kBadScale)) {
    return false;
  }
  *range = clamp;
  if (a.kind != TableKind::kNone) {
    const auto [low, high] = std::ranges::minmax(a.table);
    *range = {low, high};  // A line between two entries stays between them.
  }
  return Require(TypeRange(tensor(id).type).Holds(*range), Status::kTableValue,
                 id);
}

bool GraphChecker::AddWork(int64_t macs) {
  work_ += macs;
  return Require(work_ <= kMaxMacs, Status::kTooMuchWork);
}

}  // namespace edge_int8::core

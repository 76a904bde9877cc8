#include "core/engine/channel_scales.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace edge_int8::core {
namespace {

// Vector loads may start at the last channel.
std::size_t PartBytes(std::size_t period) {
  return static_cast<std::size_t>(
      RoundUp(static_cast<int64_t>(period + kPanel) * 4,
              static_cast<int64_t>(kCacheLine)));
}

// What is left to shift a product's high word by.
int32_t ShiftOf(const Multiplier& scale) {
  return std::max(scale.shift, 33) - 32;
}

}  // namespace

bool ChannelScales::Adds(const std::vector<Multiplier>& scales, int32_t zero) {
  return std::ranges::all_of(scales, [&](const Multiplier& scale) {
    return scale.mantissa == 0 ||
           (int64_t{std::abs(zero)} << ShiftOf(scale)) < (int64_t{1} << 29);
  });
}

InFloat ChannelScales::HowInFloat(const std::vector<Multiplier>& scales,
                                  const std::vector<int64_t>& largest,
                                  int32_t zero) {
  constexpr int kUnusedBits = 31 - 24;
  double farthest = std::abs(zero);
  for (std::size_t c = 0; c < scales.size(); ++c) {
    const auto [mantissa, shift] = scales[c];
    if (mantissa == 0) continue;
    const int zeros = std::countr_zero(static_cast<uint32_t>(mantissa));
    const int tie = std::clamp(shift - 1 - zeros, 0, 24);
    if (zeros < kUnusedBits || largest[c] >= int64_t{1} << tie) {
      return InFloat::kOther;
    }
    const double value =
        std::ldexp(static_cast<double>(largest[c]) * mantissa, -shift);
    farthest = std::max(farthest, value + std::abs(zero));
  }
  // Rounding moves a value by at most a half.
  if (farthest < 0x1.0p15 - 1) return InFloat::kInt16;
  return farthest < 0x1.0p22 - 1 ? InFloat::kSame : InFloat::kOther;
}

ChannelScales::ChannelScales(const std::vector<Multiplier>& scales,
                             std::size_t period, int32_t zero, InFloat in_float)
    : part_bytes_(PartBytes(period)),
      values_(kParts * part_bytes_),
      in_float_(in_float),
      zero_(zero) {
  std::fill_n(part(kAdd), period, 1 + 2 * zero);
  std::fill_n(part(kShift), period, 1);
  std::fill_n(part(kLimit), period, std::numeric_limits<int32_t>::max());
  for (std::size_t c = 0; c < scales.size(); ++c) {
    if (scales[c].mantissa == 0) continue;  // 0 whatever the shift
    const int32_t s = scales[c].shift;
    const int32_t shift = ShiftOf(scales[c]);
    part(kMantissa)[c] = scales[c].mantissa;
    real()[c] = std::ldexp(static_cast<float>(scales[c].mantissa), -s);
    part(kAdd)[c] = (1 << (shift - 1)) + zero * (1 << shift);
    part(kShift)[c] = shift;
    if (s < 33) {
      small_shifts_ = true;
      part(kLimit)[c] = s >= 13 ? 1 << (s - 13) : 1;
      part(kLeft)[c] = std::min(33 - s, 20);
    }
  }
  std::copy_n(part(kMantissa) + 1, period, part(kNextMantissa));
}

int32_t* ChannelScales::part(Part part) const {
  return reinterpret_cast<int32_t*>(values_.data() + part * part_bytes_);
}

ScaleRow ChannelScales::row(int32_t first) const {
  return {part(kMantissa) + first,
          part(kNextMantissa) + first,
          part(kAdd) + first,
          part(kShift) + first,
          small_shifts_ ? part(kLimit) + first : nullptr,
          small_shifts_ ? part(kLeft) + first : nullptr,
          in_float_ != InFloat::kOther ? real() + first : nullptr,
          kRealAdd + static_cast<float>(zero_),
          in_float_ == InFloat::kInt16};
}

}  // namespace edge_int8::core

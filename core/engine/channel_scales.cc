#include "core/engine/channel_scales.h"

#include <algorithm>
#include <limits>

namespace edge_int8::core {
namespace {

// Vector loads may start at the last channel.
std::size_t PartBytes(std::size_t period) {
  return static_cast<std::size_t>(
      RoundUp(static_cast<int64_t>(period + kPanel) * 4,
              static_cast<int64_t>(kCacheLine)));
}

}  // namespace

ChannelScales::ChannelScales(const std::vector<Multiplier>& scales,
                             std::size_t period)
    : period_(period), values_(kParts * PartBytes(period)) {
  std::fill_n(part(kAdd), period, 1);
  std::fill_n(part(kShift), period, 1);
  std::fill_n(part(kLimit), period, std::numeric_limits<int32_t>::max());
  for (std::size_t c = 0; c < scales.size(); ++c) {
    const int32_t s = scales[c].shift;
    const int32_t raised = std::max(s, 33);
    part(kMantissa)[c] = scales[c].mantissa;
    part(kAdd)[c] = 1 << (raised - 33);
    part(kShift)[c] = raised - 32;
    if (s < 33) {
      small_shifts_ = true;
      part(kLimit)[c] = s >= 13 ? 1 << (s - 13) : 1;
      part(kLeft)[c] = std::min(33 - s, 20);
    }
  }
  std::copy_n(part(kMantissa) + 1, period, part(kNextMantissa));
}

int32_t* ChannelScales::part(Part part) const {
  return reinterpret_cast<int32_t*>(values_.data() + part * PartBytes(period_));
}

ScaleRow ChannelScales::row(int32_t first) const {
  return {part(kMantissa) + first,
          part(kNextMantissa) + first,
          part(kAdd) + first,
          part(kShift) + first,
          small_shifts_ ? part(kLimit) + first : nullptr,
          small_shifts_ ? part(kLeft) + first : nullptr};
}

}  // namespace edge_int8::core

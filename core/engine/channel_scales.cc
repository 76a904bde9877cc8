#include "core/engine/channel_scales.h"

#include <algorithm>
#include <limits>

namespace edge_int8::core {

ChannelScales::ChannelScales(const std::vector<Multiplier>& scales,
                             std::size_t period) {
  const std::size_t size = period + kPadding;
  mantissa_.assign(size, 0);
  add_.assign(size, 1);
  shift_.assign(size, 1);
  limit_.assign(size, std::numeric_limits<int32_t>::max());
  left_.assign(size, 0);
  for (std::size_t c = 0; c < scales.size(); ++c) {
    const int32_t s = scales[c].shift;
    const int32_t raised = std::max(s, 33);
    mantissa_[c] = scales[c].mantissa;
    add_[c] = 1 << (raised - 33);
    shift_[c] = raised - 32;
    if (s < 33) {
      small_shifts_ = true;
      limit_[c] = s >= 13 ? 1 << (s - 13) : 1;
      left_[c] = std::min(33 - s, 20);
    }
  }
}

ScaleRow ChannelScales::row() const {
  return {mantissa_.data(), add_.data(), shift_.data(),
          small_shifts_ ? limit_.data() : nullptr,
          small_shifts_ ? left_.data() : nullptr};
}

}  // namespace edge_int8::core

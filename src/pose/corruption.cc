#include "src/pose/corruption.h"

#include <algorithm>

namespace edge_int8 {

void ValueStatistics::Add(std::span<const float> values) {
  for (const float value : values) {
    const bool is_finite = std::isfinite(value);
    finite += is_finite;
    clipped += is_finite && (value < 0 || value > 1);
    min = std::min(min, is_finite ? value : INFINITY);
    max = std::max(max, is_finite ? value : -INFINITY);
  }
}

void ValueStatistics::Merge(const ValueStatistics& other) {
  finite += other.finite;
  clipped += other.clipped;
  min = std::min(min, other.min);
  max = std::max(max, other.max);
}

}  // namespace edge_int8

// What makes a window corrupt: a value that is not finite; in upstream's
// layout, whose good values are in [0, 1], also one larger than 1.5 in size.
// Tested by corruption_test.cc.
#ifndef EDGE_INT8_SRC_POSE_CORRUPTION_H_
#define EDGE_INT8_SRC_POSE_CORRUPTION_H_

#include <cmath>
#include <cstdint>
#include <span>

namespace edge_int8 {

inline constexpr float kLargestGoodValue = 1.5f;

inline bool IsCorrupt(std::span<const float> values) {
  // Every comparison with NaN is false, so "not within" catches it. Without
  // an early exit the loop runs at the speed of memory.
  int bad = 0;
  for (const float value : values) {
    bad |= static_cast<int>(!(std::fabs(value) <= kLargestGoodValue));
  }
  return bad != 0;
}

inline bool AllFinite(std::span<const float> values) {
  int bad = 0;
  for (const float value : values) {
    bad |= static_cast<int>(!std::isfinite(value));
  }
  return bad == 0;
}

// What one pass over windows finds; pieces add up exactly in any order.
struct ValueStatistics {
  int64_t finite = 0;   // values
  int64_t clipped = 0;  // finite values outside [0, 1]
  float min = INFINITY;
  float max = -INFINITY;

  void Add(std::span<const float> values);
  void Merge(const ValueStatistics& other);
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_CORRUPTION_H_

// The choices behind a random test case: numbers of a seed, or the bytes of a
// fuzzer, which learns from them what a byte decides. Bulk data (weights,
// tables) never takes bytes one by one but a seed of its own.
#ifndef EDGE_INT8_TESTS_TESTING_CHOICES_H_
#define EDGE_INT8_TESTS_TESTING_CHOICES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "src/base/random.h"

namespace edge_int8 {

class Choices {
 public:
  explicit Choices(uint64_t seed) : rng_(seed), seeded_(true) {}
  // Bytes that outlive this; after the last one every choice is the first.
  explicit Choices(std::span<const uint8_t> bytes) : rng_(0), bytes_(bytes) {}

  // In [0, n), n >= 1.
  int32_t Below(int64_t n) {
    if (seeded_)
      return static_cast<int32_t>(rng_.Below(static_cast<uint64_t>(n)));
    uint64_t value = 0;
    for (int64_t top = n - 1; top > 0; top >>= 8) {
      value = value << 8 | NextByte();
    }
    return static_cast<int32_t>(value % static_cast<uint64_t>(n));
  }
  int32_t Between(int32_t low, int32_t high) {
    return low + Below(int64_t{high} - low + 1);
  }
  bool OneIn(int32_t n) { return Below(n) == n - 1; }
  double Uniform(double low, double high) {
    return low + (high - low) * Below(1 << 16) / (1 << 16);
  }
  Rng Bulk() {
    return Rng(seeded_ ? rng_.Next() : static_cast<uint64_t>(Below(1 << 16)));
  }
  bool exhausted() const { return !seeded_ && bytes_.empty(); }

 private:
  uint8_t NextByte() {
    if (bytes_.empty()) return 0;
    const uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }

  Rng rng_;
  std::span<const uint8_t> bytes_;
  bool seeded_ = false;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_CHOICES_H_

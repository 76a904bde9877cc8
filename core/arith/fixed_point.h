// The one rounding rule of this project. Tested by fixed_point_test.cc.
//
//   Requantize(acc, {m, s}) = floor(acc * m / 2^s + 1/2)
//
// Rounds once; ties go up. Every kernel on every CPU returns exactly this.
// Why not round to even: docs/arithmetic.md, "Rounding".
#ifndef EDGE_INT8_CORE_ARITH_FIXED_POINT_H_
#define EDGE_INT8_CORE_ARITH_FIXED_POINT_H_

#include <cstdint>

namespace edge_int8::core {

// The real number mantissa / 2^shift.
struct Multiplier {
  int32_t mantissa = 0;  // in [2^30, 2^31), or 0 for exactly zero
  int32_t shift = 1;     // in [1, 62]
  bool operator==(const Multiplier&) const = default;
};

// |acc| <= 2^31 and mantissa < 2^31, so the product and the half fit 64 bits
// (the half is at most 2^61). The result can be as large as 2^61: clamp it,
// then narrow.
constexpr int64_t Requantize(int32_t acc, Multiplier m) {
  const int64_t half = int64_t{1} << (m.shift - 1);
  return (int64_t{acc} * m.mantissa + half) >> m.shift;
}

// The same rule for a power of two: floor(value / 2^bits + 1/2), bits >= 1.
constexpr int32_t RoundShift(int32_t value, int bits) {
  const int64_t half = int64_t{1} << (bits - 1);
  return static_cast<int32_t>((int64_t{value} + half) >> bits);
}

constexpr int32_t Clamp(int64_t value, int32_t low, int32_t high) {
  if (value < low) return low;
  if (value > high) return high;
  return static_cast<int32_t>(value);
}

static_assert(Requantize(-3, {1 << 30, 31}) == -1);  // -1.5, a tie, goes up
static_assert(Requantize(3, {1 << 30, 31}) == 2);    // 1.5, a tie, goes up
static_assert(RoundShift(-64, 7) == 0);              // -0.5 goes up

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ARITH_FIXED_POINT_H_

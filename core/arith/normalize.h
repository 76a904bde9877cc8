// The integer reciprocal square root, and one normalized value by it: what
// layer, instance, group and RMS norms are made of. The scalar code is the
// specification (docs/arithmetic.md, "Normalization"); tested by
// normalize_test.cc against real arithmetic.
//
// Of n values x' with S = sum x' (0 where not centered) and Q = sum x'^2,
//   V = n * Q - S^2 + epsilon          n^2 times the variance, in [1, 2^62)
//   t = Requantize(n * x' - S, InverseSqrt(V))     2^12 * (x - mean) / sigma
#ifndef EDGE_INT8_CORE_ARITH_NORMALIZE_H_
#define EDGE_INT8_CORE_ARITH_NORMALIZE_H_

#include <cstdint>

#include "core/arith/fixed_point.h"

namespace edge_int8::core {

inline constexpr int kNormalizedBits =
    12;  // t counts 2^-12 standard deviations
// The largest n * max|x'|, so that S^2 and n * Q are at most 2^60; and the
// largest epsilon.
inline constexpr int64_t kMaxNormalizedSum = int64_t{1} << 30;
inline constexpr int64_t kMaxEpsilon = int64_t{1} << 60;

// floor(sqrt(value)), bit by bit: any other way is as good, the result is one.
constexpr uint32_t IntegerSqrt(uint64_t value) {
  uint64_t root = 0;
  for (uint64_t bit = uint64_t{1} << 31; bit != 0; bit >>= 1) {
    const uint64_t next = root | bit;
    if (next * next <= value) root = next;
  }
  return static_cast<uint32_t>(root);
}

// 2^12 / sqrt(V) as a multiplier, at most 2^-30 of it away. V in [1, 2^62).
// With k such that v = floor(V / 4^k) has 31 or 32 bits,
//   s = floor(sqrt(v * 2^32))         in [2^31, 2^32)
//   m = floor((2^62 - 1) / s)         in [2^30, 2^31)
//   2^12 / sqrt(V) = m / 2^(34 + k)   k in [-15, 15]
// The two floors of v and s, and that of m, are each worth 2^-30 at most, in
// opposite directions.
constexpr Multiplier InverseSqrt(int64_t variance) {
  auto v = static_cast<uint64_t>(variance);
  int32_t k = 0;
  while (v >= uint64_t{1} << 32) {
    v >>= 2;
    ++k;
  }
  while (v < uint64_t{1} << 30) {
    v <<= 2;
    --k;
  }
  const uint32_t s = IntegerSqrt(v << 32);
  const uint64_t m = ((uint64_t{1} << 62) - 1) / s;
  return {static_cast<int32_t>(m), 34 + k};
}

// |t| is at most this: no value is further than sqrt(n - 1) standard deviations
// from the mean of n (sqrt(n) from 0), and t rounds once. n in [1, 2^30].
constexpr int64_t NormalizedReach(int64_t n) {
  return int64_t{
             IntegerSqrt(static_cast<uint64_t>(n) << (2 * kNormalizedBits))} +
         2;
}

static_assert(IntegerSqrt(0) == 0 && IntegerSqrt(15) == 3);
static_assert(IntegerSqrt(~uint64_t{0}) == 4294967295u);
static_assert(InverseSqrt(1) == Multiplier{2147483647, 19});
static_assert(InverseSqrt(int64_t{1} << 60).shift == 49);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ARITH_NORMALIZE_H_

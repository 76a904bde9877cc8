#include "core/arith/normalize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "src/base/random.h"

namespace edge_int8::core {
namespace {

TEST(IntegerSqrt, IsTheLargestRoot) {
  Rng rng(3);
  for (int bits = 1; bits <= 64; ++bits) {
    for (int round = 0; round < 200; ++round) {
      const uint64_t value = rng.Next() >> (64 - bits);
      const uint64_t root = IntegerSqrt(value);
      ASSERT_LE(root * root, value);
      // (root + 1)^2 - root^2 = 2 root + 1, without its overflow.
      ASSERT_LT(value - root * root, 2 * root + 1) << value;
    }
  }
}

// What the formula says, over every size and at the ends of each.
TEST(InverseSqrt, IsWithin2ToTheMinus30) {
  Rng rng(4);
  const auto check = [](int64_t variance) {
    const Multiplier m = InverseSqrt(variance);
    ASSERT_GE(m.mantissa, 1 << 30);
    ASSERT_GE(m.shift, 19);
    ASSERT_LE(m.shift, 49);
    const long double exact =
        4096 / std::sqrt(static_cast<long double>(variance));
    const long double given =
        std::ldexp(static_cast<long double>(m.mantissa), -m.shift);
    ASSERT_LE(std::abs(given / exact - 1), 0x1.0p-30L) << variance;
  };
  for (int bits = 1; bits <= 62; ++bits) {
    check(int64_t{1} << (bits - 1));
    check((int64_t{1} << (bits - 1)) + (bits > 1 ? 1 : 0));
    check((int64_t{1} << bits) - 1);
    for (int round = 0; round < 500; ++round) {
      const auto any = static_cast<int64_t>(rng.Next() >> (64 - bits));
      if (any > 0) check(any);
    }
  }
}

TEST(InverseSqrt, HandComputed) {
  // v = 4 * 4^14 = 2^30, k = -14: s = 2^31, m = 2^31 - 1 (2^31 has no room):
  // 2^12 / 2 = m / 2^20.
  EXPECT_EQ(InverseSqrt(4), (Multiplier{2147483647, 20}));
  // v = 9 * 4^14 = 9 * 2^28, s = floor(3 * 2^30), m = floor((2^62 - 1) / s).
  EXPECT_EQ(InverseSqrt(9), (Multiplier{1431655765, 20}));
}

// The value furthest from all others, in sets of every kind.
TEST(NormalizedReach, HoldsTheFurthestValue) {
  for (const int64_t n : {1, 2, 3, 10, 1000, 32768}) {
    for (const int64_t reach : {int64_t{1}, kMaxNormalizedSum / n}) {
      if (reach > 32768) continue;
      // All are -reach but one, which is reach; not centered, all but one are
      // 0.
      const int64_t sum = -(n - 1) * reach + reach;
      const int64_t squares = n * reach * reach;
      const int64_t distance = n * reach - sum;
      ASSERT_LT(distance, int64_t{1} << 31);
      const int64_t centered =
          Requantize(static_cast<int32_t>(distance),
                     InverseSqrt(n * squares - sum * sum + 1));
      EXPECT_LE(centered, NormalizedReach(n));
      const int64_t bare = Requantize(static_cast<int32_t>(n * reach),
                                      InverseSqrt(n * reach * reach + 1));
      EXPECT_LE(bare, NormalizedReach(n));
      EXPECT_GE(bare, n == 1 ? 2000 : NormalizedReach(n) * 7 / 10);
    }
  }
}

// (x - mean) / sqrt(variance + epsilon) in units of 2^-12: half a unit of the
// rounding, and 2^-30 of the value.
TEST(Normalization, IsCloseToTheRealOne) {
  Rng rng(5);
  for (int round = 0; round < 500; ++round) {
    const auto n = static_cast<int64_t>(1 + rng.Below(300));
    const double spread = std::exp(rng.Uniform(0, 10));
    std::vector<int32_t> x;
    for (int64_t i = 0; i < n; ++i) {
      x.push_back(static_cast<int32_t>(rng.Uniform(-spread, spread)));
    }
    const auto epsilon = static_cast<int64_t>(1 + rng.Below(1 << 20));
    int64_t sum = 0, squares = 0;
    for (const int64_t value : x) {
      sum += value;
      squares += value * value;
    }
    const Multiplier inverse = InverseSqrt(n * squares - sum * sum + epsilon);
    const double size = static_cast<double>(n);
    const double mean = static_cast<double>(sum) / size;
    double variance = static_cast<double>(epsilon) / (size * size);
    for (const double value : x)
      variance += (value - mean) * (value - mean) / size;
    for (const int32_t value : x) {
      const double exact = 4096 * (value - mean) / std::sqrt(variance);
      const auto distance = static_cast<int32_t>(n * value - sum);
      ASSERT_NEAR(static_cast<double>(Requantize(distance, inverse)), exact,
                  0.5 + 1e-3);
    }
  }
}

}  // namespace
}  // namespace edge_int8::core

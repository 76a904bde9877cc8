#include "core/arith/fixed_point.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "src/base/random.h"

namespace edge_int8::core {
namespace {

__extension__ typedef __int128 Int128;

// floor(acc * m / 2^s + 1/2) from the definition: floor((2 * acc * m + 2^s) /
// 2^(s + 1)) in 128 bits, with a division that rounds toward minus infinity.
int64_t Exact(int32_t acc, Multiplier m) {
  const Int128 top = Int128{2} * acc * m.mantissa + (Int128{1} << m.shift);
  const Int128 bottom = Int128{1} << (m.shift + 1);
  Int128 quotient = top / bottom;
  if (top % bottom < 0) --quotient;
  return static_cast<int64_t>(quotient);
}

TEST(Requantize, EqualsTheExactQuotientAtTheEdges) {
  constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
  constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
  for (const int32_t acc : {kMin, kMin + 1, -(1 << 30), -65537, -3, -2, -1, 0,
                            1, 2, 3, 65537, 1 << 30, kMax - 1, kMax}) {
    for (const int32_t mantissa :
         {0, 1 << 30, (1 << 30) + 1, 3 << 29, kMax - 1, kMax}) {
      for (int shift = 1; shift <= 62; ++shift) {
        const Multiplier m = {mantissa, shift};
        ASSERT_EQ(Requantize(acc, m), Exact(acc, m))
            << acc << " * " << mantissa << " >> " << shift;
      }
    }
  }
}

TEST(Requantize, EqualsTheExactQuotientOfRandomNumbers) {
  Rng rng(11);
  for (int n = 0; n < 200000; ++n) {
    const auto acc = static_cast<int32_t>(rng.Next());
    const Multiplier m = {
        static_cast<int32_t>((1u << 30) + rng.Below(1u << 30)),
        static_cast<int32_t>(1 + rng.Below(62))};
    ASSERT_EQ(Requantize(acc, m), Exact(acc, m))
        << acc << " * " << m.mantissa << " >> " << m.shift;
  }
}

TEST(Requantize, TiesGoUp) {
  constexpr Multiplier kHalf = {1 << 30, 31};
  const std::vector<int64_t> expected = {-2, -1, -1, 0, 0, 1, 1, 2, 2};
  for (int32_t acc = -4; acc <= 4; ++acc) {
    EXPECT_EQ(Requantize(acc, kHalf), expected[static_cast<size_t>(acc + 4)])
        << acc << " / 2";
  }
}

TEST(RoundShift, IsTheSameRuleForAPowerOfTwo) {
  for (int bits = 1; bits <= 15; ++bits) {
    for (int32_t value = -70000; value <= 70000; value += 7) {
      const Multiplier m = {1 << 30, 30 + bits};
      ASSERT_EQ(RoundShift(value, bits), Requantize(value, m))
          << value << " >> " << bits;
    }
  }
  // The half does not overflow.
  EXPECT_EQ(RoundShift(std::numeric_limits<int32_t>::max(), 1), 1 << 30);
  EXPECT_EQ(RoundShift(std::numeric_limits<int32_t>::min(), 1), -(1 << 30));
}

TEST(Clamp, NarrowsOnlyAfterClamping) {
  EXPECT_EQ(Clamp(int64_t{1} << 61, 0, 255), 255);
  EXPECT_EQ(Clamp(-(int64_t{1} << 61), -128, 127), -128);
  EXPECT_EQ(Clamp(int64_t{1} << 32, -5, 5), 5);  // 0 if narrowed first
  EXPECT_EQ(Clamp(-5, -5, 5), -5);
  EXPECT_EQ(Clamp(4, -5, 5), 4);
}

}  // namespace
}  // namespace edge_int8::core

#include "core/arith/softmax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "src/base/random.h"

namespace edge_int8::core {
namespace {

ExpTables Tables() {
  ExpTables tables;
  for (std::size_t i = 0; i < 256; ++i) {
    const auto x = static_cast<double>(i);
    tables.coarse[i] =
        static_cast<uint16_t>(std::floor(32768 * std::exp(-x / 16) + 0.5));
    tables.fine[i] =
        static_cast<uint16_t>(std::floor(32768 * std::exp(-x / 4096) + 0.5));
  }
  return tables;
}

// One accumulator unit is this many units of 2^-12 nat.
constexpr Multiplier kOne = {1 << 30, 30};

std::vector<int16_t> Softmax(const std::vector<int32_t>& acc,
                             Multiplier logit = kOne) {
  static const ExpTables tables = Tables();
  std::vector<int16_t> p(acc.size());
  SoftmaxRow(tables, logit, acc.data(), static_cast<int>(acc.size()), p.data());
  return p;
}

// Each table is off by at most 1/2 of its 2^-15, and the product is rounded
// once more: together below 1.6 units.
TEST(IntegerExp, IsWithinTwoUnitsOfTheRealOneEverywhere) {
  const ExpTables tables = Tables();
  uint32_t before = 1 << 15;
  for (uint32_t u = 0; u < 65536; ++u) {
    const uint32_t e = IntegerExp(tables, u);
    ASSERT_NEAR(e, 32768 * std::exp(-static_cast<double>(u) / 4096), 1.6) << u;
    ASSERT_LE(e, before + 1) << u;  // It falls, but for rounding.
    before = e;
  }
  EXPECT_EQ(IntegerExp(tables, 0), 1u << 15);
}

TEST(SoftmaxRow, EqualLogitsShareEqually) {
  for (int n = 1; n <= kMaxSoftmaxRow; ++n) {
    const auto size = static_cast<std::size_t>(n);
    for (const int16_t p : Softmax(std::vector<int32_t>(size, -77))) {
      ASSERT_NEAR(p, 32767.0 / n, 1.0) << n;
    }
  }
}

TEST(SoftmaxRow, OneLargeLogitTakesAll) {
  EXPECT_EQ(Softmax({0, 1 << 20, 0}), (std::vector<int16_t>{0, 32767, 0}));
}

TEST(SoftmaxRow, HandComputed) {
  // u = 2839 = 11 * 256 + 23, ln 2 in 2^-12 nats. coarse[11] = 16477,
  // fine[23] = 32585: e = 16385, S = 49153, r = 43688,
  // p = 21844.0000 and 10922.6666 before rounding.
  EXPECT_EQ(Softmax({2839, 0}), (std::vector<int16_t>{21844, 10923}));
}

TEST(SoftmaxRow, DependsOnDifferencesOnly) {
  const std::vector<int32_t> acc = {5, -3000, 4096, 12};
  std::vector<int32_t> moved = acc;
  for (int32_t& a : moved) a += 1000000000;
  EXPECT_EQ(Softmax(acc), Softmax(moved));
}

// The bound: e_j is off by 1.6 of at least 2^15 in the sum, the reciprocal and
// the last rounding by one unit of 1/32767 together.
TEST(SoftmaxRow, IsCloseToTheRealSoftmax) {
  Rng rng(9);
  for (int round = 0; round < 2000; ++round) {
    const auto n = static_cast<std::size_t>(1 + rng.Below(kMaxSoftmaxRow));
    const double spread = std::exp(rng.Uniform(0, 10));
    std::vector<int32_t> acc;
    for (std::size_t j = 0; j < n; ++j) {
      acc.push_back(static_cast<int32_t>(rng.Uniform(-spread, spread)));
    }
    const int32_t max = *std::ranges::max_element(acc);
    double sum = 0;
    for (const int32_t a : acc) sum += std::exp((a - max) / 4096.0);
    const std::vector<int16_t> p = Softmax(acc);
    for (std::size_t j = 0; j < n; ++j) {
      const double exact = 32767 * std::exp((acc[j] - max) / 4096.0) / sum;
      ASSERT_NEAR(p[j], exact, 3.0) << "round " << round << ", place " << j;
    }
    const int total = std::accumulate(p.begin(), p.end(), 0);
    // Each place rounds by at most a half, the reciprocal by S / 2^17 in all.
    ASSERT_NEAR(total, 32767, 0.75 * static_cast<double>(n) + 1) << round;
  }
}

// The validator's bound on the mix: probabilities sum to at most 32767 + n.
TEST(SoftmaxRow, StaysInRangeForTheExtremesOf32Bits) {
  constexpr int32_t kMost = 1 << 30;
  for (const Multiplier logit :
       {Multiplier{std::numeric_limits<int32_t>::max(), 1}, kOne,
        Multiplier{1 << 30, 62}, Multiplier{0, 1}}) {
    for (const int n : {1, 2, 255, 256}) {
      std::vector<int32_t> acc(static_cast<std::size_t>(n), -kMost + 1);
      acc.back() = kMost - 1;
      int total = 0;
      for (const int16_t p : Softmax(acc, logit)) {
        ASSERT_GE(p, 0);
        total += p;
      }
      ASSERT_LE(total, 32767 + n);
      ASSERT_GE(total, 32767 - n);
    }
  }
}

std::vector<int16_t> LongSoftmax(const std::vector<int32_t>& x, int extra_bits,
                                 Multiplier logit = kOne) {
  static const ExpTables tables = Tables();
  std::vector<uint32_t> exps(x.size());
  std::vector<int16_t> p(x.size());
  SoftmaxRow(tables, logit, extra_bits, x.data(), static_cast<int>(x.size()),
             exps.data(), p.data());
  return p;
}

// Where no probability is above 2^-b, one unit of 2^-15 * 2^-b: the same bound
// as without extra bits, of a finer unit.
TEST(LongSoftmaxRow, IsCloseToTheRealSoftmax) {
  Rng rng(11);
  for (const int n : {300, 1000, 6000, 65536}) {
    for (const int bits : {0, 3, 6, 12}) {
      std::vector<int32_t> x;
      for (int j = 0; j < n; ++j) {
        x.push_back(static_cast<int32_t>(rng.Uniform(-4000, 4000)));
      }
      double sum = 0, most = 0;
      for (const int32_t value : x) sum += std::exp(value / 4096.0);
      for (const int32_t value : x) {
        most = std::max(most, std::exp(value / 4096.0) / sum);
      }
      if (most > std::ldexp(1.0, -bits)) continue;
      const std::vector<int16_t> p = LongSoftmax(x, bits);
      for (std::size_t j = 0; j < x.size(); ++j) {
        const double exact =
            std::ldexp(32767 * std::exp(x[j] / 4096.0) / sum, bits);
        ASSERT_NEAR(p[j], exact, 3.0) << n << " values, " << bits << " bits";
      }
    }
  }
}

// Ratios are kept where the largest does not fit; nothing wraps.
TEST(LongSoftmaxRow, ARowThatPeaksTooHighIsScaledAsAWhole) {
  // 2839 is ln 2: probabilities 1/2 and 1/4 twice, in units to 2^-4.
  const std::vector<int16_t> p = LongSoftmax({2839, 0, 0}, 4);
  EXPECT_EQ(p[0], 32767);
  EXPECT_NEAR(p[1], 32767 / 2, 2);
  EXPECT_EQ(p[2], p[1]);
}

TEST(LongSoftmaxRow, SumsAreWithinTheirBound) {
  for (const int bits : {0, 1, 5, 12}) {
    for (const int n : {1, 2, 257, 5000, 65536}) {
      for (const int32_t step : {0, 1, 900}) {
        std::vector<int32_t> x;
        for (int j = 0; j < n; ++j) x.push_back(j % 50 * step);
        int64_t total = 0;
        for (const int16_t p : LongSoftmax(x, bits)) {
          ASSERT_GE(p, 0);
          total += p;
        }
        EXPECT_LE(total, SoftmaxRowSum(n, bits));
      }
    }
  }
}

TEST(LongSoftmaxRow, WithoutExtraBitsIsAttentions) {
  Rng rng(12);
  for (int n = 1; n <= kMaxSoftmaxRow; n += 5) {
    std::vector<int32_t> x;
    for (int j = 0; j < n; ++j) {
      x.push_back(static_cast<int32_t>(rng.Uniform(-20000, 20000)));
    }
    EXPECT_EQ(LongSoftmax(x, 0), Softmax(x));
  }
}

}  // namespace
}  // namespace edge_int8::core

// The kernels' 32-bit form of a multiplier against Requantize(), through the
// scalar kernel, for every shift and at the accumulators' extremes.
#include "core/engine/channel_scales.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "core/kernels/scalar/scalar_kernels.h"
#include "src/base/random.h"

namespace edge_int8::core {
namespace {

constexpr std::size_t kPeriod = 64;  // shifts 1 .. 62, and two that are 0

std::vector<Multiplier> EveryShift(Rng* rng) {
  std::vector<Multiplier> scales;
  for (int32_t shift = 1; shift <= 62; ++shift) {
    const auto low = static_cast<int32_t>(rng->Below(1u << 30));
    scales.push_back({shift % 3 == 0 ? 0x7fffffff : (1 << 30) + low, shift});
  }
  return scales;
}

void ExpectEqualsRequantize(const std::vector<Multiplier>& scales,
                            const std::vector<int32_t>& acc, int32_t zero) {
  const ChannelScales row(scales, kPeriod);
  std::vector<int16_t> out(acc.size());
  RequantizeScalar({acc.data(), static_cast<int32_t>(acc.size()),
                    static_cast<int32_t>(kPeriod), row.row(), zero, -32768,
                    32767, out.data()});
  for (std::size_t i = 0; i < acc.size(); ++i) {
    const std::size_t c = i % kPeriod;
    const Multiplier m = c < scales.size() ? scales[c] : Multiplier{};
    EXPECT_EQ(out[i], Clamp(Requantize(acc[i], m) + zero, -32768, 32767))
        << "acc " << acc[i] << " shift " << m.shift;
  }
}

TEST(ChannelScales, EqualRequantizeForEveryShift) {
  Rng rng(3);
  for (int round = 0; round < 500; ++round) {
    std::vector<int32_t> acc;
    for (std::size_t i = 0; i < kPeriod; ++i) {
      // Any size of accumulator, each as likely.
      const auto bits = static_cast<int>(rng.Below(32));
      const auto wide = static_cast<int32_t>(rng.Next() >> 32);
      acc.push_back(std::max(wide >> bits, -0x7fffffff));
    }
    ExpectEqualsRequantize(EveryShift(&rng), acc,
                           static_cast<int32_t>(rng.Below(131071)) - 65535);
  }
}

TEST(ChannelScales, EqualRequantizeAtTheEdges) {
  Rng rng(4);
  for (const int32_t value :
       {0, 1, -1, 2, -2, 3, -3, 0x7fffffff, -0x7fffffff, 1 << 30, -(1 << 30)}) {
    for (const int32_t zero : {0, 65535, -65535}) {
      ExpectEqualsRequantize(EveryShift(&rng),
                             std::vector<int32_t>(kPeriod, value), zero);
    }
  }
}

// Around the clamp that a small shift needs, 2^(s - 13).
TEST(ChannelScales, EqualRequantizeAroundTheLimit) {
  Rng rng(5);
  for (int32_t delta = -3; delta <= 3; ++delta) {
    std::vector<int32_t> acc;
    for (int32_t shift = 1; shift <= 64; ++shift) {
      const int32_t limit = shift >= 13 && shift < 44 ? 1 << (shift - 13) : 1;
      acc.push_back(std::min(limit, 0x7ffffff0) + delta);
    }
    ExpectEqualsRequantize(EveryShift(&rng), acc, 0);
  }
}

// A zero may be added before the last shift instead.
TEST(ChannelScales, BringsAZeroAlong) {
  Rng rng(6);
  for (const int32_t zero : {1, 128, 255, -77}) {
    std::vector<Multiplier> scales;
    for (int32_t shift = 1; shift <= 52; ++shift) {
      scales.push_back(
          {0x7fffffff - static_cast<int32_t>(rng.Below(1u << 30)), shift});
    }
    ASSERT_TRUE(ChannelScales::Adds(scales, zero));
    const ChannelScales row(scales, kPeriod, zero);
    for (const int32_t value :
         {0, 1, -1, 77777, -99999, 0x7fffffff, -0x7fffffff}) {
      const std::vector<int32_t> acc(kPeriod, value);
      std::vector<int16_t> out(kPeriod);
      RequantizeScalar({acc.data(), static_cast<int32_t>(kPeriod),
                        static_cast<int32_t>(kPeriod), row.row(), 0, 0, 255,
                        out.data()});
      for (std::size_t c = 0; c < scales.size(); ++c) {
        EXPECT_EQ(out[c], Clamp(Requantize(value, scales[c]) + zero, 0, 255))
            << "acc " << value << " shift " << scales[c].shift;
      }
      EXPECT_EQ(out[kPeriod - 1], std::max(zero, 0));
    }
  }
}

TEST(ChannelScales, AZeroThatLeavesInt32IsRefused) {
  EXPECT_TRUE(ChannelScales::Adds({{1 << 30, 52}}, 511));
  EXPECT_FALSE(ChannelScales::Adds({{1 << 30, 52}}, 512));
  EXPECT_FALSE(ChannelScales::Adds({{1 << 30, 33}, {1 << 30, 62}}, -1));
  EXPECT_TRUE(ChannelScales::Adds({{1 << 30, 33}, {0, 62}}, -1));
}

int32_t InFloat(const ScaleRow& row, std::size_t c, int32_t acc) {
  const float sum =
      std::fma(static_cast<float>(acc), row.real[c], row.real_add);
  return std::bit_cast<int32_t>(sum) - kRealAddBits;
}

// The largest accumulators allowed, their neighbours, whatever is next to half
// a step, and any other.
TEST(ChannelScales, FloatsEqualRequantizeWhereverTheyMayBeUsed) {
  Rng rng(7);
  int used = 0;
  for (int round = 0; round < 20000; ++round) {
    const auto bits = static_cast<int>(rng.Below(25));
    const int64_t largest = (int64_t{1} << bits) - (round % 2);
    const int32_t any = (1 << 30) + static_cast<int32_t>(rng.Below(1u << 30));
    const Multiplier m = {round % 3 == 0 ? any & ~127 : (any & ~255) | 128,
                          static_cast<int32_t>(10 + rng.Below(53))};
    const int32_t zero = static_cast<int32_t>(rng.Below(511)) - 255;
    if (!ChannelScales::Adds({m}, zero) ||
        ChannelScales::HowInFloat({m}, {largest}, zero) == InFloat::kOther) {
      continue;
    }
    ++used;
    const ChannelScales scales({m}, 16, zero, InFloat::kSame);
    const double step = std::ldexp(1.0, m.shift) / m.mantissa;
    for (int i = 0; i < 40; ++i) {
      int64_t acc = largest - i / 2;
      if (i >= 10)
        acc =
            static_cast<int64_t>(rng.Below(static_cast<uint64_t>(largest) + 1));
      if (i >= 20) {
        const double half = std::floor(static_cast<double>(acc) / step) + 0.5;
        acc = std::llround(half * step) + i % 3 - 1;
      }
      if (acc < 0 || acc > largest) continue;
      const auto value = static_cast<int32_t>(i % 2 == 0 ? acc : -acc);
      ASSERT_EQ(InFloat(scales.row(), 0, value), Requantize(value, m) + zero)
          << "acc " << value << " times " << m.mantissa << " / 2^" << m.shift;
    }
  }
  EXPECT_GT(used, 4000);
}

TEST(ChannelScales, FloatsAreNotUsedWhereTheyMightDiffer) {
  const auto exact = [](const std::vector<Multiplier>& scales,
                        const std::vector<int64_t>& largest) {
    return ChannelScales::HowInFloat(scales, largest) != InFloat::kOther;
  };
  const Multiplier odd = {(1 << 30) + 128, 40};
  EXPECT_TRUE(exact({odd}, {(1 << 24) - 1}));
  EXPECT_FALSE(exact({odd}, {1 << 24}));
  // More bits than a float has.
  EXPECT_FALSE(exact({{(1 << 30) + 64, 40}}, {1000}));
  // 3 / 2 is a tie.
  EXPECT_TRUE(exact({{1 << 30, 33}}, {3}));
  EXPECT_FALSE(exact({{1 << 30, 33}}, {4}));
  EXPECT_FALSE(exact({{1 << 30, 31}}, {3}));
  // A result of more than 22 bits.
  EXPECT_FALSE(exact({{(1 << 30) + 128, 31}}, {(1 << 23) - 1}));
  // One channel decides for all; one that is always 0 does not.
  EXPECT_FALSE(exact({odd, odd}, {5, 1 << 24}));
  EXPECT_TRUE(exact({odd, {0, 1}}, {5, 1 << 30}));
}

TEST(ChannelScales, KnowsWhichValuesFitInt16) {
  const std::vector<Multiplier> eighth = {{(1 << 30) + 128, 33}};  // and a bit
  const auto how = [&](int64_t largest, int32_t zero) {
    return ChannelScales::HowInFloat(eighth, {largest}, zero);
  };
  EXPECT_EQ(how(8 * 32766, 0), InFloat::kInt16);
  EXPECT_EQ(how(8 * 32767, 0), InFloat::kSame);
  EXPECT_EQ(how(8 * 32766, 1), InFloat::kSame);
  EXPECT_EQ(how(8 * 32765, -1), InFloat::kInt16);
  EXPECT_TRUE(ChannelScales(eighth, 16, 0, InFloat::kInt16).row().real_int16);
  EXPECT_FALSE(ChannelScales(eighth, 16, 0, InFloat::kSame).row().real_int16);
}

TEST(ChannelScales, ANormalRowNeedsNoLimit) {
  const ChannelScales large({{1 << 30, 33}, {1 << 30, 62}}, 16);
  EXPECT_EQ(large.row().limit, nullptr);
  const ChannelScales small({{1 << 30, 33}, {1 << 30, 32}}, 16);
  EXPECT_NE(small.row().limit, nullptr);
}

}  // namespace
}  // namespace edge_int8::core

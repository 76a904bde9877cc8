// The kernels' 32-bit form of a multiplier against Requantize(), through the
// scalar kernel, for every shift and at the accumulators' extremes.
#include "core/engine/channel_scales.h"

#include <gtest/gtest.h>

#include "core/kernels/scalar_kernels.h"
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
                    static_cast<int32_t>(row.period()), row.row(), zero, -32768,
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

TEST(ChannelScales, ANormalRowNeedsNoLimit) {
  const ChannelScales large({{1 << 30, 33}, {1 << 30, 62}}, 16);
  EXPECT_EQ(large.row().limit, nullptr);
  const ChannelScales small({{1 << 30, 33}, {1 << 30, 32}}, 16);
  EXPECT_NE(small.row().limit, nullptr);
}

}  // namespace
}  // namespace edge_int8::core

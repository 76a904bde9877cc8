#include "core/arith/activation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "src/base/random.h"

namespace edge_int8::core {
namespace {

TEST(Activate, AddsTheZeroPointThenClamps) {
  const Activation a = {10, 0, 255, TableKind::kNone, {}};
  EXPECT_EQ(Activate(a, 5), 15);
  EXPECT_EQ(Activate(a, -10), 0);
  EXPECT_EQ(Activate(a, -11), 0);
  EXPECT_EQ(Activate(a, 245), 255);
  EXPECT_EQ(Activate(a, 246), 255);
  EXPECT_EQ(Activate(a, int64_t{1} << 61), 255);
  EXPECT_EQ(Activate(a, -(int64_t{1} << 61)), 0);
}

TEST(Activate, LooksUpFromTheLowEnd) {
  Activation a = {3, -128, 127, TableKind::kLookup, {}};
  for (int i = 0; i < 256; ++i) {
    a.table.push_back(static_cast<int16_t>(1000 - 7 * i));
  }
  EXPECT_EQ(Activate(a, -131), 1000);  // pre = -128, the first entry
  EXPECT_EQ(Activate(a, -1000), 1000);
  EXPECT_EQ(Activate(a, -130), 993);
  EXPECT_EQ(Activate(a, 124), 1000 - 7 * 255);  // pre = 127, the last
  EXPECT_EQ(Activate(a, 1000), 1000 - 7 * 255);
}

// The first and last entries, where i + 1 must still be inside.
TEST(Interpolate, ReachesBothEndsOfSixteenBits) {
  std::vector<int16_t> table(kInterpolateEntries, 0);
  table[0] = -16000;
  table[4095] = 160;
  table[4096] = 32000;
  EXPECT_EQ(Interpolate(table.data(), -32768), -16000);
  EXPECT_EQ(Interpolate(table.data(), -32767), -15000);
  EXPECT_EQ(Interpolate(table.data(), -32752), 0);
  EXPECT_EQ(Interpolate(table.data(), 32752), 160);
  EXPECT_EQ(Interpolate(table.data(), 32767), 30010);  // (160 + 15 * 32000)/16
}

TEST(Interpolate, EveryPlaceRoundsTheExactLineOnce) {
  Rng rng(5);
  std::vector<int16_t> table;
  for (int i = 0; i < kInterpolateEntries; ++i) {
    table.push_back(static_cast<int16_t>(rng.Next()));
  }
  for (int32_t pre = -32768; pre <= 32767; ++pre) {
    const auto i = static_cast<std::size_t>((pre + 32768) / 16);
    const double f = (pre + 32768) % 16 / 16.0;  // exact, and so is the line
    const double line = table[i] * (1 - f) + table[i + 1] * f;
    ASSERT_EQ(Interpolate(table.data(), pre),
              static_cast<int32_t>(std::floor(line + 0.5)))
        << pre;
  }
}

TEST(Activate, InterpolatesAfterTheClamp) {
  Activation a = {0, -100, 100, TableKind::kInterpolate, {}};
  for (int i = 0; i < kInterpolateEntries; ++i) {
    a.table.push_back(static_cast<int16_t>((i - 2048) * 8));  // pre / 2
  }
  EXPECT_EQ(Activate(a, 50), 25);
  EXPECT_EQ(Activate(a, 51), 26);  // 25.5, a tie
  EXPECT_EQ(Activate(a, -51), -25);
  EXPECT_EQ(Activate(a, 5000), 50);
  EXPECT_EQ(Activate(a, -5000), -50);
}

}  // namespace
}  // namespace edge_int8::core

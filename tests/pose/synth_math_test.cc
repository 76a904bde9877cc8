#include "src/pose/synth_math.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace edge_int8::synth {
namespace {

TEST(SynthMath, TurnsAreLibmsSineAndCosineOverTheWholeRange) {
  Rng rng(3);
  for (int i = 0; i < 20000; ++i) {
    const double turns = rng.Uniform(-999, 999);
    const double angle = 2 * std::numbers::pi * std::remainder(turns, 1.0);
    ASSERT_NEAR(CosTurns(turns), std::cos(angle), 1e-7) << turns;
    ASSERT_NEAR(SinTurns(turns), std::sin(angle), 1e-7) << turns;
  }
}

TEST(SynthMath, FloatTurnsLoseOnlyWhatTheArgumentHas) {
  Rng rng(4);
  for (int i = 0; i < 20000; ++i) {
    const auto turns = static_cast<float>(rng.Uniform(0, 100));
    const double angle =
        2 * std::numbers::pi * std::remainder(static_cast<double>(turns), 1.0);
    ASSERT_NEAR(CosTurns(turns), std::cos(angle), 1e-6) << turns;
    // Subtracting a quarter turn rounds at 2^-18 turns, 2.4e-5 radians.
    ASSERT_NEAR(SinTurns(turns), std::sin(angle), 3e-5) << turns;
  }
}

TEST(SynthMath, QuarterTurnsAreExactEnoughToBeAxes) {
  EXPECT_NEAR(CosTurns(0.0), 1.0, 6e-8);
  EXPECT_EQ(CosTurns(0.25), 0.0);
  EXPECT_NEAR(CosTurns(0.5), -1.0, 6e-8);
  EXPECT_EQ(SinTurns(0.0), 0.0);
}

TEST(SynthMath, BellHasZeroMeanUnitVarianceAndBounds) {
  Rng rng(5);
  const int count = 200000;
  double sum = 0, squares = 0, most = 0;
  for (int i = 0; i < count; ++i) {
    const double value = Bell(rng);
    sum += value;
    squares += value * value;
    most = std::max(most, std::abs(value));
  }
  EXPECT_NEAR(sum / count, 0, 0.01);  // 4 standard errors
  EXPECT_NEAR(squares / count, 1, 0.01);
  EXPECT_LE(most, std::sqrt(12.0));
}

}  // namespace
}  // namespace edge_int8::synth

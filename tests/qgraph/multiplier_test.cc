#include "src/qgraph/multiplier.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "src/base/random.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

double Real(core::Multiplier m) { return std::ldexp(m.mantissa, -m.shift); }

TEST(RoundHalfUp, TiesGoUp) {
  EXPECT_EQ(RoundHalfUp(1.5), 2);
  EXPECT_EQ(RoundHalfUp(-1.5), -1);
  EXPECT_EQ(RoundHalfUp(-0.5), 0);
  EXPECT_EQ(RoundHalfUp(0.49), 0);
}

TEST(RoundToInt, ClampsAndRefusesNaN) {
  EXPECT_EQ(RoundToInt(1e300, -7, 7), 7);
  EXPECT_EQ(RoundToInt(-std::numeric_limits<double>::infinity(), -7, 7), -7);
  EXPECT_EQ(RoundToInt(2.5, -7, 7), 3);
  EXPECT_EQ(ErrorOf([] { RoundToInt(std::nan(""), 0, 1); }).kind(),
            ErrorKind::kInternal);
}

TEST(MakeMultiplier, IsExactForPowersOfTwo) {
  EXPECT_EQ(MakeMultiplier(1.0), (core::Multiplier{1 << 30, 30}));
  EXPECT_EQ(MakeMultiplier(0.5), (core::Multiplier{1 << 30, 31}));
  EXPECT_EQ(MakeMultiplier(0x1.0p29), (core::Multiplier{1 << 30, 1}));
  EXPECT_EQ(MakeMultiplier(0x1.0p-32), (core::Multiplier{1 << 30, 62}));
}

TEST(MakeMultiplier, IsWithin2ToTheMinus31OfAnyRatio) {
  Rng rng(1);
  for (int i = 0; i < 10000; ++i) {
    const double real = std::exp2(rng.Uniform(-32, 29.9));
    const core::Multiplier m = MakeMultiplier(real);
    EXPECT_GE(m.mantissa, 1 << 30);
    EXPECT_GE(m.shift, 1);
    EXPECT_LE(m.shift, 62);
    EXPECT_NEAR(Real(m) / real, 1, 0x1.0p-31) << real;
  }
}

TEST(MakeFloatMultiplier, IsAFloatWhoseLastBitIsSet) {
  Rng rng(2);
  for (int i = 0; i < 10000; ++i) {
    const double real = std::exp2(rng.Uniform(-32, 29.9));
    const core::Multiplier m = MakeFloatMultiplier(real);
    EXPECT_EQ(m.mantissa % 256, 128);
    EXPECT_GE(m.mantissa, 1 << 30);
    EXPECT_EQ(Real(m), static_cast<double>(static_cast<float>(Real(m))));
    EXPECT_NEAR(Real(m) / real, 1, 0x1.01p-23) << real;
  }
  EXPECT_EQ(MakeFloatMultiplier(0), MakeMultiplier(0));
  EXPECT_EQ(MakeFloatMultiplier(1), (core::Multiplier{(1 << 30) + 128, 30}));
}

// The mantissa of the largest double below 1 rounds to 2^31.
TEST(MakeMultiplier, CarriesAMantissaThatRoundsUp) {
  EXPECT_EQ(MakeMultiplier(std::nextafter(1.0, 0.0)), MakeMultiplier(1.0));
}

TEST(MakeMultiplier, OfTooLittleIsZeroAndTooSmallToMatter) {
  EXPECT_EQ(MakeMultiplier(0), (core::Multiplier{0, 1}));
  EXPECT_EQ(MakeMultiplier(0x1.fp-33), (core::Multiplier{0, 1}));
  EXPECT_EQ(core::Requantize(std::numeric_limits<int32_t>::max(),
                             MakeMultiplier(0x1.fp-33)),
            0);
}

TEST(MakeMultiplier, RefusesAbsurdRatios) {
  for (const double bad : {-1.0, 0x1.0p30, std::nan(""),
                           std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(ErrorOf([&] { MakeMultiplier(bad); }).kind(),
              ErrorKind::kBadInput)
        << bad;
  }
}

}  // namespace
}  // namespace edge_int8

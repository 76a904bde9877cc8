#include "src/formats/torch_storage.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace edge_int8 {
namespace {

TEST(HalfToFloat, IsSignTimesTwoToTheExponentTimesTheFractionForEveryHalf) {
  for (uint32_t half = 0; half < 0x10000; ++half) {
    const double sign = half & 0x8000u ? -1 : 1;
    const int exponent = static_cast<int>((half >> 10) & 31);
    const int fraction = static_cast<int>(half & 0x3ffu);
    const float value = HalfToFloat(static_cast<uint16_t>(half));
    if (exponent == 31 && fraction != 0) {
      EXPECT_TRUE(std::isnan(value)) << half;
      continue;
    }
    // IEEE 754-2008, 3.4.
    const double expected =
        exponent == 31  ? sign * std::numeric_limits<double>::infinity()
        : exponent == 0 ? sign * std::ldexp(fraction, -24)
                        : sign * std::ldexp(1024 + fraction, exponent - 25);
    EXPECT_EQ(value, expected) << half;
    EXPECT_EQ(std::signbit(value), sign < 0) << half;
  }
}

TEST(FloatToHalf, IsTheNearestHalfAndEvenOnATie) {
  for (uint32_t half = 0; half < 0x7c00; ++half) {
    const auto own = static_cast<uint16_t>(half);
    const auto next = static_cast<uint16_t>(half + 1);
    const float low = HalfToFloat(own);
    // Beyond the largest half the next one would be 65,536.
    const float high = half + 1 == 0x7c00 ? 65536.0f : HalfToFloat(next);
    const float middle = (low + high) / 2;  // exact: two more bits
    EXPECT_EQ(FloatToHalf(low), own);
    EXPECT_EQ(FloatToHalf(std::nextafter(middle, 0.0f)), own);
    EXPECT_EQ(FloatToHalf(middle), half % 2 == 0 ? own : next) << half;
    EXPECT_EQ(FloatToHalf(std::nextafter(middle, high)), next);
    EXPECT_EQ(FloatToHalf(-middle), FloatToHalf(middle) | 0x8000);
  }
}

TEST(FloatToHalf, KeepsWhatIsNotFinite) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(FloatToHalf(kInfinity), 0x7c00);
  EXPECT_EQ(FloatToHalf(-kInfinity), 0xfc00);
  EXPECT_EQ(FloatToHalf(3e38f), 0x7c00);
  EXPECT_EQ(FloatToHalf(-0.0f), 0x8000);
  EXPECT_TRUE(std::isnan(HalfToFloat(FloatToHalf(std::nanf("")))));
}

TEST(StorageElement, ReadsEveryType) {
  const uint64_t bits = 0x8040'ff00'4248'c0ffu;
  const auto bytes = std::as_bytes(std::span(&bits, 1));
  EXPECT_EQ(StorageElement(StorageType::kInt64, bytes, 0),
            static_cast<float>(static_cast<int64_t>(bits)));
  EXPECT_EQ(StorageElement(StorageType::kInt32, bytes, 0), 0x4248c0ff);
  EXPECT_EQ(StorageElement(StorageType::kFloat32, bytes, 0),
            std::bit_cast<float>(0x4248c0ffu));
  EXPECT_EQ(StorageElement(StorageType::kInt16, bytes, 2), -256);
  EXPECT_EQ(StorageElement(StorageType::kBFloat16, bytes, 1), 50.0f);
  EXPECT_EQ(StorageElement(StorageType::kInt8, bytes, 0), -1);
  EXPECT_EQ(StorageElement(StorageType::kUint8, bytes, 0), 255);
  const double third = 1.0 / 3;
  EXPECT_EQ(StorageElement(StorageType::kFloat64,
                           std::as_bytes(std::span(&third, 1)), 0),
            static_cast<float>(third));
}

}  // namespace
}  // namespace edge_int8

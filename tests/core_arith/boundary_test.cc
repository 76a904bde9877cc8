#include "core/arith/boundary.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace edge_int8::core {
namespace {

TEST(QuantizeInput, RoundsTiesToEven) {
  EXPECT_EQ(QuantizeInput(0.5f, 1.0f), 0);
  EXPECT_EQ(QuantizeInput(1.5f, 1.0f), 2);
  EXPECT_EQ(QuantizeInput(2.5f, 1.0f), 2);
  EXPECT_EQ(QuantizeInput(254.5f, 1.0f), 254);
  EXPECT_EQ(QuantizeInput(2.500001f, 1.0f), 3);
}

TEST(QuantizeInput, ClampsAndMakesNanZero) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(QuantizeInput(std::nanf(""), 255.0f), 0);
  EXPECT_EQ(QuantizeInput(-kInfinity, 255.0f), 0);
  EXPECT_EQ(QuantizeInput(kInfinity, 255.0f), 255);
  EXPECT_EQ(QuantizeInput(-0.1f, 255.0f), 0);
  EXPECT_EQ(QuantizeInput(-0.0f, 255.0f), 0);
  EXPECT_EQ(QuantizeInput(1.5f, 255.0f), 255);
  EXPECT_EQ(QuantizeInput(std::numeric_limits<float>::max(), 255.0f), 255);
  EXPECT_EQ(QuantizeInput(std::numeric_limits<float>::denorm_min(), 255.0f), 0);
}

TEST(QuantizeInput, EveryByteComesBackFromItsOwnValue) {
  for (int q = 0; q <= 255; ++q) {
    EXPECT_EQ(QuantizeInput(static_cast<float>(q) / 255.0f, 255.0f), q);
  }
}

TEST(DequantizeOutput, IsOneProductInDouble) {
  EXPECT_EQ(DequantizeOutput(3, 0.25f), 0.75f);
  EXPECT_EQ(DequantizeOutput(-2147483647 - 1, 1.0f), -2147483648.0f);
  // 16,777,217 is no float: rounding it first would lose the last unit.
  EXPECT_EQ(DequantizeOutput(16777217, 3.0f), 50331652.0f);
}

TEST(QuantizeInput, CountsFromItsZeroPoint) {
  EXPECT_EQ(QuantizeInput(0.0f, 10.0f, 100), 100);
  EXPECT_EQ(QuantizeInput(std::nanf(""), 10.0f, 100), 100);
  EXPECT_EQ(QuantizeInput(-0.25f, 10.0f, 100), 98);  // -2.5 goes to even
  EXPECT_EQ(QuantizeInput(-1e30f, 10.0f, 100), 0);
  EXPECT_EQ(QuantizeInput(-10.0f, 10.0f, 100), 0);
  EXPECT_EQ(QuantizeInput(-9.9f, 10.0f, 100), 1);
  EXPECT_EQ(QuantizeInput(15.4f, 10.0f, 100), 254);
  EXPECT_EQ(QuantizeInput(15.5f, 10.0f, 100), 255);
  EXPECT_EQ(QuantizeInput(1e30f, 10.0f, 255), 255);
  EXPECT_EQ(QuantizeInput(-1.0f, 1.0f, 255), 254);
}

TEST(DequantizeOutput, CountsFromItsZeroPoint) {
  EXPECT_EQ(DequantizeOutput(3, 0.25f, 7), -1.0f);
  EXPECT_EQ(DequantizeOutput(-2147483647 - 1, 1.0f, 255), -2147483904.0f);
}

}  // namespace
}  // namespace edge_int8::core

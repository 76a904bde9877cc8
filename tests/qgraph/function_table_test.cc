#include "src/qgraph/function_table.h"

#include <gtest/gtest.h>

#include <cmath>

namespace edge_int8 {
namespace {

Function Parsed(const char* text) { return ParseFunction(text).value(); }

TEST(FunctionValue, IsFiniteWhereTheFunctionIsNot) {
  const Function reciprocal = Parsed("1 x div");
  EXPECT_GE(FunctionValue(reciprocal, 0.0), 1e20);
  const Function logarithm = Parsed("log");
  EXPECT_EQ(FunctionValue(logarithm, -1.0), 0);
  EXPECT_LE(FunctionValue(logarithm, 0.0), -1e20);
  EXPECT_EQ(FunctionValue(logarithm, 1.0), 0);
}

TEST(FunctionSlope, IsTheDerivative) {
  EXPECT_NEAR(FunctionSlope(Parsed("tanh"), 0.3),
              1 - std::tanh(0.3) * std::tanh(0.3), 1e-6);
  EXPECT_NEAR(FunctionSlope(Parsed("silu"), 0.0), 0.5, 1e-9);
}

TEST(FunctionLookup, HoldsEveryCodesValueRoundedAndClamped) {
  const Function square = Parsed("x x mul");
  const TableOutput out = {.scale = 0.5, .zero = 3, .low = 0, .high = 255};
  const auto table = FunctionLookup(square, 8, 0.25, 100, out);
  ASSERT_EQ(table.size(), 256u);
  EXPECT_EQ(table[100], 3);   // x = 0
  EXPECT_EQ(table[108], 11);  // x = 2: 4 / 0.5 + 3
  EXPECT_EQ(table[92], 11);
  EXPECT_EQ(table[255], 255);  // beyond the range
  EXPECT_EQ(FunctionLookup(square, 12, 0.25, 100, out).size(), 4096u);
}

TEST(FunctionInterpolated, HoldsEverySixteenthOfSixteenBits) {
  const auto table = FunctionInterpolated(
      Parsed("abs"), 0.001, {.scale = 0.016, .low = 0, .high = 32767});
  ASSERT_EQ(table.size(), static_cast<std::size_t>(core::kInterpolateEntries));
  EXPECT_EQ(table[2048], 0);
  EXPECT_EQ(table[2049], 1);
  EXPECT_EQ(table[2047], 1);
  EXPECT_EQ(table[0], 2048);
  EXPECT_EQ(table[4096], 2048);
}

// exp(-i / 4096) in two steps, the coarse of sixteenths.
TEST(MakeExpTables, MultiplyToTheExponential) {
  const core::ExpTables tables = MakeExpTables();
  EXPECT_EQ(tables.coarse[0], 32768);
  for (const int i : {0, 1, 255, 256, 4096, 30000}) {
    const double product =
        tables.coarse[static_cast<std::size_t>(i / 256)] / 32768.0 *
        tables.fine[static_cast<std::size_t>(i % 256)] / 32768.0;
    EXPECT_NEAR(product, std::exp(-i / 4096.0), 4e-5) << i;
  }
}

}  // namespace
}  // namespace edge_int8

#include "src/qgraph/clamped_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace edge_int8 {
namespace {

Function Parsed(const std::string& text) { return ParseFunction(text).value(); }

double ValueOf(const ClampedLine& line, double x) {
  return std::clamp(line.slope * x + line.offset, line.low, line.high);
}

class Lines : public testing::TestWithParam<const char*> {};

TEST_P(Lines, AreTheFunctionEverywhere) {
  const Function function = Parsed(GetParam());
  const auto line = AsClampedLine(function);
  ASSERT_TRUE(line.has_value());
  EXPECT_GT(line->slope, 0);
  for (double x = -9; x <= 9; x += 0.125) {
    EXPECT_NEAR(ValueOf(*line, x), function(x), 1e-9) << x;
  }
}

// Falling parts that fall twice, cuts of cuts, constants on either side.
INSTANTIATE_TEST_SUITE_P(Functions, Lines,
                         testing::Values("relu", "clip:0:6", "clip:-1:1", "x",
                                         "x 2 mul", "3 x add 0 max 6 min",
                                         "1 2 x sub sub", "x 4 div 0.5 add",
                                         "x relu 3 min 2 mul 1 sub",
                                         "x -2 mul 1 min -1 mul"));

class OtherFunctions : public testing::TestWithParam<const char*> {};

TEST_P(OtherFunctions, NeedATable) {
  EXPECT_FALSE(AsClampedLine(Parsed(GetParam())).has_value());
}

INSTANTIATE_TEST_SUITE_P(Functions, OtherFunctions,
                         testing::Values("silu", "x x mul", "x -1 mul",
                                         "x 0 mul", "2 x div", "x abs",
                                         "x relu x add", "x 3 max 2 min"));

}  // namespace
}  // namespace edge_int8

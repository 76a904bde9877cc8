#include "src/graph/silu_values.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "src/qgraph/silu_table.h"

namespace edge_int8 {
namespace {

TEST(ComputeSilu, IsSiluToAFewUnitsInTheLastPlace) {
  std::vector<float> x;
  for (int i = -2000; i <= 2000; ++i) x.push_back(static_cast<float>(i) / 20);
  std::vector<float> y(x.size());
  ComputeSilu(x, y);
  for (std::size_t n = 0; n < x.size(); ++n) {
    const double exact = SiluReal(x[n]);
    EXPECT_NEAR(y[n], exact, 1e-30 + 4e-7 * std::abs(exact)) << x[n];
  }
}

TEST(ComputeSilu, DependsOnNoNeighbourAndWorksInPlace) {
  const std::vector<float> x = {-3.0f, -0.0f, 0.5f,  7.0f, 11.0f, -90.0f,
                                1.5f,  2.5f,  -4.5f, 9.0f, 0.1f,  -0.1f,
                                33.0f, -8.0f, 3.25f, 1.0f, -1.0f, 6.0f};
  std::vector<float> all = x;
  ComputeSilu(all, all);
  for (std::size_t n = 0; n < x.size(); ++n) {
    float alone = x[n];
    ComputeSilu({&alone, 1}, {&alone, 1});
    EXPECT_EQ(all[n], alone) << x[n];
  }
}

TEST(ComputeSilu, WhatIsNotFiniteStaysSo) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> x = {std::numeric_limits<float>::quiet_NaN(), kInfinity,
                          -kInfinity};
  ComputeSilu(x, x);
  for (const float y : x) EXPECT_FALSE(std::isfinite(y));
}

}  // namespace
}  // namespace edge_int8

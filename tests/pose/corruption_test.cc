#include "src/pose/corruption.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace edge_int8 {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(IsCorrupt, LooksAtEveryValue) {
  for (std::size_t at = 0; at < 67; ++at) {  // Crosses vector widths.
    for (const float bad : {kNan, -kNan, kInfinity, -kInfinity, 3.4e38f,
                            std::nextafter(1.5f, 2.0f), -1.6f}) {
      std::vector<float> values(67, 0.5f);
      EXPECT_FALSE(IsCorrupt(values));
      values[at] = bad;
      EXPECT_TRUE(IsCorrupt(values)) << bad << " at " << at;
    }
  }
}

TEST(IsCorrupt, AllowsOneAndAHalf) {
  EXPECT_FALSE(IsCorrupt(std::vector<float>{1.5f, -1.5f, 0, -0.0f}));
  EXPECT_FALSE(IsCorrupt({}));
}

TEST(ValueStatistics, CountsFiniteValuesOnly) {
  ValueStatistics found;
  found.Add(
      std::vector<float>{0, 1, -0.25f, 1.25f, kNan, kInfinity, -kInfinity});
  EXPECT_EQ(found.finite, 4);
  EXPECT_EQ(found.clipped, 2);
  EXPECT_EQ(found.min, -0.25f);
  EXPECT_EQ(found.max, 1.25f);
}

TEST(ValueStatistics, MergeEqualsOnePass) {
  ValueStatistics left, right, both;
  left.Add(std::vector<float>{0.5f, 2});
  right.Add(std::vector<float>{-1, kNan});
  both.Add(std::vector<float>{0.5f, 2, -1, kNan});
  left.Merge(right);
  left.Merge({});
  EXPECT_EQ(left.finite, both.finite);
  EXPECT_EQ(left.clipped, both.clipped);
  EXPECT_EQ(left.min, both.min);
  EXPECT_EQ(left.max, both.max);
}

}  // namespace
}  // namespace edge_int8

#include "src/quantize/calibrate/calibration_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "src/base/random.h"

namespace edge_int8 {
namespace {

std::vector<float> Normals(std::size_t n, double scale, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(n);
  for (float& v : values) v = static_cast<float>(scale * rng.Normal());
  return values;
}

int64_t TotalOfBins(const CalibrationHistogram& h) {
  int64_t total = 0;
  for (int b = 0; b < h.bins(); ++b) total += h.bin_count(b);
  return total;
}

TEST(CalibrationHistogram, CountsEveryValueInTheBinThatHoldsIt) {
  const std::vector<float> values = Normals(2000, 3, 1);
  CalibrationHistogram h;
  ASSERT_TRUE(h.Add(values));
  EXPECT_EQ(h.count(), 2000);
  EXPECT_EQ(h.min(), std::ranges::min(values));
  EXPECT_EQ(h.max(), std::ranges::max(values));
  for (int b = 0; b < h.bins(); ++b) {
    const auto inside = std::ranges::count_if(values, [&](float v) {
      return v >= h.bin_begin(b) && v < h.bin_begin(b) + h.bin_width();
    });
    ASSERT_EQ(h.bin_count(b), inside) << "bin " << b;
  }
  EXPECT_EQ(TotalOfBins(h), 2000);
}

TEST(CalibrationHistogram, UsesAtLeastHalfOfItsBins) {
  CalibrationHistogram h;
  ASSERT_TRUE(h.Add(Normals(2000, 3, 2)));
  EXPECT_LE(h.bins(), CalibrationHistogram::kMaxBins);
  EXPECT_GE(h.bins(), CalibrationHistogram::kMaxBins / 2);
}

// Ranges that grow by 12 orders of magnitude force bins to join many times.
TEST(CalibrationHistogram, DoesNotDependOnOrderOrGrouping) {
  std::vector<std::vector<float>> parts;
  for (int i = 0; i < 6; ++i) {
    parts.push_back(
        Normals(50, std::pow(10.0, 2 * i - 8), static_cast<uint64_t>(i + 3)));
  }
  parts.push_back({-1e-30f, 0.0f, 1e-30f});
  CalibrationHistogram forward, backward, merged;
  for (const auto& part : parts) {
    ASSERT_TRUE(forward.Add(part));
    CalibrationHistogram one;
    ASSERT_TRUE(one.Add(part));
    merged.Merge(one);
  }
  std::ranges::reverse(parts);
  CalibrationHistogram tail;
  for (const auto& part : parts) {
    ASSERT_TRUE((part.size() == 50 ? backward : tail).Add(part));
  }
  backward.Merge(tail);
  EXPECT_EQ(forward, merged);
  EXPECT_EQ(forward, backward);
}

TEST(CalibrationHistogram, MergingAnEmptyOneChangesNothing) {
  CalibrationHistogram h, empty;
  ASSERT_TRUE(h.Add(std::vector<float>{1.0f, -2.0f}));
  const CalibrationHistogram before = h;
  h.Merge(empty);
  EXPECT_EQ(h, before);
  empty.Merge(h);
  EXPECT_EQ(empty, h);
}

TEST(CalibrationHistogram, RefusesWhatIsNotFiniteAndCountsNothing) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    CalibrationHistogram h;
    EXPECT_FALSE(h.Add(std::vector<float>{1.0f, bad, 2.0f}));
    EXPECT_EQ(h, CalibrationHistogram());
  }
}

TEST(CalibrationHistogram, TakesConstantsOfAnySize) {
  for (const float value : {0.0f, 1e-38f, -5.0f, 3e38f, -3e38f}) {
    CalibrationHistogram h;
    ASSERT_TRUE(h.Add(std::vector<float>{value, value, value}));
    EXPECT_EQ(h.bins(), 1) << value;
    EXPECT_EQ(h.bin_center(0), value);
    EXPECT_EQ(h.Quantile(0.5), value);
  }
}

TEST(CalibrationHistogram, HoldsTheWholeFloatRangeAtOnce) {
  CalibrationHistogram h;
  ASSERT_TRUE(h.Add(std::vector<float>{-3e38f, 0.0f, 3e38f}));
  EXPECT_EQ(h.count(), 3);
  EXPECT_EQ(TotalOfBins(h), 3);
}

TEST(CalibrationHistogram, QuantilesOfAUniformDistributionAreItsShares) {
  std::vector<float> values(100000);
  Rng rng(4);
  for (float& v : values) v = static_cast<float>(rng.Uniform(-1, 3));
  CalibrationHistogram h;
  ASSERT_TRUE(h.Add(values));
  for (const double share : {0.0, 0.001, 0.25, 0.5, 0.9999, 1.0}) {
    std::vector<float> sorted = values;
    std::ranges::sort(sorted);
    const auto at = static_cast<std::size_t>(share * 99999);
    EXPECT_NEAR(h.Quantile(share), sorted[at], h.bin_width()) << share;
  }
  EXPECT_EQ(h.Quantile(0), h.min());
  EXPECT_EQ(h.Quantile(1), h.max());
}

TEST(CalibrationHistogram, AnEmptyOneHasQuantileZero) {
  EXPECT_EQ(CalibrationHistogram().Quantile(0.5), 0);
}

}  // namespace
}  // namespace edge_int8

#include "src/live/latency_counts.h"

#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

TEST(LatencyCounts, KnowsPercentilesToTwoPercent) {
  LatencyCounts counts;
  EXPECT_EQ(counts.Percentile(0.5), 0);
  for (int i = 1; i <= 1000; ++i) counts.Add(0.01 * i);
  EXPECT_NEAR(counts.Percentile(0.5), 5, 0.1);
  EXPECT_NEAR(counts.Percentile(0.99), 9.9, 0.2);
  EXPECT_EQ(counts.most(), 10);
  EXPECT_LE(counts.Percentile(1), 10);
}

TEST(LatencyCounts, TakesAnyTime) {
  LatencyCounts counts;
  for (const double ms : {0.0, -1.0, 1e-9, 1e12}) counts.Add(ms);
  EXPECT_EQ(counts.count(), 4);
  EXPECT_EQ(counts.most(), 1e12);
}

}  // namespace
}  // namespace edge_int8

#include "src/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace edge_int8 {
namespace {

// The first outputs of the authors' C code for this seed
// (prng.di.unimi.it/splitmix64.c).
TEST(Rng, IsSplitMix64) {
  Rng rng(1234567);
  for (const uint64_t expected :
       {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
        4593380528125082431u, 16408922859458223821u}) {
    EXPECT_EQ(rng.Next(), expected);
  }
}

// Data sets, splits of work and intervals are made from these streams: a
// change here changes every one of them.
TEST(Rng, StreamsAndUniformsAreFrozen) {
  EXPECT_EQ(Rng(42).Fork(0).Next(), 15348905940436235269u);
  EXPECT_EQ(Rng(42).Fork(1).Next(), 3332217838846583725u);
  EXPECT_EQ(Rng(42).Uniform(), 0x1.7bae644c5fd6dp-1);
  EXPECT_EQ(Rng(42).Below(1000), 413u);
}

TEST(Rng, ForkDoesNotAdvanceItsParent) {
  Rng rng(3);
  const uint64_t next = Rng(3).Next();
  rng.Fork(0);
  rng.Fork(1);
  EXPECT_EQ(rng.Next(), next);
}

TEST(Rng, ForksOfOneParentNeverMeet) {
  std::set<uint64_t> seen;
  const Rng rng(7);
  Rng parent(7);
  for (int i = 0; i < 1000; ++i) seen.insert(parent.Next());
  for (uint64_t stream = 0; stream < 1000; ++stream) {
    Rng child = rng.Fork(stream);
    for (int i = 0; i < 10; ++i) seen.insert(child.Next());
  }
  EXPECT_EQ(seen.size(), 11000u);
}

// Correlation of n independent uniforms is below 5 / sqrt(n) but for one seed
// in 10^6; the seeds here are fixed.
TEST(Rng, NeighbouringForksAreUncorrelated) {
  const Rng rng(11);
  constexpr int kCount = 20000;
  double product = 0;
  for (uint64_t i = 0; i < kCount; ++i) {
    product +=
        (rng.Fork(i).Uniform() - 0.5) * (rng.Fork(i + 1).Uniform() - 0.5);
  }
  EXPECT_LT(std::abs(product / kCount * 12), 5 / std::sqrt(kCount));
}

TEST(Rng, UniformFillsItsRange) {
  Rng rng(5);
  double low = 1, high = 0, sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const double value = rng.Uniform();
    low = std::min(low, value);
    high = std::max(high, value);
    sum += value;
  }
  EXPECT_GE(low, 0.0);
  EXPECT_LT(low, 0.001);
  EXPECT_LT(high, 1.0);
  EXPECT_GT(high, 0.999);
  EXPECT_NEAR(sum / 100000, 0.5, 0.005);
}

TEST(Rng, BelowReachesEveryValueAndNoOther) {
  Rng rng(9);
  std::vector<int> counts(7);
  for (int i = 0; i < 7000; ++i) ++counts[rng.Below(7)];
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
}

TEST(Rng, NormalHasMeanZeroAndDeviationOne) {
  Rng rng(13);
  double sum = 0, squares = 0;
  for (int i = 0; i < 100000; ++i) {
    const double value = rng.Normal();
    ASSERT_TRUE(std::isfinite(value));
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / 100000, 0, 0.02);
  EXPECT_NEAR(squares / 100000, 1, 0.02);
}

}  // namespace
}  // namespace edge_int8

#include "core/engine/arena_planner.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "src/base/random.h"

namespace edge_int8::core {
namespace {

bool Overlap(const ArenaBlock& a, const ArenaBlock& b) {
  const bool in_time = a.first <= b.last && b.first <= a.last;
  const bool in_place =
      a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
  return in_time && in_place && a.bytes > 0 && b.bytes > 0;
}

// The largest sum of bytes alive at one step: no plan can be smaller.
int64_t LowerBound(const std::vector<ArenaBlock>& blocks) {
  int64_t most = 0;
  for (int32_t step = 0; step < 100; ++step) {
    int64_t alive = 0;
    for (const ArenaBlock& b : blocks) {
      if (b.first <= step && step <= b.last) alive += b.bytes;
    }
    most = std::max(most, alive);
  }
  return most;
}

TEST(ArenaPlanner, AChainReusesTwoPlaces) {
  std::vector<ArenaBlock> blocks;
  for (int32_t i = 0; i < 6; ++i) blocks.push_back({128, i, i + 1, 0});
  EXPECT_EQ(PlanArena(&blocks), 256);
}

TEST(ArenaPlanner, BlocksAliveTogetherNeverOverlap) {
  Rng rng(1);
  double worst = 1;
  for (int round = 0; round < 300; ++round) {
    std::vector<ArenaBlock> blocks;
    const auto count = 1 + rng.Below(40);
    for (uint64_t i = 0; i < count; ++i) {
      const auto first = static_cast<int32_t>(rng.Below(60));
      blocks.push_back({static_cast<int64_t>(64 * rng.Below(50)), first,
                        first + static_cast<int32_t>(rng.Below(8)), 0});
    }
    const int64_t size = PlanArena(&blocks);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      EXPECT_EQ(blocks[i].offset % 64, 0);
      EXPECT_LE(blocks[i].offset + blocks[i].bytes, size);
      for (std::size_t j = 0; j < i; ++j) {
        EXPECT_FALSE(Overlap(blocks[i], blocks[j]));
      }
    }
    const int64_t bound = LowerBound(blocks);
    if (bound > 0) {
      worst = std::max(worst,
                       static_cast<double>(size) / static_cast<double>(bound));
    }
  }
  EXPECT_LT(worst, 1.5);
}

TEST(ArenaPlanner, BlocksWithoutALifeTakeNoRoom) {
  std::vector<ArenaBlock> blocks = {{0, INT32_MAX, -1, 0}, {64, 0, 0, 0}};
  EXPECT_EQ(PlanArena(&blocks), 64);
}

}  // namespace
}  // namespace edge_int8::core

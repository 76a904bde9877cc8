#include "src/graph/float_arena.h"

#include <gtest/gtest.h>

#include "src/base/random.h"

namespace edge_int8 {
namespace {

TEST(PlaceInArena, ReusesMemoryOfDeadBuffersOnly) {
  const ArenaLayout layout =
      PlaceInArena({{10, 0, 1}, {20, 1, 2}, {10, 2, 3}, {5, 2, 2}}, 4);
  EXPECT_EQ(layout.begin, (std::vector<int64_t>{4, 14, 4, 34}));
  EXPECT_EQ(layout.size, 39);
}

TEST(PlaceInArena, BuffersAliveTogetherNeverOverlap) {
  Rng rng(5);
  std::vector<ArenaBuffer> buffers;
  for (int i = 0; i < 60; ++i) {
    const int last = i + static_cast<int>(rng.Below(9));
    buffers.push_back({static_cast<int64_t>(1 + rng.Below(100)), i, last});
  }
  const ArenaLayout layout = PlaceInArena(buffers, 7);
  for (std::size_t a = 0; a < buffers.size(); ++a) {
    EXPECT_GE(layout.begin[a], 7);
    EXPECT_LE(layout.begin[a] + buffers[a].size, layout.size);
    for (std::size_t b = 0; b < a; ++b) {
      if (buffers[b].last_step < buffers[a].first_step) continue;
      EXPECT_TRUE(layout.begin[b] + buffers[b].size <= layout.begin[a] ||
                  layout.begin[a] + buffers[a].size <= layout.begin[b]);
    }
  }
}

}  // namespace
}  // namespace edge_int8

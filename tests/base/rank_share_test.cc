#include "src/base/rank_share.h"

#include <gtest/gtest.h>

#include "tests/testing/rank_of_two.h"

namespace edge_int8 {
namespace {

TEST(RankShare, SharesFollowEachOtherAndDifferByOneAtMost) {
  for (const int size : {1, 2, 3, 7, 512}) {
    for (const int64_t items : {0, 1, 5, 64, 1000}) {
      int64_t next = 0;
      for (int rank = 0; rank < size; ++rank) {
        const Share share = ShareOf(items, rank, size);
        EXPECT_EQ(share.first, next);
        EXPECT_LE(share.size(), items / size + 1);
        EXPECT_GE(share.size(), items / size);
        next = share.end;
      }
      EXPECT_EQ(next, items);
    }
  }
}

// Seven items of two values in batches of three: rank 0 has the first batch,
// rank 1 the second and the short third.
TEST(RankShare, BatchesOfAllRanksMakeTheWholeWhereTheLastIsShort) {
  const std::vector<int> whole = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
  const auto bytes = std::as_bytes(std::span(whole));
  for (const int rank : {0, 1}) {
    const std::vector<std::size_t> cut = {0, 6 * sizeof(int), bytes.size()};
    const std::size_t other = rank == 0 ? 1 : 0;
    const auto others = bytes.subspan(cut[other], cut[other + 1] - cut[other]);
    const RankOfTwo job(rank, {others.begin(), others.end()});
    const Share mine = MyShare(3);
    const Share items = ItemsOf(mine, 3, 7);
    EXPECT_EQ(items.first, rank == 0 ? 0 : 3);
    EXPECT_EQ(items.end, rank == 0 ? 3 : 7);
    std::vector<int> values(whole.size(), -1);
    for (auto i = std::size_t(2 * items.first); i < std::size_t(2 * items.end);
         ++i) {
      values[i] = whole[i];
    }
    GatherBatches(std::span(values), 7, mine, 3);
    EXPECT_EQ(values, whole) << rank;
  }
  std::vector<int> none;
  GatherBatches(std::span(none), 0, MyShare(0));
}

TEST(RankShare, OneProcessHasEverythingAlready) {
  std::vector<int> values = {1, 2, 3};
  GatherSlices(std::span(values), 0, 3);
  EXPECT_EQ(values, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(FromRoot([] { return std::string("x"); }), "x");
  RequireSameOnAllRanks("the data", "x");
}

}  // namespace
}  // namespace edge_int8

#include "src/base/rank_share.h"

#include <gtest/gtest.h>

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

TEST(RankShare, OneProcessHasEverythingAlready) {
  std::vector<int> values = {1, 2, 3};
  GatherSlices(std::span(values), 0, 3);
  EXPECT_EQ(values, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(FromRoot([] { return std::string("x"); }), "x");
  RequireSameOnAllRanks("the data", "x");
}

}  // namespace
}  // namespace edge_int8

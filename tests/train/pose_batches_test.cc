// The layout of batches and the order of windows.
#include "train/commands/pose_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "src/pose/upstream_shape.h"
#include "tests/train/random_poses.h"

namespace edge_int8::train {
namespace {

TEST(GatherBatch, PutsChannelsFirst) {
  RandomPoses poses(5, 1);
  const PoseData data = poses.data();
  const std::vector<int64_t> chosen = {4, 1};
  const PoseBatch batch = GatherBatch(data, chosen, at::kCPU);
  EXPECT_THAT(batch.windows.sizes(), testing::ElementsAre(540, 2, 1, 20));
  EXPECT_THAT(batch.targets.sizes(), testing::ElementsAre(15, 2, 2));
  EXPECT_EQ(batch.windows[100][0][0][7].item<float>(),
            poses.values()[4 * kWindowValues + 100 * 20 + 7]);
  EXPECT_EQ(batch.windows[539][1][0][19].item<float>(),
            poses.values()[1 * kWindowValues + 539 * 20 + 19]);
  EXPECT_EQ(batch.targets[3][1][1].item<float>(),
            poses.targets()[1 * kPoseValues + 3 * 2 + 1]);
}

TEST(ShuffledOrder, IsAPermutationThatSeedAndEpochDecide) {
  const std::vector<int64_t> order = ShuffledOrder(100, 42, 1);
  EXPECT_EQ(order, ShuffledOrder(100, 42, 1));
  EXPECT_NE(order, ShuffledOrder(100, 42, 2));
  EXPECT_NE(order, ShuffledOrder(100, 43, 1));
  std::vector<int64_t> sorted = order;
  std::ranges::sort(sorted);
  std::vector<int64_t> expected(100);
  std::iota(expected.begin(), expected.end(), int64_t{0});
  EXPECT_EQ(sorted, expected);
}

}  // namespace
}  // namespace edge_int8::train

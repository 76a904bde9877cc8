#include "src/quantize/reconstruct/probe_moments.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

TEST(ProbeMoments, AreTheSameEveryTimeOnWindowsLikeChannelState) {
  const Model model = SmallModel(3);
  const std::vector<ChannelMoments> moments = ProbeMoments(model);
  ASSERT_EQ(moments.size(), model.graph.tensors.size());
  for (std::size_t c = 0; c < 4; ++c) {
    EXPECT_GT(moments[0].mean[c], 0.3);
    EXPECT_LT(moments[0].mean[c], 0.6);
    EXPECT_GT(moments[0].deviation[c], 0.05);
    EXPECT_LT(moments[0].deviation[c], 0.3);
  }
  const std::vector<ChannelMoments> again = ProbeMoments(model);
  for (std::size_t t = 0; t < moments.size(); ++t) {
    EXPECT_EQ(moments[t].mean, again[t].mean);
    EXPECT_EQ(moments[t].deviation, again[t].deviation);
  }
}

// A linear layer's output is as large as its weights are.
TEST(ProbeMoments, FollowTheWeights) {
  Model model = SmallModel(3);
  const ChannelMoments before = ProbeMoments(model)[1];
  for (float& w : model.Parameter("first.weight").data) w *= 3;
  for (float& b : model.Parameter("first.bias").data) b = b * 3 + 1;
  const ChannelMoments after = ProbeMoments(model)[1];
  for (std::size_t c = 0; c < before.mean.size(); ++c) {
    EXPECT_NEAR(after.mean[c], 3 * before.mean[c] + 1, 1e-4);
    EXPECT_NEAR(after.deviation[c], 3 * before.deviation[c], 1e-4);
  }
}

}  // namespace
}  // namespace edge_int8

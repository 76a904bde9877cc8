#include "src/pose/window_targets.h"

#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

WindowTargets Classes(std::vector<int> labels, int classes) {
  Metric metric(Normalization::kClasses);
  metric.classes = classes;
  return {metric, {}, std::move(labels)};
}

TEST(WindowTargets, OfClassesHaveTheMajorityAsConstantAnswer) {
  const WindowTargets targets = Classes({2, 1, 2, 1, 0}, 4);
  EXPECT_EQ(targets.size(), 5u);
  // 1 and 2 are equally frequent: the first.
  EXPECT_EQ(targets.ConstantAnswer(), (std::vector<float>{0, 1, 0, 0}));
  EXPECT_TRUE(Classes({}, 4).ConstantAnswer().empty());
  const WindowTargets picked = targets.Pick(std::vector<int64_t>{4, 0});
  EXPECT_EQ(picked.labels, (std::vector<int>{0, 2}));
}

TEST(WindowTargets, TakeScoresForMoreClassesThanThereAre) {
  const WindowTargets targets = Classes({1, 0}, 2);
  const std::vector<float> scores = {0, 1, 0, 0, 1, 2};  // of 3 classes
  const Score score = MergeTallies(targets.Tally(scores));
  EXPECT_TRUE(score.classes);
  EXPECT_EQ(score.Top1(), 0.5);
  EXPECT_FALSE(score.mpjpe.has_value());
}

TEST(WindowTargets, OfPosesAreTalliedByTheirOwnMetric) {
  Metric metric(Normalization::kAbsolute);
  metric.joints = 1;
  metric.dims = 3;
  const WindowTargets targets{metric, {0, 0, 0, 1, 1, 1}, {}};
  EXPECT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets.ConstantAnswer(), (std::vector<float>{0.5, 0.5, 0.5}));
  const auto tallies = targets.Tally(std::vector<float>{0, 0, 0.015f, 1, 1, 3});
  EXPECT_EQ(tallies[0].hits[0], 0);
  EXPECT_EQ(tallies[0].hits[1], 1);
  EXPECT_DOUBLE_EQ(tallies[1].error_sum, 2.0);
}

}  // namespace
}  // namespace edge_int8

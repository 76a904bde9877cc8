#include "src/pose/error_profile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "src/base/random.h"
#include "tests/pose/random_poses.h"

namespace edge_int8 {
namespace {

// Errors of all sizes around the thresholds, some of them not finite.
TEST(ErrorProfile, AgreesWithTheLockedMetricAtItsThresholds) {
  Rng rng(11);
  const std::vector<float> truth = RandomPoses(200, 12);
  std::vector<float> preds = truth;
  for (float& value : preds) {
    value += static_cast<float>(rng.Uniform(-0.3, 0.3));
  }
  preds[7] = std::numeric_limits<float>::quiet_NaN();
  preds[99] = std::numeric_limits<float>::infinity();
  const ErrorProfile profile = ProfileErrors(preds, truth);
  std::array<int64_t, kPckThresholds> hits = {};
  for (const PoseTally& tally : TallyPoses(preds, truth)) {
    for (std::size_t k = 0; k < kPckThresholds; ++k) hits[k] += tally.hits[k];
  }
  EXPECT_EQ(profile.samples, 200);
  ASSERT_EQ(profile.within.size(), static_cast<std::size_t>(kProfileSteps + 1));
  for (std::size_t k = 0; k < kPckThresholds; ++k) {
    const auto step = static_cast<std::size_t>(2 * kPckPercents[k]);
    EXPECT_EQ(profile.within[step], hits[k]) << kPckPercents[k];
    EXPECT_GT(hits[k], 0);
  }
}

// Joints placed on thresholds: the boundary belongs to the smaller step.
TEST(ErrorProfile, CountsAJointOnTheThresholdAsWithin) {
  std::vector<float> truth(kPoseFloats, 0.0f);
  truth[2 * 2] = 1.0f;  // A torso of length 1 from joint 2 to joint 12.
  std::vector<float> preds = truth;
  preds[0] = 0.25f;  // 25%: step 50, exactly.
  preds[3] = std::nextafter(0.25f, 1.0f);
  const ErrorProfile profile = ProfileErrors(preds, truth);
  EXPECT_EQ(profile.within[0], 13);
  EXPECT_EQ(profile.within[49], 13);
  EXPECT_EQ(profile.within[50], 14);
  EXPECT_EQ(profile.within[51], 15);
  EXPECT_EQ(profile.within.back(), 15);
}

TEST(ErrorProfile, ABrokenTruthLeavesEveryJointOutside) {
  std::vector<float> truth(kPoseFloats, 0.5f);
  truth[4] = std::numeric_limits<float>::quiet_NaN();  // The scale's.
  const ErrorProfile profile = ProfileErrors(truth, truth);
  EXPECT_EQ(profile.within.back(), 0);
}

}  // namespace
}  // namespace edge_int8

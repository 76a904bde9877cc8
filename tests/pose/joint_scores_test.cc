#include "src/pose/joint_scores.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "src/base/random.h"
#include "tests/pose/random_poses.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

// Near enough that every threshold is passed by some joints only.
std::vector<float> Nearby(std::vector<float> poses, uint64_t seed) {
  Rng rng(seed);
  for (float& v : poses) v += static_cast<float>(rng.Uniform(-0.2, 0.2));
  return poses;
}

TEST(ScoreJoints, AddUpToTheWholeScore) {
  const std::vector<float> truth = RandomPoses(40, 1);
  std::vector<float> pred = Nearby(truth, 2);
  pred[7] = std::numeric_limits<float>::quiet_NaN();
  const auto tallies = TallyPoses(pred, truth);
  const auto joints = ScoreJoints(pred, truth);
  for (std::size_t k = 0; k < kPckThresholds; ++k) {
    int64_t whole = 0;
    int64_t parts = 0;
    for (const PoseTally& tally : tallies) whole += tally.hits[k];
    for (const JointScore& joint : joints) parts += joint.hits[k];
    EXPECT_EQ(parts, whole) << kPckPercents[k];
    EXPECT_GT(parts, 0);
    EXPECT_LT(parts, 40 * kScoredJoints);
  }
}

TEST(ScoreJoints, BlameTheJointThatIsWrong) {
  const std::vector<float> truth = RandomPoses(10, 3);
  std::vector<float> pred = truth;
  for (std::size_t n = 8; n < pred.size(); n += kPoseFloats) pred[n] += 10;
  const auto joints = ScoreJoints(pred, truth);
  for (std::size_t i = 0; i < kScoredJoints; ++i) {
    EXPECT_EQ(joints[i].samples, 10);
    EXPECT_EQ(joints[i].Pck(50), i == 4 ? 0.0 : 1.0) << i;
    EXPECT_NEAR(joints[i].error_sum, i == 4 ? 100.0 : 0.0, 1e-3) << i;
  }
}

TEST(ScoreJoints, RefuseHalfAPose) {
  const std::vector<float> truth(45, 0.0f);
  EXPECT_EQ(ErrorOf([&] { ScoreJoints(truth, truth); }).kind(),
            ErrorKind::kInternal);
}

}  // namespace
}  // namespace edge_int8

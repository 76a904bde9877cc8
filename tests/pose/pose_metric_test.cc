#include "src/pose/pose_metric.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "src/base/parallel.h"
#include "src/base/random.h"
#include "src/pose/upstream_shape.h"
#include "src/pose/window_source.h"
#include "tests/pose/random_poses.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

static_assert(kScoredJoints == kJoints);

constexpr float kMetricNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
using Hits = std::array<int32_t, kPckThresholds>;

// All joints at the origin but index 12, one unit away from index 2.
std::vector<float> PoseWithTorsoOfOne() {
  std::vector<float> pose(kPoseValues, 0.0f);
  pose[2 * 12 + 1] = 1;
  return pose;
}

std::vector<float> Shifted(std::vector<float> pose, float dx) {
  for (std::size_t i = 0; i < pose.size(); i += 2) pose[i] += dx;
  return pose;
}

std::vector<float> With(std::vector<float> pose, std::size_t at, float value) {
  pose[at] = value;
  return pose;
}

TEST(TallyPose, AJointExactlyOnTheThresholdIsAHit) {
  const auto truth = PoseWithTorsoOfOne();
  EXPECT_EQ(TallyPose(Shifted(truth, 0.5f), truth).hits,
            (Hits{0, 0, 0, 0, 15}));
  const float above = std::nextafter(0.5f, 1.0f);
  EXPECT_EQ(TallyPose(Shifted(truth, above), truth).hits, Hits{});
}

// float32 0.1 is a little more than the double 0.1 that the threshold is.
TEST(TallyPose, ComparesInDouble) {
  const auto truth = PoseWithTorsoOfOne();
  EXPECT_EQ(TallyPose(Shifted(truth, 0.1f), truth).hits,
            (Hits{0, 15, 15, 15, 15}));
  const float below = std::nextafter(0.1f, 0.0f);
  EXPECT_EQ(TallyPose(Shifted(truth, below), truth).hits,
            (Hits{15, 15, 15, 15, 15}));
}

TEST(TallyPose, ScalesWithIndices2And12AndNoOther) {
  std::vector<float> truth(kPoseValues, 0.0f);
  truth[2 * 2] = 3;  // |(3, 0) - (0, 4)| = 5
  truth[2 * 12 + 1] = 4;
  EXPECT_EQ(TallyPose(Shifted(truth, 1.0f), truth).hits,
            (Hits{0, 15, 15, 15, 15}));
  truth[2 * 7] = 1000;  // Another joint, far away.
  EXPECT_EQ(TallyPose(Shifted(truth, 1.0f), truth).hits,
            (Hits{0, 15, 15, 15, 15}));
}

TEST(TallyPose, ATorsoOfZeroCountsAsOneHundredth) {
  const std::vector<float> truth(kPoseValues, 0.0f);
  EXPECT_EQ(TallyPose(truth, truth).hits, (Hits{15, 15, 15, 15, 15}));
  EXPECT_EQ(TallyPose(Shifted(truth, 0.0019f), truth).hits,
            (Hits{0, 15, 15, 15, 15}));
  EXPECT_EQ(TallyPose(Shifted(truth, 0.0051f), truth).hits, Hits{});
}

TEST(TallyPose, AJointWithoutAFinitePredictionIsWrong) {
  const auto truth = PoseWithTorsoOfOne();
  for (const float bad : {kMetricNan, kInf, -kInf}) {
    // Also on the torso's joints: the scale comes from the truth alone.
    for (const std::size_t at : {std::size_t{6}, std::size_t{5}}) {
      const PoseTally tally = TallyPose(With(truth, at, bad), truth);
      EXPECT_EQ(tally.hits, (Hits{14, 14, 14, 14, 14}));
      EXPECT_FALSE(tally.finite);
      EXPECT_EQ(tally.error_sum, 0);
    }
  }
}

TEST(TallyPose, TheLargestFloatsDoNotOverflow) {
  const auto truth = PoseWithTorsoOfOne();
  const float largest = std::numeric_limits<float>::max();
  const PoseTally tally = TallyPose(Shifted(truth, -largest), truth);
  EXPECT_TRUE(tally.finite);
  EXPECT_NEAR(tally.error_sum / (15 * double{largest}), 1, 1e-12);
}

TEST(TallyPose, ATruthThatIsNotFiniteNeverMakesAHit) {
  const auto pred = PoseWithTorsoOfOne();
  for (const float bad : {kMetricNan, kInf, -kInf}) {
    const auto lost_joint = With(pred, 2 * 5, bad);
    EXPECT_EQ(TallyPose(pred, lost_joint).hits, (Hits{14, 14, 14, 14, 14}));
    EXPECT_FALSE(TallyPose(pred, lost_joint).finite);
    // An infinite torso must not accept everything.
    const auto lost_torso = With(pred, 2 * 12, bad);
    EXPECT_EQ(TallyPose(pred, lost_torso).hits, Hits{});
    EXPECT_EQ(TallyPose(pred, lost_joint, Normalization::kBoundingBox).hits,
              Hits{});
    EXPECT_EQ(TallyPose(pred, lost_torso, Normalization::kAbsolute).hits,
              (Hits{14, 14, 14, 14, 14}));
  }
}

TEST(TallyPose, BoundingBoxScalesWithTheDiagonalOfTheTruth) {
  std::vector<float> truth(kPoseValues, 0.0f);
  truth[2 * 4] = -1;
  truth[2 * 9] = 2;       // width 3
  truth[2 * 14 + 1] = 4;  // height 4, so the diagonal is 5
  const auto hits = [&](float shift) {
    return TallyPose(Shifted(truth, shift), truth, Normalization::kBoundingBox)
        .hits;
  };
  EXPECT_EQ(hits(1.0f), (Hits{0, 15, 15, 15, 15}));
  EXPECT_EQ(hits(2.5f), (Hits{0, 0, 0, 0, 15}));
  EXPECT_EQ(hits(2.6f), Hits{});
}

TEST(TallyPose, AbsoluteCountsThousandthsOfAUnit) {
  const auto truth = PoseWithTorsoOfOne();
  const auto hits = [&](float shift) {
    return TallyPose(Shifted(truth, shift), truth, Normalization::kAbsolute)
        .hits;
  };
  EXPECT_EQ(hits(0.0099f), (Hits{15, 15, 15, 15, 15}));
  EXPECT_EQ(hits(0.0201f), (Hits{0, 0, 15, 15, 15}));
  EXPECT_EQ(hits(0.0501f), Hits{});
}

TEST(TallyPose, OfTooFewJointsIsABug) {
  const std::vector<float> pose(28);
  EXPECT_EQ(ErrorOf([&] { TallyPose(pose, pose); }).kind(),
            ErrorKind::kInternal);
}

TEST(Metric, IdsAndNamesAreDistinctAndFrozen) {
  EXPECT_EQ(MetricId(Normalization::kTorso), "torso-pck/1");
  EXPECT_EQ(MetricId(Normalization::kBoundingBox), "bbox-pck/1");
  EXPECT_EQ(MetricId(Normalization::kAbsolute), "abs-pck/1");
  EXPECT_EQ(NormalizationName(Normalization::kTorso), "torso");
  EXPECT_EQ(NormalizationName(Normalization::kBoundingBox), "bbox");
  EXPECT_EQ(NormalizationName(Normalization::kAbsolute), "absolute");
}

TEST(Score, IsOneFlatMeanOverWindowsAndJoints) {
  const auto truth = PoseWithTorsoOfOne();
  const std::vector<PoseTally> tallies = {
      TallyPose(truth, truth), TallyPose(Shifted(truth, 0.25f), truth),
      TallyPose(With(truth, 0, 0.375f), truth)};
  const Score score = MergeTallies(tallies);
  EXPECT_EQ(score.samples, 3);
  EXPECT_EQ(score.Pck(10), 29.0 / 45);
  EXPECT_EQ(score.Pck(20), 29.0 / 45);
  EXPECT_EQ(score.Pck(30), 44.0 / 45);
  EXPECT_EQ(score.Pck(40), 1);
  EXPECT_EQ(score.Pck(50), 1);
  EXPECT_EQ(score.mpjpe, (15 * 0.25 + 0.375) / 45);
  EXPECT_EQ(ErrorOf([&] { score.Pck(25); }).kind(), ErrorKind::kInternal);
}

TEST(Score, HasNoMpjpeOnceAPredictionIsNotFinite) {
  const auto truth = PoseWithTorsoOfOne();
  const Score score =
      MergeTallies(std::vector{TallyPose(With(truth, 3, kMetricNan), truth),
                               TallyPose(Shifted(truth, 0.25f), truth)});
  EXPECT_EQ(score.Pck(50), 29.0 / 30);
  EXPECT_FALSE(score.mpjpe.has_value());
  EXPECT_EQ(
      ToJson(score).dump(),
      R"({"finite_samples":1,"mpjpe":null,"mpjpe_finite":0.25,"pa_mpjpe":null,)"
      R"("pck@10":0.4666666666666667,"pck@20":0.4666666666666667,)"
      R"("pck@30":0.9666666666666667,"pck@40":0.9666666666666667,)"
      R"("pck@50":0.9666666666666667,"samples":2})");
}

TEST(Score, OfNothingFiniteHasNoMpjpeAtAll) {
  const auto truth = PoseWithTorsoOfOne();
  const std::vector<float> lost(kPoseValues, kMetricNan);
  const Score score = MergeTallies(std::vector{TallyPose(lost, truth)});
  EXPECT_EQ(score.Pck(50), 0);
  EXPECT_EQ(ToJson(score)["finite_samples"], 0);
  EXPECT_TRUE(ToJson(score)["mpjpe_finite"].is_null());
}

TEST(Score, AsJsonHasTheKeysOfTheContract) {
  const auto truth = PoseWithTorsoOfOne();
  const Score score = MergeTallies(std::vector{TallyPose(truth, truth)});
  EXPECT_EQ(
      ToJson(score).dump(),
      R"({"mpjpe":0.0,"pa_mpjpe":0.0,"pck@10":1.0,"pck@20":1.0,"pck@30":1.0,)"
      R"("pck@40":1.0,"pck@50":1.0,"samples":1})");
}

TEST(Score, OfNoWindowsIsBadInput) {
  EXPECT_EQ(ErrorOf([] { MergeTallies({}); }).kind(), ErrorKind::kBadInput);
}

TEST(MeanPose, IsWhatAConstantPredictorAnswers) {
  const auto left = PoseWithTorsoOfOne(), right = Shifted(left, 0.25f);
  std::vector<float> targets = left;
  targets.insert(targets.end(), right.begin(), right.end());
  const auto mean = MeanPose(targets);
  EXPECT_EQ(mean, Shifted(left, 0.125f));
  // It is 0.125 torsos off everywhere: nothing at 10, everything at 20.
  const Score score =
      MergeTallies(std::vector{TallyPose(mean, left), TallyPose(mean, right)});
  EXPECT_EQ(score.Pck(10), 0);
  EXPECT_EQ(score.Pck(20), 1);
  EXPECT_EQ(score.mpjpe, 0.125);
}

TEST(MeanPose, LeavesOutPosesThatAreNotFinite) {
  const auto pose = PoseWithTorsoOfOne();
  std::vector<float> targets = With(pose, 4, kMetricNan);
  EXPECT_TRUE(MeanPose(targets).empty());
  targets.insert(targets.end(), pose.begin(), pose.end());
  EXPECT_EQ(MeanPose(targets), pose);
  EXPECT_TRUE(MeanPose({}).empty());
}

TEST(TallyPoses, GivesTheSameBitsForAnyThreadCount) {
  const auto preds = RandomPoses(500, 1), truths = RandomPoses(500, 2);
  SetThreads(1);
  const Score one = MergeTallies(TallyPoses(preds, truths));
  EXPECT_GT(one.Pck(20), 0);
  for (const int threads : {2, 3, 8}) {
    SetThreads(threads);
    const Score many = MergeTallies(TallyPoses(preds, truths));
    EXPECT_EQ(many.pck, one.pck);
    EXPECT_EQ(many.mpjpe, one.mpjpe);
  }
  SetThreads(0);
}

TEST(TallyPoses, PckDoesNotDependOnTheOrderOfWindows) {
  auto tallies = TallyPoses(RandomPoses(500, 1), RandomPoses(500, 2));
  const Score forward = MergeTallies(tallies);
  std::ranges::reverse(tallies);
  const Score backward = MergeTallies(tallies);
  EXPECT_EQ(forward.pck, backward.pck);
  // A sum of 500 doubles: each addition rounds by 2^-53 of its value.
  EXPECT_NEAR(*forward.mpjpe, *backward.mpjpe, 1e-13);
}

TEST(TallyPoses, OfUnequalCountsIsABug) {
  EXPECT_EQ(
      ErrorOf([] { TallyPoses(RandomPoses(2, 1), RandomPoses(1, 1)); }).kind(),
      ErrorKind::kInternal);
}

}  // namespace
}  // namespace edge_int8

// pair-pck/1, MPJPE and pa-mpjpe/1 against NumPy's numbers, and the metrics of
// other sets by hand. tests/golden/pose_metric/make_pair_metric.py wrote them.
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "src/pose/pose_metric.h"
#include "src/pose/procrustes.h"
#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

TEST(PairMetric, AgreesWithNumPyForAnyJointsInTwoAndThreeDimensions) {
  const auto cases = nlohmann::json::parse(
      ReadText(kSourceDir + "/tests/golden/pose_metric/pair_metric.json"));
  ASSERT_EQ(cases.size(), 5u);
  for (const auto& c : cases) {
    Metric metric(Normalization::kPair);
    metric.joints = c["joints"].get<int>();
    metric.dims = c["dims"].get<int>();
    metric.pair = c["pair"].get<std::array<int, 2>>();
    metric.floor = c["floor"].get<double>();
    const Score score =
        MergeTallies(TallyPoses(c["pred"].get<std::vector<float>>(),
                                c["truth"].get<std::vector<float>>(), metric));
    EXPECT_EQ(score.samples, 12);
    for (std::size_t k = 0; k < kPckThresholds; ++k) {
      EXPECT_DOUBLE_EQ(score.pck[k], c["pck"][k].get<double>()) << k;
    }
    EXPECT_NEAR(*score.mpjpe, c["mpjpe"].get<double>(), 1e-12);
    EXPECT_NEAR(*score.pa_mpjpe, c["pa_mpjpe"].get<double>(), 1e-9)
        << metric.joints << " joints in " << metric.dims << "-D";
  }
}

TEST(PairMetric, OfUpstreamsJointsIsUpstreamsMetric) {
  std::vector<float> truth(kPoseFloats), pred(kPoseFloats);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    truth[i] = static_cast<float>((i * 7) % 30) / 30;
    pred[i] = truth[i] + static_cast<float>(i) / 300;
  }
  EXPECT_EQ(TallyPose(pred, truth, Metric(Normalization::kPair)).hits,
            TallyPose(pred, truth).hits);
}

TEST(PairMetric, SaysItsParameters) {
  Metric metric(Normalization::kPair);
  metric.pair = {5, 12};
  EXPECT_EQ(MetricText(metric), "pair-pck/1(5,12,0.01)");
  nlohmann::json json;
  WriteMetric(metric, json);
  EXPECT_EQ(json.dump(),
            R"({"metric":"pair-pck/1","metric_parameters":{"floor":0.01,)"
            R"("pair":[5,12]},"normalization":"pair"})");
}

TEST(AlignedErrorSum, ForgetsPlaceSizeAndDirectionButNotSides) {
  const std::vector<float> truth = {0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3};
  std::vector<float> turned, mirrored;  // about z by 90 degrees, doubled, moved
  for (std::size_t j = 0; j < 4; ++j) {
    const float x = truth[3 * j], y = truth[3 * j + 1], z = truth[3 * j + 2];
    turned.insert(turned.end(), {-2 * y + 5, 2 * x - 1, 2 * z + 3});
    mirrored.insert(mirrored.end(), {-x, y, z});
  }
  EXPECT_NEAR(AlignedErrorSum(turned, truth, 3), 0, 1e-12);
  EXPECT_GT(AlignedErrorSum(mirrored, truth, 3), 0.5);
}

TEST(AlignedErrorSum, OfOneSinglePointIsTheDistanceFromTheCentre) {
  const std::vector<float> truth = {0, 0, 2, 0};
  EXPECT_DOUBLE_EQ(AlignedErrorSum(std::vector<float>{7, 7, 7, 7}, truth, 2),
                   2.0);
  EXPECT_EQ(
      AlignedErrorSum(std::vector<float>{7, 7}, std::vector<float>{1, 2}, 2),
      0.0);
}

TEST(TallyClass, TakesTheFirstLargestScoreAndNoneWithANaN) {
  EXPECT_EQ(TallyClass(std::vector<float>{1, 3, 3}, 1).hits[0], 1);
  EXPECT_EQ(TallyClass(std::vector<float>{1, 3, 3}, 2).hits[0], 0);
  const PoseTally lost = TallyClass(
      std::vector<float>{1, std::numeric_limits<float>::quiet_NaN()}, 0);
  EXPECT_EQ(lost.hits[0], 0);
  EXPECT_FALSE(lost.finite);
  const Score score = MergeTallies(
      std::vector<PoseTally>{TallyClass(std::vector<float>{1, 0}, 0), lost});
  EXPECT_EQ(ToJson(score).dump(),
            R"({"finite_samples":1,"samples":2,"top1":0.5})");
}

}  // namespace
}  // namespace edge_int8

#include "src/run/fx_trained.h"

#include <gtest/gtest.h>

#include "src/study/fx/fx_fuse.h"
#include "tests/study/fx/fx_golden.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

class FxTrainedTest : public testing::Test {
 protected:
  FxTrainedTest() : fused_(FuseAsFx(model_)) {
    for (const FxGrid& grid : PlaceAsFx(fused_.graph).grids) {
      trained_.ranges[grid.name] = {-2, 3};
      trained_.ranges_apart[grid.name] = {-1, 1};
    }
  }

  std::vector<float> Pose(const FxChoices& choices) const {
    std::vector<float> window(kWindowValues), pose(kPoseValues);
    FxGoldenWindows().Read(3, window);
    DeployAsFx(model_, trained_, choices)->Predict(window, 1, pose);
    return pose;
  }

  const Model model_ = FxGoldenModel();
  const Model fused_;
  FxTrained trained_;
};

TEST_F(FxTrainedTest, ALogGivesWhatItWasGiven) {
  trained_.weights["decoder.3.weight"] = {0.5f, 0.25f};
  const nlohmann::json json = ToJson(trained_);
  const FxTrained back = FxTrainedFromJson(JsonPlace(json, "log.json"));
  EXPECT_EQ(ToJson(back), json);
}

TEST_F(FxTrainedTest, ARangeThatIsNoPairIsNamed) {
  nlohmann::json json = ToJson(trained_);
  json["ranges"]["input"] = {1};
  const Error error =
      ErrorOf([&] { FxTrainedFromJson(JsonPlace(json, "log.json")); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_NE(std::string(error.what()).find("/ranges/input"), std::string::npos)
      << error.what();
}

TEST_F(FxTrainedTest, AGridWithoutARangeIsNamed) {
  trained_.ranges.erase("decoder.5");
  const Error error = ErrorOf([&] { Pose(FxTrainedChoices()); });
  EXPECT_NE(std::string(error.what()).find("decoder.5"), std::string::npos);
}

// Outputs are codes of the pool's grid; one may fall to the other side of a
// tie.
TEST_F(FxTrainedTest, DeploysWhatConvertFxDeploys) {
  FxTrained golden;
  golden.ranges = FxGoldenRanges("qat_ranges.txt");
  golden.ranges_apart = golden.ranges;
  std::map<std::string, std::size_t> rows;
  for (const Node& node : model_.graph.nodes) {
    if (const auto* conv = std::get_if<Conv>(&node.op)) {
      rows[conv->weight] = static_cast<std::size_t>(conv->out_channels);
    }
  }
  const auto reach = ReadNpyTensor(FxGoldenFile("qat_reach.npy")).data;
  auto next = reach.begin();
  for (const auto& [name, count] : rows) {
    const auto end = next + static_cast<std::ptrdiff_t>(count);
    golden.weights[name].assign(next, end);
    next = end;
  }
  const auto deployed =
      DeployAsFx(FxGoldenModel("qat_weights.npy"), golden, FxTrainedChoices());
  const auto expected = ReadNpyTensor(FxGoldenFile("qat_deployed.npy")).data;
  const float step = ScaleOf(golden.ranges.at("decoder.5"), 127).scale;
  std::size_t same = 0;
  for (int64_t w = 24; w < 32; ++w) {
    std::vector<float> window(kWindowValues), pose(kPoseValues);
    FxGoldenWindows().Read(w, window);
    deployed->Predict(window, 1, pose);
    for (std::size_t i = 0; i < pose.size(); ++i) {
      const auto at = static_cast<std::size_t>(w - 24) * pose.size() + i;
      same += std::abs(pose[i] - expected[at]) < 0.01f * step ? 1 : 0;
    }
  }
  EXPECT_GE(same, expected.size() * 95 / 100);
  // Weights on other scales are other weights.
  std::vector<float> window(kWindowValues), pose(kPoseValues), other = pose;
  FxGoldenWindows().Read(24, window);
  deployed->Predict(window, 1, pose);
  for (float& r : golden.weights.at("decoder.3.weight")) r *= 0.3f;
  DeployAsFx(FxGoldenModel("qat_weights.npy"), golden, FxTrainedChoices())
      ->Predict(window, 1, other);
  EXPECT_NE(pose, other);
}

TEST_F(FxTrainedTest, VariantsAreOfWhatWasTrained) {
  bool cut = false, apart = false;
  for (const FxVariant& variant : FxTrainedVariants()) {
    EXPECT_FALSE(variant.choices.fuse_behind_cut) << variant.key;
    cut |= variant.choices.cut_at_top;
    if (variant.choices.ranges == FxRangeMethod::kMovingAverageApart) {
      apart = true;
    } else {
      EXPECT_EQ(variant.choices.ranges, FxRangeMethod::kMovingAverage);
    }
  }
  EXPECT_TRUE(cut && apart);
}

}  // namespace
}  // namespace edge_int8

#include "src/run/explain_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "src/eval/predictor.h"
#include "src/eval/split_scoring.h"
#include "src/pose/upstream_shape.h"
#include "src/run/load_predictor.h"
#include "tests/pose/small_folder.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// 20 files of 2 windows, 3 of them validation, and a random network.
class ExplainTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder;
    FolderSpec spec;
    spec.files = 20;
    spec.windows_per_file = 2;
    Rng rng(8);
    double level = 0.5;
    for (int64_t n = 0; n < 40 * kWindowValues; ++n) {
      level = 0.8 * level + 0.2 * rng.Uniform();
      spec.values.push_back(static_cast<float>(level));
    }
    WriteFolder(*folder_ / "data", spec);
    WriteRandomCheckpoint(*folder_ / "tiny.pth", "tiny", 3);
    dataset_ = new Dataset(Dataset::Open(*folder_ / "data"));
    explanation_ = new Explanation(Explain(*dataset_, Options()));
  }
  static void TearDownTestSuite() {
    delete explanation_;
    delete dataset_;
    delete folder_;
  }
  static ExplainOptions Options() {
    ExplainOptions options;
    options.checkpoint = *folder_ / "tiny.pth";
    options.request = PlainRequest();
    options.request.calib_batches = 1;
    return options;
  }

  static TempFolder* folder_;
  static Dataset* dataset_;
  static Explanation* explanation_;
};
TempFolder* ExplainTest::folder_ = nullptr;
Dataset* ExplainTest::dataset_ = nullptr;
Explanation* ExplainTest::explanation_ = nullptr;

TEST_F(ExplainTest, TheLadderBeginsAtTheCheckpointAndEndsAtTheEngine) {
  const Explanation& e = *explanation_;
  ASSERT_EQ(e.ladder.size(), 6u);
  const SplitTruth truth =
      LoadSplitTruth(*dataset_, Split::kVal, Subset::kClean);
  const SelectionSource windows(*dataset_, truth.selection.windows);
  const auto score = [&](Predictor& predictor) {
    return MergeTallies(truth.Tally(PredictAll(predictor, windows, "test")));
  };
  const auto fp32 = LoadPredictor(*folder_ / "tiny.pth");
  EXPECT_NEAR(*score(*fp32.predictor).mpjpe,
              *e.ladder.front().result.score.mpjpe, 1e-5);
  const SourceModel source = LoadSourceModel(*folder_ / "tiny.pth", {});
  const CalibrationSet set = CalibrateOnTrainSplit(*dataset_);
  const QuantizedModel quantized = QuantizeByRecipe(
      source, set, MeasureActivations(source, set, 1, 42), Options().request);
  const auto engine = MakeIntegerPredictor(quantized.artifact.graph);
  EXPECT_EQ(score(*engine).mpjpe, e.ladder.back().result.score.mpjpe);
  // Scalar or not, integers are integers.
  EXPECT_EQ(e.ladder[4].result.snr_db, e.ladder[5].result.snr_db);
}

TEST_F(ExplainTest, TheSimulationIsNearTheIntegers) {
  const Explanation& e = *explanation_;
  EXPECT_TRUE(std::isinf(e.ladder[1].result.snr_db));
  // Random poses hardly vary, so only differences of SNR mean something:
  // folding costs the last bits of floats.
  EXPECT_GT(e.ladder[0].result.snr_db, e.ladder[3].result.snr_db + 60);
  EXPECT_NEAR(e.ladder[3].result.snr_db, e.ladder[4].result.snr_db, 3);
}

TEST_F(ExplainTest, JsonHasWhatAReportNeeds) {
  const json j = ToJson(*explanation_);
  EXPECT_EQ(j["metric"], "torso-pck/1");
  EXPECT_EQ(j["split"], "val");
  EXPECT_EQ(j["subset"], "clean");
  EXPECT_EQ(j["windows"], 6);
  EXPECT_EQ(j["files"], 3);
  EXPECT_EQ(j["baseline_mean_pose"]["samples"], 6);
  EXPECT_EQ(j["ladder"].size(), 6u);
  EXPECT_EQ(j["joints"].size(), 15u);
  std::set<std::string> kinds;
  for (const json& t : j["tensors"]) {
    kinds.insert(t["kind"]);
    EXPECT_EQ(t["only"]["samples"], 6) << t["name"];
    EXPECT_TRUE(t["only"]["loss_pp"].contains("pck@20"));
    EXPECT_TRUE(t["all_but"]["gain_pp"].contains("pck@10"));
    EXPECT_TRUE(t.contains(t["kind"] == "weight" ? "params" : "values"));
  }
  EXPECT_EQ(kinds, (std::set<std::string>{"activation", "weight"}));
}

// So that the sum of the steps is the whole loss.
TEST_F(ExplainTest, LossesOfTheLadderAddUp) {
  const json j = ToJson(*explanation_);
  for (const std::string key : {"pck@10", "pck@20", "pck@50"}) {
    double sum = 0;
    for (const json& step : j["ladder"]) {
      sum += step["loss_pp"][key].get<double>();
    }
    EXPECT_NEAR(
        sum,
        100 * (j["fp32"][key].get<double>() - j["int8"][key].get<double>()),
        1e-9);
  }
}

TEST_F(ExplainTest, JointsAddUpToTheScore) {
  const json j = ToJson(*explanation_);
  for (const std::string model : {"fp32", "int8"}) {
    double sum = 0;
    for (const json& joint : j["joints"]) {
      sum += joint[model]["pck@50"].get<double>();
    }
    EXPECT_NEAR(sum / 15, j[model]["pck@50"].get<double>(), 1e-9) << model;
  }
}

TEST_F(ExplainTest, ATableNamesTheWorstTensorsFirst) {
  const std::string table = ExplanationTable(*explanation_, 3);
  EXPECT_THAT(table, HasSubstr("val split (seed42), clean subset, 6 windows"));
  EXPECT_THAT(table, HasSubstr("integer rounding"));
  const auto worst = std::ranges::min_element(
      explanation_->tensors, {},
      [](const ExplainedTensor& t) { return t.only.snr_db; });
  EXPECT_THAT(table, HasSubstr(worst->tensor.name));
  EXPECT_GT(ExplanationTable(*explanation_, 0).size(), table.size());
}

TEST_F(ExplainTest, APlanCanBeExplainedInsteadOfARecipe) {
  ExplainOptions options = Options();
  options.windows = 2;
  const SourceModel source = LoadSourceModel(options.checkpoint, {});
  const CalibrationSet set = CalibrateOnTrainSplit(*dataset_);
  options.plan = *folder_ / "plan.json";
  WritePlan(options.plan,
            MakeByRecipe(source, set, MeasureActivations(source, set, 1, 42),
                         options.request)
                .plan,
            IfExists::kReplace);
  options.request.recipe = "never read";
  const Explanation e = Explain(*dataset_, options);
  EXPECT_EQ(e.windows, 2);
  EXPECT_EQ(e.recipe, explanation_->recipe);
}

}  // namespace
}  // namespace edge_int8

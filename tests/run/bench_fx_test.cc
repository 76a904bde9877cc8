// `bench --recipe fx-fbgemm` from end to end.
#include "src/run/bench_fx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "src/formats/npy.h"
#include "src/nets/network_file.h"
#include "src/pose/synth_dataset.h"
#include "src/run/bench_run.h"
#include "src/run/evaluate_model.h"
#include "src/run/fx_trained.h"
#include "src/study/fx/fx_fuse.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/run_quietly.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class BenchFxTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder;
    WriteRandomCheckpoint(*folder_ / "tiny.pth", "tiny", 3);
    WriteSyntheticDataset(*folder_ / "data", {.files = 20, .windows = 2},
                          IfExists::kFail);
    BenchOptions options;
    options.checkpoint = *folder_ / "tiny.pth";
    options.data = *folder_ / "data";
    options.recipe = std::string(kFxRecipe);
    options.calib_batches = 1;
    options.out = *folder_ / "run";
    printed_ = RunQuietly([&] { RunBench(options); });
    results_ = json::parse(ReadText(*folder_ / "run" / "results.json"));
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
    results_.clear();
  }

  static TempFolder* folder_;
  static std::string printed_;
  static json results_;
};
TempFolder* BenchFxTest::folder_ = nullptr;
std::string BenchFxTest::printed_;
json BenchFxTest::results_;

TEST_F(BenchFxTest, TheRowSaysThatItIsASimulation) {
  const json& row = results_["int8"]["fx-ptq"];
  EXPECT_EQ(row["recipe"], "fx-fbgemm");
  EXPECT_EQ(row["division"], "closed");
  EXPECT_TRUE(row["artifact"].is_null());
  EXPECT_TRUE(row["sha256"].is_null());
  EXPECT_EQ(row["simulated"]["clean"]["samples"], row["clean"]["samples"]);
  EXPECT_EQ(results_["fx_fbgemm"]["kind"], "simulated FX int8 graph");
  EXPECT_THAT(printed_, HasSubstr("simulated FX int8 graph"));
  // The default recipe stands beside it, as a real artifact.
  EXPECT_EQ(results_["int8"]["ptq"]["recipe"], "lossless");
  EXPECT_FALSE(results_["int8"]["ptq"]["artifact"].is_null());
}

TEST_F(BenchFxTest, EachChoiceHasItsCost) {
  const json& base = results_["int8"]["fx-ptq"]["clean"];
  const json& choices = results_["fx_fbgemm"]["choices"];
  ASSERT_EQ(choices.size(), FxVariants().size());
  for (const json& choice : choices) {
    EXPECT_DOUBLE_EQ(
        choice["cost"]["pck@20"],
        choice["clean"]["pck@20"].get<double>() - base["pck@20"].get<double>());
    EXPECT_LE(choice["cost"]["ci95"][0], choice["cost"]["pck@20"]);
    EXPECT_GE(choice["cost"]["ci95"][1], choice["cost"]["pck@20"]);
    EXPECT_THAT(printed_, HasSubstr(choice["title"].get<std::string>()));
  }
}

TEST_F(BenchFxTest, EveryGridHasItsScale) {
  const json& scales = results_["fx_fbgemm"]["scales"];
  EXPECT_EQ(scales.size(), results_["fx_fbgemm"]["grids"]);
  EXPECT_EQ(scales["input"][1], 0);  // CSI is not negative
  for (const auto& [name, scale] : scales.items()) {
    EXPECT_GT(scale[0], 0) << name;
  }
}

// What another program is given to compare with.
TEST_F(BenchFxTest, PredictionsAndCalibrationWindowsAreFiles) {
  const json& fx = results_["fx_fbgemm"];
  const Dataset dataset = Dataset::Open(*folder_ / "data");
  EvaluateOptions options;
  options.predictions = fx["predictions"].get<std::string>();
  options.subset = Subset::kFull;
  EXPECT_EQ(ToJson(Evaluate(dataset, options))["score"],
            results_["int8"]["fx-ptq"]["full"]);
  const MappedNpy file(fx["calibration"].get<std::string>());
  const std::vector<int64_t> windows = file.view().Integers();
  const Selection train = dataset.Select(Split::kTrain, Subset::kClean);
  EXPECT_THAT(windows, testing::UnorderedElementsAreArray(train.windows));
}

// From files as the trainer writes them, with ranges that are made up.
TEST_F(BenchFxTest, WhatWasTrainedStandsBesideWhatWasPromised) {
  const Model model = LoadNetwork(*folder_ / "tiny.pth", {});
  FxTrained trained;
  for (const FxGrid& grid : PlaceAsFx(FuseAsFx(model).graph).grids) {
    trained.ranges[grid.name] = {-4, 4};
  }
  trained.ranges_apart = trained.ranges;
  json log = ToJson(trained);
  const json score = results_["fp32"]["clean"];
  log["promised"] = {{"full", score}, {"clean", score}};
  log["frozen"] = log["promised"];
  log["best"] = {{"epoch", 2}};
  log["curve"] = json::array();
  WriteFile(*folder_ / "log.json", log.dump(), IfExists::kReplace);

  int predicted = 0;
  const FxScoring scoring{
      [&](Predictor&, const std::string&) {
        return std::vector<float>{static_cast<float>(++predicted)};
      },
      [](const std::vector<float>& poses) {
        SubsetScores scores;
        scores.clean.samples = static_cast<int64_t>(poses[0]);
        return scores;
      },
      [](const SubsetScores&, const SubsetScores&) { return Interval{}; }};
  BenchRow row;
  row.label = "fx-qat";
  const FxTrainedResult result =
      RunFxTrained(*folder_ / "tiny.pth", {}, *folder_ / "log.json",
                   std::move(row), scoring);
  EXPECT_EQ(result.row.division, "open");
  EXPECT_EQ(result.row.recipe, "fx-fbgemm");
  EXPECT_EQ(result.row.training["best_epoch"], 2);
  EXPECT_EQ(result.row.scores.clean.samples, 1) << "deployed is scored first";
  EXPECT_EQ(ToJson(result.row.simulated->clean)["pck@20"], score["pck@20"]);
  EXPECT_EQ(result.choices.size(), FxTrainedVariants().size());
  EXPECT_EQ(ToJson(result)["choices"][0]["choice"], "cut-at-top");
  EXPECT_THAT(RenderFxTrained(result), HasSubstr("observers frozen"));
}

}  // namespace
}  // namespace edge_int8

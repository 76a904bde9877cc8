#include "src/run/evaluate_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "src/base/sha256.h"
#include "src/eval/split_scoring.h"
#include "src/formats/npy.h"
#include "src/pose/upstream_shape.h"
#include "tests/pose/small_folder.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/fixtures.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// 20 files of 2 windows: 14 train, 3 val, 3 test.
class EvaluateTest : public testing::Test {
 protected:
  void SetUp() override {
    FolderSpec spec;
    spec.files = 20;
    spec.windows_per_file = 2;
    WriteFolder(folder_ / "data", spec);
    dataset_.emplace(Dataset::Open(folder_ / "data"));
  }
  std::filesystem::path WritePoses(const std::string& name,
                                   const std::vector<float>& poses) const {
    const auto count = static_cast<int64_t>(poses.size()) / kPoseValues;
    WriteFile(folder_ / name, NpyBytes({count, kJoints, 2}, poses),
              IfExists::kReplace);
    return folder_ / name;
  }
  EvaluateOptions Predictions(const std::filesystem::path& path) const {
    EvaluateOptions options;
    options.predictions = path;
    options.subset = Subset::kFull;
    return options;
  }

  const TempFolder folder_;
  std::optional<Dataset> dataset_;
};

TEST_F(EvaluateTest, PredictionsMayBeOfTheSelectionOrOfTheSet) {
  std::vector<int64_t> all(40);
  std::iota(all.begin(), all.end(), 0);
  std::vector<float> poses = dataset_->targets().Pick(all).poses;
  poses[0] += 1;
  for (std::size_t i = 0; i < poses.size(); i += 7) poses[i] += 0.003f;
  const Selection test = dataset_->Select(Split::kTest, Subset::kFull);
  std::vector<float> selected;
  for (const int64_t w : test.windows) {
    const auto first = poses.begin() + w * kPoseValues;
    selected.insert(selected.end(), first, first + kPoseValues);
  }
  const Evaluation of_set =
      Evaluate(*dataset_, Predictions(WritePoses("set.npy", poses)));
  const Evaluation of_test =
      Evaluate(*dataset_, Predictions(WritePoses("test.npy", selected)));
  EXPECT_EQ(of_set.score.samples, 6);
  EXPECT_EQ(of_set.score.pck, of_test.score.pck);
  EXPECT_EQ(of_set.score.mpjpe, of_test.score.mpjpe);
  EXPECT_GT(of_set.score.mpjpe, 0.0001);
  EXPECT_EQ(of_set.files, 3);
  EXPECT_EQ(of_set.sha256, Sha256File(folder_ / "set.npy"));
  EXPECT_NE(of_set.sha256, of_test.sha256);
}

TEST_F(EvaluateTest, AModelIsScoredAsItsOwnPredictions) {
  WriteSmallModelFiles(folder_.path());
  for (const char* name : {"tiny.pth", "tiny.ei8"}) {
    EvaluateOptions options;
    options.model = folder_ / name;
    options.split = Split::kVal;
    options.subset = Subset::kFull;
    const Evaluation evaluation = Evaluate(*dataset_, options);
    EXPECT_EQ(evaluation.score.samples, 6);
    EXPECT_EQ(evaluation.sha256, Sha256File(folder_ / name));
    // All windows are zeros, so there is one pose.
    const SplitTruth truth =
        LoadSplitTruth(*dataset_, Split::kVal, Subset::kFull);
    EXPECT_EQ(evaluation.baseline_mean_pose.pck,
              MergeTallies(truth.mean_pose).pck);
    const json j = ToJson(evaluation);
    EXPECT_EQ(j["model"]["path"], (folder_ / name).string());
    EXPECT_EQ(j["model"]["sha256"], evaluation.sha256);
  }
}

TEST_F(EvaluateTest, JsonHasTheContractsKeys) {
  const Evaluation evaluation = Evaluate(
      *dataset_, Predictions(WritePoses("p.npy", std::vector<float>(1200))));
  const json j = ToJson(evaluation);
  EXPECT_EQ(j["metric"], "torso-pck/1");
  EXPECT_EQ(j["normalization"], "torso");
  EXPECT_EQ(j["split"], "test");
  EXPECT_EQ(j["subset"], "full");
  for (const char* block : {"score", "baseline_mean_pose"}) {
    EXPECT_EQ(j[block]["samples"], 6);
    for (const int percent : kPckPercents) {
      EXPECT_TRUE(j[block].contains("pck@" + std::to_string(percent)));
    }
    EXPECT_TRUE(j[block]["mpjpe"].is_number());
  }
  const std::string table = EvaluationTable(evaluation);
  EXPECT_THAT(table, HasSubstr("p.npy"));
  EXPECT_THAT(table, HasSubstr("torso-pck/1"));
}

TEST_F(EvaluateTest, PredictionsOfAnotherShapeAreNamed) {
  const auto path = WritePoses("seven.npy", std::vector<float>(7 * 30));
  const Error error = ErrorOf([&] { Evaluate(*dataset_, Predictions(path)); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("seven.npy"));
  EXPECT_THAT(error.what(), HasSubstr("has shape [7, 15, 2], expected"));
  EXPECT_THAT(error.what(), HasSubstr("n = 6"));
  EXPECT_THAT(error.what(), HasSubstr("40"));
  WriteFile(folder_ / "flat.npy", NpyBytes({6, 30}, std::vector<float>(180)),
            IfExists::kFail);
  EXPECT_EQ(ErrorOf([&] {
              Evaluate(*dataset_, Predictions(folder_ / "flat.npy"));
            }).kind(),
            ErrorKind::kBadInput);
}

// The original code's numbers of the same predictions.
TEST(EvaluateFixtures, GivesUpstreamsMetrics) {
  EDGE_INT8_NEED_FIXTURES();
  const auto folder = Fixtures() / "preprocessed_csi_data";
  std::ifstream in(folder / "expected_metrics.json");
  const json expected = json::parse(in);
  const Dataset dataset = Dataset::Open(folder);
  EvaluateOptions options;
  options.predictions = folder / "metric_predictions.npy";
  options.split = Split::kAll;
  options.subset = Subset::kFull;
  const Score score = Evaluate(dataset, options).score;
  EXPECT_EQ(score.samples, 320);
  for (const int percent : kPckPercents) {
    const std::string key = "0." + std::to_string(percent / 10);
    EXPECT_NEAR(score.Pck(percent), expected["torso"]["all"][key].get<double>(),
                1e-6)
        << percent;
  }
  // One predicted row is NaN.
  EXPECT_FALSE(score.mpjpe.has_value());
  EXPECT_EQ(score.finite_samples, 319);
  EXPECT_NEAR(score.mpjpe_finite, expected["mpjpe_finite"].get<double>(), 1e-6);
}

TEST(EvaluateFixtures, CleanLeavesTheCorruptFilesOut) {
  EDGE_INT8_NEED_FIXTURES();
  const auto folder = Fixtures() / "preprocessed_csi_data";
  const Dataset dataset = Dataset::Open(folder);
  EvaluateOptions options;
  options.predictions = folder / "metric_predictions.npy";
  options.split = Split::kAll;
  const Evaluation evaluation = Evaluate(dataset, options);
  EXPECT_EQ(evaluation.score.samples, 288);
  EXPECT_EQ(evaluation.files, 18);
}

}  // namespace
}  // namespace edge_int8

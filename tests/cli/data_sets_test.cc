// Models and data sets of other extents, end to end: what doesn't fit is
// refused with both, what fits is measured by every verb that takes --data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/cli/run_program.h"
#include "tests/pose/pairs_folder.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/source_paths.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string OddArtifact(const std::string& name) {
  return kSourceDir + "/tests/golden/odd_artifacts/" + name + ".ei8";
}

// Windows [540, 20] as `type` "<f2" would, by a table: 0, 1/2, 1.
std::vector<uint16_t> Halves(int64_t windows) {
  std::vector<uint16_t> values(static_cast<std::size_t>(windows) * 10800);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = std::array<uint16_t, 3>{0, 0x3800, 0x3c00}[(i * i + i / 7) % 3];
  }
  return values;
}

// 30 windows in 10 recordings for the family's networks: 15 joints in 2-D, or,
// as scores, classes 0 and 1 of 30.
void WriteFamilyPairs(const std::filesystem::path& folder, bool classes) {
  WriteArray(folder / "x.npy", "<f2", {30, 540, 20}, Halves(30));
  std::vector<int64_t> groups, labels;
  std::vector<float> poses;
  for (int64_t w = 0; w < 30; ++w) {
    groups.push_back(w / 3);
    labels.push_back(w % 2);
    for (int64_t c = 0; c < 30; ++c) {
      poses.push_back(static_cast<float>((c * 7 + w) % 31) / 31);
    }
  }
  WriteArray(folder / "groups.npy", "<i8", {30}, groups);
  json description = {{"layout", "pairs/1"},
                      {"kind", "synthetic"},
                      {"groups", "groups.npy"},
                      {"group_names", json::array()}};
  for (int i = 0; i < 10; ++i) {
    description["group_names"].push_back("room" + std::to_string(i % 3) + "/s" +
                                         std::to_string(i));
  }
  if (classes) {
    WriteArray(folder / "y.npy", "<i8", {30}, labels);
  } else {
    WriteArray(folder / "y.npy", "<f4", {30, 15, 2}, poses);
    description["metric"] = {
        {"id", "pair-pck/1"}, {"pair", {5, 12}}, {"floor", 0.02}};
  }
  WriteDescription(folder, description);
}

TEST(OddArtifacts, AreRefusedBesideADataSetWithBothExtents) {
  const TempFolder folder;
  WriteFamilyPairs(folder.path(), false);
  for (const auto& [name, extent] :
       std::vector<std::pair<std::string, std::string>>{
           {"big_in", "[1080, 40]"}, {"small_out", "[2, 3]"}}) {
    const std::string model = OddArtifact(name);
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"evaluate", "--model", model},
          {"verify", "--model", model},
          {"verify", "--model", model, "--against", model}}) {
      std::vector<std::string> all = arguments;
      all.insert(all.end(), {"--data", folder.path().string()});
      const ProgramResult result = RunProgram(all);
      EXPECT_EQ(result.exit_code, 3) << all[0] << " " << name;
      EXPECT_THAT(result.err, HasSubstr(extent));
      EXPECT_THAT(result.err, HasSubstr("windows [540, 20] and poses [15, 2]"));
    }
  }
}

TEST(OddArtifacts, PredictTheirOwnWindowsAndNoOthers) {
  const TempFolder folder;
  WriteArray(folder / "big.npy", "<f4", {3, 1080, 40},
             std::vector<float>(std::size_t{3} * 1080 * 40, 0.5f));
  WriteArray(folder / "family.npy", "<f4", {3, 540, 20},
             std::vector<float>(std::size_t{3} * 540 * 20, 0.5f));
  const auto predict = [&](const char* name, const char* input) {
    return RunProgram({"predict", "--model", OddArtifact(name), "--input",
                       (folder / input).string(), "--output",
                       (folder / "y.npy").string(), "--force"});
  };
  EXPECT_EQ(predict("big_in", "big.npy").exit_code, 0);
  EXPECT_EQ(ReadNpyTensor(folder / "y.npy").shape, (Shape{3, 2, 15}));
  EXPECT_EQ(predict("small_out", "family.npy").exit_code, 0);
  EXPECT_EQ(ReadNpyTensor(folder / "y.npy").shape, (Shape{3, 2, 3}));
  const ProgramResult refused = predict("big_in", "family.npy");
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, HasSubstr("has shape [3, 540, 20], expected [n, "
                                     "1080, 40]"));
}

class PairsVerbs : public testing::TestWithParam<bool> {
 protected:
  // Scores of 30 classes need a flat output: its twin with 15 x 2 outputs has
  // none, so classes are scored from a predictions file.
  void SetUp() override {
    WriteFamilyPairs(folder_.path(), GetParam());
    WriteRandomCheckpoint(folder_ / "tiny.pth", "tiny", 3);
  }
  std::string Path(const char* name) { return (folder_ / name).string(); }

  TempFolder folder_;
};

TEST_P(PairsVerbs, EvaluateScoresPredictionsBesideTheConstantBaseline) {
  const bool classes = GetParam();
  if (classes) {
    WriteArray(folder_ / "p.npy", "<i8", {30},
               std::vector<int64_t>(30, int64_t{1}));
  } else {
    WriteArray(folder_ / "p.npy", "<f4", {30, 15, 2},
               std::vector<float>(900, 0.5f));
  }
  const ProgramResult result =
      RunProgram({"evaluate", "--predictions", Path("p.npy"), "--data",
                  folder_.path().string(), "--hold-out", "room1", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json j = json::parse(result.out);
  EXPECT_EQ(j["split_id"], "hold-out:room1");
  EXPECT_EQ(j["split"], "test");
  EXPECT_EQ(j["kind"], "synthetic");
  EXPECT_EQ(j["score"]["samples"], 9);  // 3 of 10 recordings
  EXPECT_EQ(j["baseline_mean_pose"]["samples"], 9);
  if (classes) {
    EXPECT_EQ(j["metric"], "top1/1");
    EXPECT_NEAR(j["score"]["top1"].get<double>(), 5.0 / 9, 1e-12);
    EXPECT_EQ(j["baseline_majority_class"], j["baseline_mean_pose"]);
    EXPECT_EQ(RunProgram({"evaluate", "--predictions", Path("p.npy"), "--data",
                          folder_.path().string(), "--min-top1", "90"})
                  .exit_code,
              1);
  } else {
    EXPECT_EQ(j["metric"], "pair-pck/1");
    EXPECT_EQ(j["metric_parameters"]["pair"], json({5, 12}));
    EXPECT_GT(j["score"]["pa_mpjpe"].get<double>(), 0);
    EXPECT_GT(j["score"]["mpjpe"].get<double>(),
              j["score"]["pa_mpjpe"].get<double>());
  }
  const ProgramResult table =
      RunProgram({"evaluate", "--predictions", Path("p.npy"), "--data",
                  folder_.path().string()});
  EXPECT_THAT(table.out, HasSubstr("test split (seed42)"));
  EXPECT_THAT(table.out, HasSubstr(classes ? "majority class" : "PA-MPJPE"));
}

TEST_P(PairsVerbs, InspectSaysWhatTheSetHolds) {
  const ProgramResult result =
      RunProgram({"dataset", "inspect", folder_.path().string(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json j = json::parse(result.out);
  EXPECT_EQ(j["layout"], "pairs/1");
  EXPECT_EQ(j["window_shape"], json({540, 20}));
  EXPECT_EQ(j["files"], 10);
  EXPECT_EQ(j["split"]["train"]["windows"], 21);
  EXPECT_EQ(j["target"]["kind"], GetParam() ? "classes" : "poses");
  EXPECT_EQ(j["constant_channels"], 0);
}

INSTANTIATE_TEST_SUITE_P(PosesAndClasses, PairsVerbs, testing::Bool());

TEST(PairsSet, IsMeasuredByEveryVerb) {
  const TempFolder folder;
  const TempFolder made;
  WriteFamilyPairs(folder.path(), false);
  WriteRandomCheckpoint(made / "tiny.pth", "tiny", 3);
  const std::string data = folder.path().string();
  const std::string pth = (made / "tiny.pth").string();
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--data", data, "--hold-out", "s[38]"});
    const ProgramResult result = RunProgram(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments[0] << ": " << result.err;
    return result.out;
  };
  const std::string ei8 = (made / "tiny.ei8").string();
  run({"quantize", "--checkpoint", pth, "--recipe", "mse", "--out", ei8});
  run({"evaluate", "--model", ei8});
  run({"verify", "--model", ei8, "--windows", "4"});
  EXPECT_THAT(run({"verify", "--model", ei8, "--against", pth}),
              HasSubstr("pair-pck/1(5,12,0.02)"));
  const json explained = json::parse(
      run({"explain", "--checkpoint", pth, "--recipe", "mse", "--json"}));
  EXPECT_EQ(explained["split_id"], "hold-out:s[38]");
  EXPECT_EQ(explained["metric"], "pair-pck/1");
  const std::string out = (made / "run").string();
  run({"bench", "--checkpoint", pth, "--recipe", "minmax", "--out", out,
       "--latency-seconds", "0.01"});
  const json results = json::parse(ReadText(made / "run/results.json"));
  EXPECT_EQ(results["metric"]["id"], "pair-pck/1");
  EXPECT_EQ(results["metric"]["split_id"], "hold-out:s[38]");
  EXPECT_EQ(results["data"]["sha256"].count("x.npy"), 1u);
  EXPECT_EQ(results["data"]["sha256"].count("dataset.json"), 1u);
}

}  // namespace
}  // namespace edge_int8

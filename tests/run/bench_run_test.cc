#include "src/run/bench_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "src/base/sha256.h"
#include "src/pose/synth_dataset.h"
#include "src/run/bench_results.h"
#include "src/run/evaluate_model.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/run_quietly.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

std::string BenchQuietly(const BenchOptions& options) {
  return RunQuietly([&] { RunBench(options); });
}

class BenchTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder;
    WriteRandomCheckpoint(*folder_ / "tiny.pth", "tiny", 3);
    WriteSyntheticDataset(*folder_ / "data", {.files = 20, .windows = 4},
                          IfExists::kFail);
    printed_ = BenchQuietly(Options("run"));
    results_ = json::parse(ReadText(*folder_ / "run" / "results.json"));
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
    results_.clear();
  }
  static BenchOptions Options(const std::string& out) {
    BenchOptions options;
    options.checkpoint = *folder_ / "tiny.pth";
    options.data = *folder_ / "data";
    options.recipe = "mse";
    options.calib_batches = 1;
    options.latency_seconds = 0.002;
    options.out = *folder_ / out;
    options.command = "edge-int8 bench --typed";
    return options;
  }

  static TempFolder* folder_;
  static std::string printed_;
  static json results_;
};
TempFolder* BenchTest::folder_ = nullptr;
std::string BenchTest::printed_;
json BenchTest::results_;

TEST_F(BenchTest, ResultsSayWhatWasMeasuredOnWhat) {
  const json& j = results_;
  EXPECT_EQ(j["command"], "edge-int8 bench --typed");
  EXPECT_EQ(j["date_utc"].get<std::string>().size(), 20u);
  for (const char* key : {"version", "commit", "compiler"}) {
    EXPECT_FALSE(j["tool"][key].get<std::string>().empty()) << key;
  }
  for (const char* key : {"name", "cpu", "isa", "threads"}) {
    EXPECT_TRUE(j["host"].contains(key)) << key;
  }
  EXPECT_EQ(j["metric"]["id"], "torso-pck/1");
  EXPECT_EQ(j["metric"]["thresholds"], json({10, 20, 30, 40, 50}));
  EXPECT_EQ(j["data"]["kind"], "synthetic");
  EXPECT_EQ(j["data"]["windows"], 80);
  EXPECT_EQ(j["data"]["split"]["test"]["windows"], 12);
  EXPECT_EQ(j["data"]["sha256"]["csi_windows.npy"],
            Sha256File(*folder_ / "data" / "csi_windows.npy"));
  EXPECT_EQ(j["data"]["sha256"]["synthetic.json"],
            Sha256File(*folder_ / "data" / "synthetic.json"));
  EXPECT_EQ(j["checkpoint"]["params"], 56290);
  EXPECT_EQ(j["checkpoint"]["sha256"], Sha256File(*folder_ / "tiny.pth"));
  for (const char* block : {"baseline_mean_pose", "fp32"}) {
    EXPECT_EQ(j[block]["full"]["samples"], 12) << block;
    EXPECT_LE(j[block]["clean"]["samples"], 12) << block;
  }
}

TEST_F(BenchTest, TheAskedRecipeItsFourBitsAndMinmaxAreItsRows) {
  const json& int8 = results_["int8"];
  EXPECT_EQ(int8.size(), 3u);
  EXPECT_EQ(int8["ptq"]["recipe"], "mse");
  EXPECT_EQ(int8["ptq-minmax"]["recipe"], "minmax");
  EXPECT_EQ(int8["ptq-w4"]["recipe"], "mse");
  EXPECT_LT(int8["ptq-w4"]["size_mib"], int8["ptq"]["size_mib"]);
  for (const auto& [label, row] : int8.items()) {
    const std::filesystem::path artifact = row["artifact"];
    EXPECT_EQ(row["method"], "ptq");
    EXPECT_EQ(row["sha256"], Sha256File(artifact));
    EXPECT_DOUBLE_EQ(
        row["size_mib"],
        static_cast<double>(std::filesystem::file_size(artifact)) / 1048576);
    for (const char* key : {"pck@10", "pck@20", "pck@50", "mpjpe"}) {
      EXPECT_DOUBLE_EQ(row["delta"][key],
                       row["clean"][key].get<double>() -
                           results_["fp32"]["clean"][key].get<double>());
    }
    EXPECT_LE(row["delta"]["ci95"][0], row["delta"]["pck@20"]);
    EXPECT_GE(row["delta"]["ci95"][1], row["delta"]["pck@20"]);
    EXPECT_LE(row["delta"]["ci95_pck@10"][0], row["delta"]["pck@10"]);
    EXPECT_GE(row["delta"]["ci95_pck@10"][1], row["delta"]["pck@10"]);
  }
}

TEST_F(BenchTest, HalfPrecisionStorageIsARowOfItsOwn) {
  const json& row = results_["fp16"];
  const std::filesystem::path artifact = row["artifact"];
  EXPECT_EQ(row["division"], "closed");
  EXPECT_EQ(row["sha256"], Sha256File(artifact));
  EXPECT_LT(row["size_mib"], results_["checkpoint"]["size_mib"]);
  EXPECT_GT(row["size_mib"], results_["int8"]["ptq"]["size_mib"]);
  EvaluateOptions options;
  options.model = artifact;
  EXPECT_EQ(
      ToJson(Evaluate(Dataset::Open(*folder_ / "data"), options))["score"],
      row["clean"]);
  EXPECT_THAT(printed_, HasSubstr("fp16 storage"));
}

// Two ways to the same number: bench and evaluate.
TEST_F(BenchTest, ScoresAreThoseOfEvaluate) {
  const Dataset dataset = Dataset::Open(*folder_ / "data");
  for (const Subset subset : {Subset::kFull, Subset::kClean}) {
    const std::string name(SubsetName(subset));
    EvaluateOptions options;
    options.subset = subset;
    options.model = *folder_ / "tiny.pth";
    EXPECT_EQ(ToJson(Evaluate(dataset, options))["score"],
              results_["fp32"][name]);
    options.model = results_["int8"]["ptq"]["artifact"].get<std::string>();
    const json int8 = ToJson(Evaluate(dataset, options));
    EXPECT_EQ(int8["score"], results_["int8"]["ptq"][name]);
    EXPECT_EQ(int8["baseline_mean_pose"], results_["baseline_mean_pose"][name]);
  }
}

TEST_F(BenchTest, TheLogHoldsTheTableAndTheSteps) {
  const std::string log = ReadText(*folder_ / "run" / "bench.log");
  for (const char* text : {"fp32", "int8 PTQ mse", "int8 PTQ minmax",
                           "torso-pck/1", "synthetic"}) {
    EXPECT_THAT(log, HasSubstr(text));
    EXPECT_THAT(printed_, HasSubstr(text));
  }
  EXPECT_THAT(log, HasSubstr("clean train-split windows"));
  EXPECT_THAT(log, testing::Not(HasSubstr("\033[")));
}

// What the page draws is there, and the page; its path is printed.
TEST_F(BenchTest, LeavesAReportBesideTheResults) {
  const std::filesystem::path run = *folder_ / "run";
  EXPECT_THAT(printed_, HasSubstr("wrote " + (run / "report.html").string()));
  const std::string page = ReadText(run / "report.html");
  for (const char* id : {"verdict", "player", "joints", "errors", "latency"}) {
    EXPECT_NE(page.find("id=\"" + std::string(id) + "\""), std::string::npos)
        << id;
  }
  EXPECT_LT(page.size(), 3'000'000u);
  const json errors = json::parse(ReadText(run / "errors.json"));
  const auto samples = results_["fp32"]["clean"]["samples"].get<double>() * 15;
  for (const json& model : errors["models"]) {
    const auto label = model["label"].get<std::string>();
    if (label == "fp16" || label == "mean_pose") continue;
    const json& row =
        label == "fp32" ? results_["fp32"] : results_["int8"].at(label);
    for (const int k : {10, 20, 50}) {
      EXPECT_DOUBLE_EQ(
          model["within"][static_cast<std::size_t>(2 * k)].get<double>() /
              samples,
          row["clean"]["pck@" + std::to_string(k)].get<double>())
          << label << k;
    }
  }
  const json latency = json::parse(ReadText(run / "latency.json"));
  EXPECT_EQ(latency["models"].size(), results_["int8"].size() + 1);
}

TEST_F(BenchTest, ASecondRunGivesTheSameArtifacts) {
  BenchOptions options = Options("again");
  options.recipe = "minmax";
  BenchQuietly(options);
  const json j = json::parse(ReadText(*folder_ / "again" / "results.json"));
  EXPECT_FALSE(j["int8"].contains("ptq-minmax"));  // It is "ptq" itself.
  EXPECT_EQ(j["int8"]["ptq"]["sha256"],
            results_["int8"]["ptq-minmax"]["sha256"]);
  EXPECT_EQ(j["int8"]["ptq"]["clean"], results_["int8"]["ptq-minmax"]["clean"]);
}

TEST_F(BenchTest, AnExistingRunIsLeftAlone) {
  const std::string before = ReadText(*folder_ / "run" / "results.json");
  const Error error = ErrorOf([&] { BenchQuietly(Options("run")); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_EQ(ReadText(*folder_ / "run" / "results.json"), before);
}

// Any drop is more than -200 points; none is more than 100.
TEST_F(BenchTest, TheGateFailsAfterTheResultsAreWritten) {
  BenchOptions options = Options("gate");
  options.max_drop = -200;
  const Error error = ErrorOf([&] { BenchQuietly(options); });
  EXPECT_EQ(error.kind(), ErrorKind::kGate);
  EXPECT_THAT(error.what(), HasSubstr("int8 PTQ mse"));
  EXPECT_TRUE(std::filesystem::exists(options.out / "results.json"));
  EXPECT_TRUE(std::filesystem::exists(options.out / "bench.log"));
  options.if_exists = IfExists::kReplace;
  options.max_drop = 100;
  EXPECT_NO_THROW(BenchQuietly(options));
}

TEST_F(BenchTest, AFailedRunLeavesNoResults) {
  BenchOptions options = Options("none");
  options.checkpoint = folder_->Write("broken.pth", "PK\x03\x04");
  EXPECT_EQ(ErrorOf([&] { BenchQuietly(options); }).kind(),
            ErrorKind::kBadInput);
  EXPECT_FALSE(std::filesystem::exists(options.out / "results.json"));
}

// One file trains, none is a test.
TEST_F(BenchTest, ASetThatItCantMeasureLeavesNoFolder) {
  WriteSyntheticDataset(*folder_ / "one", {.files = 1, .windows = 2},
                        IfExists::kFail);
  BenchOptions options = Options("new");
  options.data = *folder_ / "one";
  EXPECT_EQ(ErrorOf([&] { BenchQuietly(options); }).kind(),
            ErrorKind::kBadInput);
  EXPECT_FALSE(std::filesystem::exists(options.out));
}

TEST(RunBench, NeedsCheckpointAndDataTogether) {
  BenchOptions options;
  options.checkpoint = "a.pth";
  EXPECT_EQ(ErrorOf([&] { RunBench(options); }).kind(), ErrorKind::kUsage);
  options = {};
  options.data = "folder";
  EXPECT_EQ(ErrorOf([&] { RunBench(options); }).kind(), ErrorKind::kUsage);
}

TEST(BenchResultsJson, AMissingMpjpeMakesANullDelta) {
  BenchResults results;
  results.fp32.clean.mpjpe = 0.01;
  results.fp32.clean.pck = {0.5, 0.75, 0.8, 0.9, 1.0};
  BenchRow row;
  row.label = "ptq";
  row.scores.clean.pck = {0.5, 0.5, 0.8, 0.9, 0.75};
  row.over_fp32.pck20 = {-0.3, -0.2};
  row.over_fp32.pck10 = {-0.1, 0.1};
  results.rows.push_back(row);
  const json delta = ToJson(results)["int8"]["ptq"]["delta"];
  EXPECT_TRUE(delta["mpjpe"].is_null());
  EXPECT_EQ(delta["pck@20"], -0.25);
  EXPECT_EQ(delta["pck@50"], -0.25);
  EXPECT_THAT(delta["ci95"].get<std::vector<double>>(),
              ElementsAre(-0.3, -0.2));
  EXPECT_EQ(delta["pck@10"], 0);
  EXPECT_THAT(delta["ci95_pck@10"].get<std::vector<double>>(),
              ElementsAre(-0.1, 0.1));
  EXPECT_TRUE(delta["ci95_mpjpe"].is_null());
}

TEST(BenchResultsJson, JudgesTrainedRowsByTheControlAndOthersByFp32) {
  BenchResults results;
  results.files = 9;
  results.fp32.clean.pck = {0.5, 0.75, 0.8, 0.9, 1.0};
  BenchRow closed;
  closed.label = "ptq";
  closed.over_fp32 = {{-0.002, -0.0011}, {-0.003, 0}, {}};
  BenchRow trained;
  trained.label = "qat";
  trained.division = "open";
  trained.over_fp32 = {{0.1, 0.2}, {0.1, 0.2}, {}};
  trained.over_control = {
      {-0.0005, 0.0004}, {-0.01, -0.005}, Interval{-2e-4, 3e-4}};
  results.rows = {closed, trained};
  results.finetuned.emplace();
  results.finetuned->scores.clean.pck = {0.6, 0.9, 0.9, 0.9, 1.0};
  const json rows = ToJson(results)["int8"];
  EXPECT_EQ(rows["ptq"]["verdict"]["against"], "fp32");
  EXPECT_EQ(rows["ptq"]["verdict"]["pck@20"], "worse");
  EXPECT_EQ(rows["ptq"]["verdict"]["pck@10"], "not worse");
  EXPECT_FALSE(rows["ptq"].contains("delta_control"));
  EXPECT_EQ(rows["qat"]["verdict"]["against"], "fp32_finetuned");
  EXPECT_EQ(rows["qat"]["verdict"]["pck@20"], "not worse");
  EXPECT_EQ(rows["qat"]["verdict"]["pck@10"], "worse");
  EXPECT_EQ(rows["qat"]["delta"]["ci95"][0], 0.1);
  EXPECT_EQ(rows["qat"]["delta_control"]["pck@20"], 0.0 - 0.9);
  EXPECT_EQ(rows["qat"]["delta_control"]["ci95_mpjpe"][1], 3e-4);
}

}  // namespace
}  // namespace edge_int8

#include "src/run/bench_qat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/run/trainer_process.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

BenchOptions Options() {
  BenchOptions options;
  options.checkpoint = "half.pth";
  options.data = "data";
  options.out = "run";
  options.qat_epochs = 2;
  options.qat_windows = 640;
  return options;
}

TEST(BenchQat, TheTitlesSayHowMuchWasTrained) {
  for (const QatRun& run : QatRuns(Options())) {
    EXPECT_THAT(run.title, HasSubstr("2 epochs of 640 windows"));
  }
  BenchOptions all = Options();
  all.qat_windows = 0;
  all.qat_epochs = 1;
  EXPECT_EQ(QatRuns(all)[0].title, "int8 QAT, 1 epoch");
}

TEST(BenchQat, TheControlIsTrainedAsTheOthersButInFloat) {
  const std::vector<QatRun> runs = QatRuns(Options());
  ASSERT_TRUE(runs.back().control);
  const auto qat = TrainerArguments(Options(), runs[0]);
  const auto control = TrainerArguments(Options(), runs.back());
  EXPECT_EQ(qat[0], "qat");
  EXPECT_EQ(control[0], "finetune");
  for (const auto& arguments : {qat, control}) {
    EXPECT_THAT(arguments, IsSupersetOf({"--epochs", "2", "--windows", "640",
                                         "--seed", "42", "half.pth"}));
    EXPECT_THAT(arguments, Not(Contains("--force")));
  }
}

json ScoreJson(double pck) {
  return {{"samples", 4},  {"pck@10", pck}, {"pck@20", pck}, {"pck@30", pck},
          {"pck@40", pck}, {"pck@50", pck}, {"mpjpe", 0.25}};
}

TEST(BenchQat, ARowHasTheSimulationAndTheLargestGap) {
  const TempFolder folder;
  const json log = {
      {"conversion_gap_lsb", 0},
      {"best", {{"epoch", 2}}},
      {"curve", json::array()},
      {"simulated",
       {{"full", ScoreJson(0.5)}, {"clean", ScoreJson(0.75)}, {"gap_lsb", 3}}}};
  const auto path = folder.Write("log.json", log.dump());
  const BenchRow row = RowOfLog(Options(), QatRuns(Options())[0], path);
  EXPECT_EQ(row.division, "open");
  EXPECT_EQ(row.method, "qat");
  EXPECT_EQ(row.simulated->clean.Pck(20), 0.75);
  EXPECT_EQ(row.simulated->full.Pck(20), 0.5);
  EXPECT_EQ(*row.conversion_gap_lsb, 3);
  EXPECT_EQ(row.training["best_epoch"], 2);

  BenchResults results;
  results.fp32.clean.pck.fill(0.5);
  results.rows = {row};
  results.rows[0].scores.clean.pck.fill(0.25);
  const json j = ToJson(results)["int8"]["qat"];
  EXPECT_EQ(j["simulated"]["clean"]["pck@20"], 0.75);
  EXPECT_EQ(j["conversion_gap_lsb"], 3);
  EXPECT_EQ(j["division"], "open");
  EXPECT_EQ(j["ratio_to_fp32"]["pck@20"], 0.5);
}

// This test's own folder has no trainer, or has one: both answers are named.
TEST(BenchQat, WithoutTheTrainerItIsAUsageErrorThatNamesThePackage) {
  if (HasTrainer()) GTEST_SKIP() << "the trainer was built beside this test";
  const Error error = ErrorOf([] { TrainRow(Options(), QatRuns({})[0]); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_THAT(error.what(), HasSubstr("libtorch-dev"));
}

TEST(BenchQat, TheControlOfAnImportedNetworkIsOneAgain) {
  const TempFolder folder;
  folder.Write("net.onnx", "by its name");
  BenchOptions options = Options();
  const std::vector<QatRun> runs = QatRuns(options);
  EXPECT_EQ(QatOutput(options, runs.back()), "run/fp32-finetuned.pth");
  options.checkpoint = folder / "net.onnx";
  EXPECT_EQ(QatOutput(options, runs.back()), "run/fp32-finetuned.onnx");
  EXPECT_EQ(QatOutput(options, runs[0]), "run/qat.ei8");
}

TEST(BenchQat, AnUnknownModeIsAUsageError) {
  EXPECT_EQ(ParseBenchMode("both"), BenchMode::kBoth);
  EXPECT_EQ(ErrorOf([] { ParseBenchMode("all"); }).kind(), ErrorKind::kUsage);
}

}  // namespace
}  // namespace edge_int8

// The verbs on files: what they write, and that a resumed run writes the same
// bytes.
#include "train/commands/qat_command.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "src/nets/checkpoint.h"
#include "src/pose/synth_dataset.h"
#include "src/qgraph/artifact_file.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/run_quietly.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8::train {
namespace {

using nlohmann::json;

class QatCommandTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder;
    WriteRandomCheckpoint(*folder_ / "tiny.pth", "tiny", 3);
    WriteSyntheticDataset(*folder_ / "data", {.files = 20, .windows = 2},
                          IfExists::kFail);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static FinetuneCommand Command(const std::string& out) {
    FinetuneCommand command;
    command.checkpoint = *folder_ / "tiny.pth";
    command.data = *folder_ / "data";
    command.out = *folder_ / out;
    command.request.recipe = "mse";
    command.request.calib_batches = 1;
    command.options.epochs = 2;
    command.options.batch = 16;
    command.options.learning_rate = 1e-3;
    return command;
  }
  static void Quietly(void (*run)(const FinetuneCommand&),
                      const FinetuneCommand& command) {
    RunQuietly([&] { run(command); });
  }

  static TempFolder* folder_;
};
TempFolder* QatCommandTest::folder_ = nullptr;

TEST_F(QatCommandTest, WritesAnArtifactItsPlanAndALog) {
  FinetuneCommand command = Command("a.ei8");
  command.request.weight_bits = 4;
  command.plan_out = *folder_ / "a.plan.json";
  command.log = *folder_ / "a.json";
  command.score_test = true;
  command.distill = true;
  Quietly(RunQat, command);
  const core::Artifact artifact = ReadArtifactFile(command.out);
  EXPECT_EQ(json::parse(artifact.provenance.recipe)["method"], "qat");
  EXPECT_NE(ReadPlan(*command.plan_out).recipe.find("qat epoch"),
            std::string::npos);
  const json log = json::parse(ReadText(*command.log));
  EXPECT_EQ(log["conversion_gap_lsb"], 0);
  EXPECT_EQ(log["curve"].size(), 3u);
  EXPECT_EQ(log["simulated"]["gap_lsb"], 0);
  EXPECT_EQ(log["simulated"]["full"]["samples"], 6);
}

// From one epoch to two is what an interruption after the first leaves to do.
TEST_F(QatCommandTest, AResumedRunWritesTheSameBytes) {
  Quietly(RunQat, Command("whole.ei8"));
  FinetuneCommand part = Command("part.ei8");
  part.options.epochs = 1;
  Quietly(RunQat, part);
  part.options.epochs = 2;
  part.resume = true;
  Quietly(RunQat, part);
  EXPECT_EQ(ReadText(*folder_ / "part.ei8"), ReadText(*folder_ / "whole.ei8"));
  part.request.weight_bits = 4;
  EXPECT_EQ(ErrorOf([&] { Quietly(RunQat, part); }).kind(), ErrorKind::kUsage);
}

TEST_F(QatCommandTest, AStateOfAnotherCheckpointIsRefusedByName) {
  FinetuneCommand command = Command("other.ei8");
  command.options.epochs = 1;
  Quietly(RunQat, command);
  WriteRandomCheckpoint(*folder_ / "quarter.pth", "quarter", 5);
  command.checkpoint = *folder_ / "quarter.pth";
  command.resume = true;
  const Error error = ErrorOf([&] { Quietly(RunQat, command); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  const std::string what = error.what();
  EXPECT_NE(what.find("other.ei8.state is of another run: checkpoint was"),
            std::string::npos)
      << what;
}

// Of the same size: what was begun on one set and ended on another is a result
// of neither.
TEST_F(QatCommandTest, AStateOfAnotherDataSetIsRefusedByName) {
  WriteSyntheticDataset(*folder_ / "other_data",
                        {.files = 20, .windows = 2, .seed = 9},
                        IfExists::kFail);
  for (const auto run : {RunQat, RunFinetune}) {
    FinetuneCommand command = Command("set.ei8");
    if (run == RunFinetune) command.out = *folder_ / "set.pth";
    command.options.epochs = 1;
    Quietly(run, command);
    command.data = *folder_ / "other_data";
    command.resume = true;
    const Error error = ErrorOf([&] { Quietly(run, command); });
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(std::string(error.what()).find("data/csi_windows.npy was"),
              std::string::npos)
        << error.what();
  }
}

TEST_F(QatCommandTest, ALearningRateThatIsNoNumberIsRefused) {
  FinetuneCommand command = Command("nan.ei8");
  command.options.learning_rate = std::nan("");
  EXPECT_EQ(ErrorOf([&] { RunQat(command); }).kind(), ErrorKind::kUsage);
  EXPECT_EQ(ErrorOf([&] { RunFinetune(command); }).kind(), ErrorKind::kUsage);
  EXPECT_FALSE(std::filesystem::exists(*folder_ / "nan.ei8.state"));
}

// Bits per tensor come from the plan that is given.
TEST_F(QatCommandTest, StartsFromAPlan) {
  FinetuneCommand first = Command("b.ei8");
  first.options.epochs = 1;
  first.plan_out = *folder_ / "b.plan.json";
  Quietly(RunQat, first);
  Plan plan = ReadPlan(*first.plan_out);
  plan.weights.begin()->second.bits = 4;
  for (double& scale : plan.weights.begin()->second.scales) scale *= 16;
  WritePlan(*folder_ / "mixed.json", plan, IfExists::kFail);
  FinetuneCommand second = Command("c.ei8");
  second.options.epochs = 1;
  second.plan = *folder_ / "mixed.json";
  second.plan_out = *folder_ / "c.plan.json";
  Quietly(RunQat, second);
  const Plan trained = ReadPlan(*second.plan_out);
  for (const auto& [name, weight] : plan.weights) {
    EXPECT_EQ(trained.weights.at(name).bits, weight.bits) << name;
  }
}

TEST_F(QatCommandTest, TheControlIsACheckpointAgain) {
  const FinetuneCommand command = Command("control.pth");
  Quietly(RunFinetune, command);
  const Model model = LoadCheckpoint(command.out);
  EXPECT_EQ(model.graph.name, "tiny");
}

TEST_F(QatCommandTest, RefusesOutputsThatExistOrAreInputs) {
  FinetuneCommand command = Command("tiny.pth");
  EXPECT_EQ(ErrorOf([&] { RunQat(command); }).kind(), ErrorKind::kUsage);
  command.force = true;
  EXPECT_EQ(ErrorOf([&] { RunQat(command); }).kind(), ErrorKind::kUsage);
  command = Command("d.ei8");
  command.force = true;
  command.plan_out = *folder_ / "data/config.npz";
  EXPECT_EQ(ErrorOf([&] { RunQat(command); }).kind(), ErrorKind::kUsage);
  command.plan_out = *folder_ / "d.ei8.state";
  EXPECT_EQ(ErrorOf([&] { RunFinetune(command); }).kind(), ErrorKind::kUsage);
}

}  // namespace
}  // namespace edge_int8::train

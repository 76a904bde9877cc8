#include "train/commands/fx_command.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "src/nets/network_file.h"
#include "src/pose/synth_dataset.h"
#include "src/run/fx_trained.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/run_quietly.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8::train {
namespace {

using nlohmann::json;

class FxCommandTest : public testing::Test {
 protected:
  FxCommandTest() {
    WriteRandomCheckpoint(folder_ / "tiny.pth", "tiny", 3);
    WriteSyntheticDataset(folder_ / "data", {.files = 12, .windows = 3},
                          IfExists::kFail);
  }

  FxCommand Command(const std::string& name) const {
    FxCommand command;
    command.checkpoint = folder_ / "tiny.pth";
    command.data = folder_ / "data";
    command.out = folder_ / (name + ".pth");
    command.log = folder_ / (name + ".json");
    command.epochs = 2;
    command.batch = 8;
    return command;
  }
  json LogOf(const FxCommand& command) const {
    RunQuietly([&] { RunFxQat(command); });
    return json::parse(ReadText(command.log));
  }

  const TempFolder folder_;
};

TEST_F(FxCommandTest, WritesACheckpointAndWhatItWouldDeploy) {
  const FxCommand command = Command("a");
  const json log = LogOf(command);
  ASSERT_EQ(log["curve"].size(), 2u);
  for (const json& epoch : log["curve"]) {
    EXPECT_TRUE(std::isfinite(epoch["loss"].get<double>()));
    EXPECT_GT(epoch["val"]["samples"], 0);
  }
  EXPECT_EQ(log["promised"]["full"]["samples"],
            log["frozen"]["full"]["samples"]);
  const Model trained = LoadNetwork(command.out, {});
  const Model start = LoadNetwork(command.checkpoint, {});
  EXPECT_NE(trained.Parameter("decoder.3.weight").data,
            start.Parameter("decoder.3.weight").data);
  EXPECT_NE(trained.Parameter("decoder.1.running_mean").data,
            start.Parameter("decoder.1.running_mean").data);
  DeployAsFx(trained, FxTrainedFromJson(JsonPlace(log, "log")),
             FxTrainedChoices());
}

TEST_F(FxCommandTest, TheSameCommandWritesTheSameBytes) {
  LogOf(Command("a"));
  LogOf(Command("b"));
  EXPECT_EQ(ReadText(Command("a").out), ReadText(Command("b").out));
  FxCommand other = Command("c");
  other.seed = 7;
  LogOf(other);
  EXPECT_NE(ReadText(Command("a").out), ReadText(other.out));
}

TEST_F(FxCommandTest, AnExistingOutputIsKept) {
  const FxCommand command = Command("a");
  WriteFile(command.log, "mine", IfExists::kFail);
  EXPECT_EQ(ErrorOf([&] { RunFxQat(command); }).kind(), ErrorKind::kUsage);
  EXPECT_EQ(ReadText(command.log), "mine");
}

}  // namespace
}  // namespace edge_int8::train

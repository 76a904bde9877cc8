// The verb on a small folder in upstream's layout: outputs, log and refusals.
#include "train/commands/train_command.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "src/nets/checkpoint.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/fixtures.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8::train {
namespace {

TrainCommand Command(const TempFolder& folder) {
  TrainCommand command;
  command.variant = "tiny";
  command.data = Fixtures() / "preprocessed_csi_data";
  command.log = folder / "log.json";
  command.version = "test";
  command.device = "cpu";
  command.options.out = folder / "out.pth";
  command.options.epochs = 1;
  return command;
}

TEST(RunTrain, WritesCheckpointStateAndLog) {
  EDGE_INT8_NEED_FIXTURES();
  const TempFolder folder;
  RunTrain(Command(folder));
  EXPECT_EQ(folder.List(),
            (std::vector<std::string>{"log.json", "out.pth", "out.pth.state"}));
  EXPECT_EQ(LoadCheckpoint(folder / "out.pth").graph.name, "tiny");
  const auto log = nlohmann::json::parse(ReadText(folder / "log.json"));
  EXPECT_EQ(log["seed"], 42);
  EXPECT_EQ(log["curve"].size(), 1u);
  EXPECT_EQ(log["best"], log["curve"][0]);
  EXPECT_TRUE(log["curve"][0]["val"].contains("pck@20"));
}

// 14 files of 16 windows train; the fixtures' corrupt ones are left out.
TEST(RunTrain, TrainsOnCleanWindowsOnly) {
  EDGE_INT8_NEED_FIXTURES();
  const TempFolder folder;
  RunTrain(Command(folder));
  const auto log = nlohmann::json::parse(ReadText(folder / "log.json"));
  EXPECT_LE(log["data"]["train_windows"].get<int>(), 14 * 16);
  EXPECT_EQ(log["curve"][0]["skipped_batches"], 0);
}

TEST(RunTrain, LeavesExistingFilesAlone) {
  EDGE_INT8_NEED_FIXTURES();
  const TempFolder folder;
  for (const char* name : {"out.pth", "out.pth.state", "log.json"}) {
    const auto path = folder.Write(name, "mine");
    EXPECT_EQ(ErrorOf([&] { RunTrain(Command(folder)); }).kind(),
              ErrorKind::kUsage)
        << name;
    EXPECT_EQ(ReadText(path), "mine");
    std::filesystem::remove(path);
  }
}

TEST(RunTrain, DoesNotResumeOnAnotherDataSetOfTheSameSize) {
  EDGE_INT8_NEED_FIXTURES();
  const TempFolder folder;
  TrainCommand command = Command(folder);
  command.log.reset();
  RunTrain(command);
  std::filesystem::copy(command.data, folder / "data",
                        std::filesystem::copy_options::recursive);
  command.data = folder / "data";
  command.options.resume = true;
  RunTrain(command);  // a copy is the same set
  {
    std::fstream windows(command.data / "csi_windows.npy",
                         std::ios::in | std::ios::out | std::ios::binary);
    windows.seekp(4096);
    windows.put('\x01');
  }
  const Error error = ErrorOf([&] { RunTrain(command); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_NE(std::string(error.what()).find("data/csi_windows.npy was"),
            std::string::npos)
      << error.what();
}

// A checkpoint over 15 GB of CSI, a log over the checkpoint of hours.
TEST(RunTrain, RefusesOutputsThatAreInputsOrEachOther) {
  EDGE_INT8_NEED_FIXTURES();
  const TempFolder folder;
  TrainCommand over_data = Command(folder);
  over_data.options.out = over_data.data / "csi_windows.npy";
  TrainCommand over_mask = Command(folder);
  over_mask.dataset.corrupt_masks = {folder.Write("mask.npy", "mask")};
  over_mask.log = folder / "mask.npy";
  TrainCommand over_out = Command(folder);
  over_out.log = over_out.options.out;
  TrainCommand over_state = Command(folder);
  over_state.log = folder / "out.pth.state";
  for (TrainCommand command : {over_data, over_mask, over_out, over_state}) {
    command.force = true;
    EXPECT_EQ(ErrorOf([&] { RunTrain(command); }).kind(), ErrorKind::kUsage);
  }
  EXPECT_EQ(folder.List(), std::vector<std::string>{"mask.npy"});
}

TEST(RunTrain, RefusesALearningRateThatIsNoNumber) {
  const TempFolder folder;
  TrainCommand command = Command(folder);
  command.options.learning_rate = std::nan("");
  EXPECT_EQ(ErrorOf([&] { RunTrain(command); }).kind(), ErrorKind::kUsage);
}

TEST(RunTrain, RefusesUnknownNames) {
  EDGE_INT8_NEED_FIXTURES();
  const TempFolder folder;
  TrainCommand variant = Command(folder);
  variant.variant = "huge";
  EXPECT_EQ(ErrorOf([&] { RunTrain(variant); }).kind(), ErrorKind::kUsage);
  TrainCommand device = Command(folder);
  device.device = "tpu";
  EXPECT_EQ(ErrorOf([&] { RunTrain(device); }).kind(), ErrorKind::kUsage);
  EXPECT_TRUE(folder.List().empty());
}

}  // namespace
}  // namespace edge_int8::train

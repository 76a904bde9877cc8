// The verb `train`: opens the data, trains a variant, writes the checkpoint and
// the log. Tested by train_command_test.cc.
#ifndef EDGE_INT8_TRAIN_COMMANDS_TRAIN_COMMAND_H_
#define EDGE_INT8_TRAIN_COMMANDS_TRAIN_COMMAND_H_

#include <filesystem>
#include <optional>
#include <string>

#include "src/pose/dataset.h"
#include "train/commands/trainer.h"

namespace edge_int8::train {

struct TrainCommand {
  std::string variant;
  std::filesystem::path data;
  DatasetOptions dataset;
  std::optional<std::filesystem::path> log;
  std::string device = "auto";  // cpu, cuda, auto
  bool force = false;
  int threads = 0;      // 0: all cores
  std::string version;  // of this program, for the log
  TrainOptions options;
};

void RunTrain(const TrainCommand& command);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_TRAIN_COMMAND_H_

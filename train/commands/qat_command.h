// The verbs `qat` and `finetune` of edge-int8-train: quantization-aware
// training, which `edge-int8 quantize --method qat` and `bench` start, and its
// control, the same fine-tuning in float. Tested by qat_command_test.cc.
#ifndef EDGE_INT8_TRAIN_COMMANDS_QAT_COMMAND_H_
#define EDGE_INT8_TRAIN_COMMANDS_QAT_COMMAND_H_

#include <filesystem>
#include <optional>
#include <string>

#include "src/nets/network_options.h"
#include "src/pose/dataset.h"
#include "src/run/quantize_checkpoint.h"
#include "train/commands/finetune.h"

namespace edge_int8::train {

// The peak of the schedule where none is given, the same for both verbs but
// where weights have few bits: those have further to go to the next integer.
double PeakRate(const Plan* plan);

struct FinetuneCommand {
  std::filesystem::path checkpoint;
  NetworkOptions network;
  std::filesystem::path data;
  DatasetOptions dataset;
  std::filesystem::path out;  // .ei8, or .pth of the control
  std::optional<std::filesystem::path> log;
  std::string device = "auto";
  int threads = 0;
  bool force = false;
  bool resume = false;
  bool distill = false;
  // Distills from this network instead of the checkpoint: the control, say.
  std::optional<std::filesystem::path> teacher;
  FinetuneOptions options;
  // Instead of PeakRate()'s.
  std::optional<double> learning_rate;
  // Of `qat` alone.
  QuantizeRequest request;  // makes the plan that training starts from
  std::optional<std::filesystem::path> plan;  // or this one
  std::optional<std::filesystem::path> plan_out;
  // Also the simulation's score on the test split, into the log.
  bool score_test = false;
};

void RunQat(const FinetuneCommand& command);
void RunFinetune(const FinetuneCommand& command);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_QAT_COMMAND_H_

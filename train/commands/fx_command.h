// The verb `fx-qat` of edge-int8-train, which `bench --recipe fx-fbgemm --mode
// qat` starts: trains as the published experiment did, under the fake
// quantization of prepare_qat_fx (fx_network.h): AdamW at one rate, whole
// batches, the epoch of the least validation MPJPE by fake quantization.
// Writes the trained checkpoint, and a log with what fake quantization promises
// on the test split and the ranges that convert_fx would take. Tested by
// fx_command_test.cc.
#ifndef EDGE_INT8_TRAIN_COMMANDS_FX_COMMAND_H_
#define EDGE_INT8_TRAIN_COMMANDS_FX_COMMAND_H_

#include <cstdint>
#include <filesystem>
#include <optional>

#include "src/nets/network_options.h"
#include "src/pose/dataset.h"

namespace edge_int8::train {

struct FxCommand {
  std::filesystem::path checkpoint;
  NetworkOptions network;
  std::filesystem::path data;
  DatasetOptions dataset;
  std::filesystem::path out;  // .pth
  std::filesystem::path log;
  int epochs = 3;
  double learning_rate = 2e-5;
  int batch = 64;
  int64_t windows_per_epoch = 0;  // 0: all
  uint64_t seed = 42;
  int threads = 0;
  bool force = false;
};

void RunFxQat(const FxCommand& command);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_FX_COMMAND_H_

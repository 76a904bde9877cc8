// What `quantize --method ptq` is given and what it makes of it: a checkpoint
// and a data set, unlabelled windows or a plan. Tested by
// quantize_files_test.cc.
#ifndef EDGE_INT8_SRC_RUN_QUANTIZE_FILES_H_
#define EDGE_INT8_SRC_RUN_QUANTIZE_FILES_H_

#include <filesystem>

#include "src/nets/network_options.h"
#include "src/pose/dataset.h"
#include "src/run/quantize_checkpoint.h"

namespace edge_int8 {

struct QuantizeInputs {
  std::filesystem::path checkpoint;
  NetworkOptions network = {};
  // One of these three; with a plan a data set only says what windows are.
  std::filesystem::path data;
  std::filesystem::path calibration;  // windows .npy [n, ...]
  std::filesystem::path plan;
  DatasetOptions dataset = {};
  QuantizeRequest request = {};
};

// Throws kUsage for a combination that makes no sense. Reads nothing.
void CheckQuantizeInputs(const QuantizeInputs& inputs);

QuantizedModel QuantizeFiles(const QuantizeInputs& inputs);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_QUANTIZE_FILES_H_

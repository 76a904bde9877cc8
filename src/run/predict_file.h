// What `predict` does. Tested by predict_file_test.cc.
#ifndef EDGE_INT8_SRC_RUN_PREDICT_FILE_H_
#define EDGE_INT8_SRC_RUN_PREDICT_FILE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "src/base/output_file.h"
#include "src/nets/network_options.h"

namespace edge_int8 {

struct PredictOptions {
  std::filesystem::path model;
  std::filesystem::path input;   // [n, ...] of the model's input shape
  std::filesystem::path output;  // [n, ...] of its output shape, float32
  // Where the caller says what was written; checked with the output.
  std::filesystem::path json = {};
  NetworkOptions network = {};
  IfExists if_exists = IfExists::kFail;
};

// Returns the number of windows. The input is mapped, never loaded.
int64_t PredictFile(const PredictOptions& options);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_PREDICT_FILE_H_

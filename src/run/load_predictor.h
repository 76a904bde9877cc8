// A model file, .pth, .onnx or .ei8, as something that predicts. Tested by
// load_predictor_test.cc.
#ifndef EDGE_INT8_SRC_RUN_LOAD_PREDICTOR_H_
#define EDGE_INT8_SRC_RUN_LOAD_PREDICTOR_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "src/eval/predictor.h"
#include "src/nets/network_options.h"

namespace edge_int8 {

enum class ModelFormat { kCheckpoint, kOnnx, kArtifact };
// By the first bytes, not by the name: a zip is a checkpoint. Throws kBadInput
// when it is none of them.
ModelFormat DetectModelFormat(const std::filesystem::path& path);

struct LoadedPredictor {
  std::unique_ptr<Predictor> predictor;
  ModelFormat format = ModelFormat::kCheckpoint;
  int64_t parameters = 0;  // trainable ones of a network; 0 of an artifact
  std::string sha256;      // of the file
};

LoadedPredictor LoadPredictor(const std::filesystem::path& path,
                              const NetworkOptions& network = {});

// The instruction set in EDGE_INT8_ISA, or the best one. Throws kUsage for a
// name that is unknown or not available here.
core::Isa IsaFromEnvironment();
core::Isa ParseIsaName(const std::string& name);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_LOAD_PREDICTOR_H_

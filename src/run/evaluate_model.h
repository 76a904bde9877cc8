// What `evaluate` does: predictions, of a model or from a file, scored on one
// split and subset with the mean-pose baseline beside them. Tested by
// evaluate_model_test.cc against upstream's numbers.
#ifndef EDGE_INT8_SRC_PIPELINE_EVALUATE_MODEL_H_
#define EDGE_INT8_SRC_PIPELINE_EVALUATE_MODEL_H_

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/nets/network_options.h"
#include "src/pose/dataset.h"
#include "src/pose/pose_metric.h"

namespace edge_int8 {

struct EvaluateOptions {
  std::filesystem::path model;        // one of these two
  std::filesystem::path predictions;  // .npy [n][15][2]
  NetworkOptions network = {};
  Split split = Split::kTest;
  Subset subset = Subset::kClean;
  Normalization normalization = Normalization::kTorso;
};

struct Evaluation {
  EvaluateOptions options;
  std::string sha256;  // of the model or the predictions file
  Score score;
  Score baseline_mean_pose;
  bool synthetic = false;
  int files = 0;  // whose windows were scored
};

Evaluation Evaluate(const Dataset& dataset, const EvaluateOptions& options);

// The contract's keys: metric, normalization, split, subset, model {path,
// sha256}, score, baseline_mean_pose.
nlohmann::json ToJson(const Evaluation& evaluation);
std::string EvaluationTable(const Evaluation& evaluation);

// Poses of a selection out of a predictions file, which holds one pose per
// window of the selection in order, or one for every window of the set.
std::vector<float> ReadPredictions(const std::filesystem::path& path,
                                   const Dataset& dataset,
                                   std::span<const int64_t> windows);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_PIPELINE_EVALUATE_MODEL_H_

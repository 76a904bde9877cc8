// What `evaluate` does: predictions, of a model or from a file, scored on one
// split and subset with the mean-pose baseline beside them. Tested by
// evaluate_model_test.cc against upstream's numbers.
#ifndef EDGE_INT8_SRC_RUN_EVALUATE_MODEL_H_
#define EDGE_INT8_SRC_RUN_EVALUATE_MODEL_H_

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/nets/network_options.h"
#include "src/pose/dataset.h"
#include "src/pose/pose_metric.h"
#include "src/run/load_predictor.h"

namespace edge_int8 {

struct EvaluateOptions {
  std::filesystem::path model;        // one of these two
  std::filesystem::path predictions;  // .npy, see ReadPredictions
  NetworkOptions network = {};
  Split split = Split::kTest;
  Subset subset = Subset::kClean;
  // torso, bbox or absolute instead of the data set's own metric.
  std::optional<Normalization> normalization = {};
};

struct Evaluation {
  EvaluateOptions options;
  std::string sha256;  // of the model or the predictions file
  Metric metric;
  std::string split_id;
  Score score;
  Score baseline_mean_pose;  // or of the majority class
  bool synthetic = false;
  int files = 0;  // whose windows were scored
};

Evaluation Evaluate(const Dataset& dataset, const EvaluateOptions& options);
// The same of a model that is loaded; options.model only names it.
Evaluation Evaluate(const Dataset& dataset, const EvaluateOptions& options,
                    LoadedPredictor& loaded);

// The contract's keys: metric, normalization, split, split_id, subset, model
// {path, sha256}, score, baseline_mean_pose.
nlohmann::json ToJson(const Evaluation& evaluation);
std::string EvaluationTable(const Evaluation& evaluation);

// "torso", "bbox" or "absolute"; throws kUsage.
Normalization ParseNormalization(const std::string& name);

// What every source of outputs on a data set is scored by: its metric, or
// another normalization of the same poses. Throws kUsage for one that its poses
// don't have.
Metric MetricOf(const Dataset& dataset,
                const std::optional<Normalization>& normalization);

// Outputs for a selection out of a predictions file, which holds one for each
// window of the selection in order, or one for every window of the set: poses
// [n, joints, dims], or of classes scores [n, classes] or integers [n].
std::vector<float> ReadPredictions(const std::filesystem::path& path,
                                   const Dataset& dataset,
                                   std::span<const int64_t> windows);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_EVALUATE_MODEL_H_

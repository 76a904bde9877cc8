#include "src/run/evaluate_model.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "src/base/error.h"
#include "src/base/sha256.h"
#include "src/eval/split_scoring.h"
#include "src/formats/npy.h"
#include "src/report/score_table.h"
#include "src/run/load_predictor.h"

namespace edge_int8 {

using nlohmann::json;

std::vector<float> ReadPredictions(const std::filesystem::path& path,
                                   const Dataset& dataset,
                                   std::span<const int64_t> windows) {
  const Tensor poses = ReadNpyTensor(path);
  const auto wanted = static_cast<int64_t>(windows.size());
  if (poses.shape.size() != 3 || poses.shape[1] != kJoints ||
      poses.shape[2] != 2 ||
      (poses.shape[0] != wanted && poses.shape[0] != dataset.windows())) {
    FailInput(path.string(),
              fmt::format("has shape {}, expected poses [n, 15, 2] with n = "
                          "{} (the selection) or {} (the set)",
                          ShapeText(poses.shape), wanted, dataset.windows()));
  }
  if (poses.shape[0] == wanted) return poses.data;
  std::vector<float> selected;
  selected.reserve(windows.size() * kPoseValues);
  for (const int64_t window : windows) {
    const auto first = poses.data.begin() + window * kPoseValues;
    selected.insert(selected.end(), first, first + kPoseValues);
  }
  return selected;
}

Evaluation Evaluate(const Dataset& dataset, const EvaluateOptions& options) {
  Evaluation result;
  result.options = options;
  result.synthetic = dataset.synthetic();
  std::vector<float> poses;
  SplitTruth truth;
  if (!options.model.empty()) {
    // The model first: a broken one is noticed before the data is read.
    LoadedPredictor loaded = LoadPredictor(options.model, options.network);
    result.sha256 = loaded.sha256;
    truth = LoadSplitTruth(dataset, options.split, options.subset,
                           options.normalization);
    poses = PredictAll(*loaded.predictor,
                       SelectionSource(dataset, truth.selection.windows),
                       "evaluate");
  } else {
    truth = LoadSplitTruth(dataset, options.split, options.subset,
                           options.normalization);
    result.sha256 = Sha256File(options.predictions);
    poses =
        ReadPredictions(options.predictions, dataset, truth.selection.windows);
  }
  result.score = MergeTallies(truth.Tally(poses, options.normalization));
  result.files = static_cast<int>(
      std::set<int>(truth.selection.files.begin(), truth.selection.files.end())
          .size());
  result.baseline_mean_pose = MergeTallies(truth.mean_pose);
  return result;
}

json ToJson(const Evaluation& e) {
  const auto& path =
      e.options.model.empty() ? e.options.predictions : e.options.model;
  return {{"metric", MetricId(e.options.normalization)},
          {"normalization", NormalizationName(e.options.normalization)},
          {"split", SplitName(e.options.split)},
          {"subset", SubsetName(e.options.subset)},
          {"kind", e.synthetic ? "synthetic" : "real"},
          {"model",
           {{"path", path.string()},
            {"sha256", e.sha256},
            {"kind", e.options.model.empty() ? "predictions" : "model"}}},
          {"score", ToJson(e.score)},
          {"baseline_mean_pose", ToJson(e.baseline_mean_pose)}};
}

std::string EvaluationTable(const Evaluation& e) {
  ScoreTable table;
  table.normalization = e.options.normalization;
  table.split = SplitName(e.options.split);
  table.subset = SubsetName(e.options.subset);
  table.synthetic = e.synthetic;
  table.files = e.files;
  TableRow row;
  const auto& path =
      e.options.model.empty() ? e.options.predictions : e.options.model;
  row.label = Printable(path.filename().string());
  row.score = e.score;
  table.rows.push_back(row);
  table.mean_pose = e.baseline_mean_pose;
  return RenderScoreTable(table, StdoutColour());
}

}  // namespace edge_int8

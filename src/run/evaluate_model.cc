#include "src/run/evaluate_model.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/sha256.h"
#include "src/eval/split_scoring.h"
#include "src/formats/npy.h"
#include "src/report/score_table.h"
#include "src/run/load_predictor.h"

namespace edge_int8 {

using nlohmann::json;

namespace {

// Integers [n] as scores: 1 for the class, 0 for the others.
Tensor ScoresOfClasses(const NpyView& file, int classes) {
  Tensor scores({file.shape()[0], classes});
  const std::vector<int64_t> answers = file.Integers();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i] < 0 || answers[i] >= classes) {
      file.Fail(fmt::format("answer {} is class {}, expected 0 to {}", i,
                            answers[i], classes - 1));
    }
    scores.data[i * AsSize(classes) + AsSize(answers[i])] = 1;
  }
  return scores;
}

Tensor ReadOutputs(const std::filesystem::path& path, const Metric& metric) {
  const MappedNpy file(path);
  const NpyView& array = file.view();
  if (metric.is_classes() && array.shape().size() == 1) {
    return ScoresOfClasses(array, metric.classes);
  }
  return {array.shape(), array.Floats()};
}

// Of one window: poses as they are, scores of at least the set's classes.
bool IsAnswer(const Shape& shape, const Metric& metric) {
  if (metric.is_classes()) {
    return shape.size() == 2 && shape[1] >= metric.classes;
  }
  return shape.size() == 3 && shape[1] == metric.joints &&
         shape[2] == metric.dims;
}

std::string AnswerText(const Metric& metric) {
  return metric.is_classes()
             ? fmt::format("scores [n, {}] or classes [n]", metric.classes)
             : fmt::format("poses [n, {}, {}]", metric.joints, metric.dims);
}

}  // namespace

Normalization ParseNormalization(const std::string& name) {
  for (const Normalization n :
       {Normalization::kTorso, Normalization::kBoundingBox,
        Normalization::kAbsolute}) {
    if (name == NormalizationName(n)) return n;
  }
  FailUsage(fmt::format(
      "--normalization is '{}', expected torso, bbox or absolute", name));
}

Metric MetricOf(const Dataset& dataset,
                const std::optional<Normalization>& normalization) {
  Metric metric = dataset.metric();
  if (!normalization || *normalization == metric.normalization) return metric;
  if (metric.is_classes()) {
    FailUsage("--normalization is of poses, and this data set has classes");
  }
  if (*normalization == Normalization::kTorso &&
      (metric.joints != kScoredJoints || metric.dims != 2)) {
    FailUsage(
        fmt::format("--normalization torso is of {} joints in 2-D, and "
                    "this data set has {} in {}-D",
                    kScoredJoints, metric.joints, metric.dims));
  }
  const Metric own = metric;
  metric = Metric(*normalization);
  metric.joints = own.joints;
  metric.dims = own.dims;
  return metric;
}

std::vector<float> ReadPredictions(const std::filesystem::path& path,
                                   const Dataset& dataset,
                                   std::span<const int64_t> windows) {
  const Metric& metric = dataset.metric();
  Tensor answers = ReadOutputs(path, metric);
  const auto wanted = std::ssize(windows);
  if (!IsAnswer(answers.shape, metric) ||
      (answers.shape[0] != wanted && answers.shape[0] != dataset.windows())) {
    FailInput(path.string(),
              fmt::format("has shape {}, expected {} with n = {} (the "
                          "selection) or {} (the set)",
                          ShapeText(answers.shape), AnswerText(metric), wanted,
                          dataset.windows()));
  }
  if (answers.shape[0] == wanted) return std::move(answers.data);
  const auto values = answers.size() / answers.shape[0];
  std::vector<float> selected;
  selected.reserve(windows.size() * AsSize(values));
  for (const int64_t window : windows) {
    const auto first = answers.data.begin() + window * values;
    selected.insert(selected.end(), first, first + values);
  }
  return selected;
}

namespace {

// Outputs are asked for once the truth is known, since they are of its windows.
template <typename Outputs>
Evaluation ScoreOutputs(const Dataset& dataset, const EvaluateOptions& options,
                        const std::string& sha256, const Outputs& outputs_of) {
  Evaluation result;
  result.options = options;
  result.sha256 = sha256;
  result.synthetic = dataset.synthetic();
  result.metric = MetricOf(dataset, options.normalization);
  result.split_id = dataset.split_id();
  const SplitTruth truth =
      LoadSplitTruth(dataset, options.split, options.subset, result.metric);
  const std::vector<float> outputs = outputs_of(truth.selection.windows);
  result.score = MergeTallies(truth.Tally(outputs));
  result.files = truth.files();
  result.baseline_mean_pose = MergeTallies(truth.mean_pose);
  return result;
}

}  // namespace

Evaluation Evaluate(const Dataset& dataset, const EvaluateOptions& options,
                    LoadedPredictor& loaded) {
  CheckModelFits(options.model, loaded.predictor->shapes(), dataset);
  return ScoreOutputs(dataset, options, loaded.sha256,
                      [&](const std::vector<int64_t>& windows) {
                        return PredictAll(*loaded.predictor,
                                          SelectionSource(dataset, windows),
                                          "evaluate");
                      });
}

Evaluation Evaluate(const Dataset& dataset, const EvaluateOptions& options) {
  MetricOf(dataset, options.normalization);  // what is asked, before any file
  if (!options.model.empty()) {
    // The model first: a broken one is noticed before the data is read.
    LoadedPredictor loaded = LoadPredictor(
        options.model, options.network.For(dataset.task().window));
    return Evaluate(dataset, options, loaded);
  }
  return ScoreOutputs(dataset, options, Sha256File(options.predictions),
                      [&](const std::vector<int64_t>& windows) {
                        return ReadPredictions(options.predictions, dataset,
                                               windows);
                      });
}

json ToJson(const Evaluation& e) {
  const auto& path =
      e.options.model.empty() ? e.options.predictions : e.options.model;
  json result = {
      {"split", SplitName(e.options.split)},
      {"split_id", e.split_id},
      {"subset", SubsetName(e.options.subset)},
      {"kind", e.synthetic ? "synthetic" : "real"},
      {"model",
       {{"path", path.string()},
        {"sha256", e.sha256},
        {"kind", e.options.model.empty() ? "predictions" : "model"}}},
      {"score", ToJson(e.score)},
      {"baseline_mean_pose", ToJson(e.baseline_mean_pose)}};
  WriteMetric(e.metric, result);
  if (e.metric.is_classes()) {
    result["baseline_majority_class"] = result["baseline_mean_pose"];
  }
  return result;
}

std::string EvaluationTable(const Evaluation& e) {
  ScoreTable table;
  table.metric = e.metric;
  table.split = SplitName(e.options.split);
  table.split_id = e.split_id;
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

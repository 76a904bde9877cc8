#include "src/run/quantize_checkpoint.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "src/base/error.h"
#include "src/base/sha256.h"
#include "src/eval/model_fit.h"
#include "src/graph/fold_norms.h"
#include "src/nets/checkpoint.h"
#include "src/pose/dataset_files.h"
#include "src/pose/no_clean_windows.h"
#include "src/pose/npy_windows.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/reconstruct/equalize.h"
#include "src/run/make_artifact.h"

namespace edge_int8 {

SourceModel LoadSourceModel(const std::filesystem::path& checkpoint,
                            const NetworkOptions& network) {
  return {Sha256File(checkpoint),
          FoldBatchNorms(LoadCheckpoint(checkpoint, network))};
}

Selection SelectCalibration(const Dataset& dataset) {
  Selection train = dataset.Select(Split::kTrain, Subset::kClean);
  if (train.windows.empty()) {
    FailInput(dataset.folder().string(),
              fmt::format("its train split has no clean windows to calibrate "
                          "on; {}{}",
                          dataset.TrainShare(), UnscaledAmplitudes(dataset)));
  }
  return train;
}

namespace {

// The seed's split goes without saying in a provenance, and did before there
// was another.
bool HoldsOut(const Dataset& dataset) {
  return dataset.split_id().starts_with("hold-out:");
}

}  // namespace

CalibrationSet CalibrateOnTrainSplit(const Dataset& dataset) {
  CalibrationSet set;
  Selection train = SelectCalibration(dataset);
  set.description =
      fmt::format("{} clean train-split windows{}{}", train.windows.size(),
                  dataset.synthetic() ? ", synthetic" : "",
                  HoldsOut(dataset) ? ", " + dataset.split_id() : "");
  set.windows =
      std::make_unique<SelectionSource>(dataset, std::move(train.windows));
  for (const std::filesystem::path& file :
       SmallDatasetFiles(dataset.folder())) {
    set.files.push_back({file.filename().string(), Sha256File(file)});
  }
  return set;
}

CalibrationSet CalibrateOnFile(const std::filesystem::path& npy,
                               const Model& model) {
  CalibrationSet set;
  set.windows = std::make_unique<NpyWindows>(npy, Subset::kClean,
                                             ShapesOf(model.graph).input);
  set.description = fmt::format("{} unlabelled windows", set.windows->size());
  set.files.push_back({npy.filename().string(), Sha256File(npy)});
  return set;
}

CalibrationStats MeasureActivations(const SourceModel& source,
                                    const CalibrationSet& calibration,
                                    int batches, uint64_t seed) {
  CalibrationOptions options;
  options.windows = int64_t{batches} * kCalibrationBatch;
  options.seed = seed;
  return Calibrate(source.folded, BuildQGraph(source.folded.graph),
                   *calibration.windows, options);
}

Repaired MakeByRecipe(const SourceModel& source,
                      const CalibrationSet& calibration,
                      const CalibrationStats& stats,
                      const QuantizeRequest& request) {
  const Recipe& recipe = FindRecipe(request.recipe);
  const Repairs repairs = request.repairs.value_or(recipe.repairs);
  PtqOptions options = recipe.Options();
  options.weight_bits = request.weight_bits;
  if (repairs.rescue && request.weight_bits < 8) {
    options.weight_bits_of = SmallWeights(source.folded.graph);
  }
  const WindowSource& windows = *calibration.windows;
  const QGraph qgraph = BuildQGraph(source.folded.graph);
  Repaired made{source.folded, {}};
  CalibrationStats moved;  // of an equalized model
  if (repairs.equalize) {
    made.model = EqualizeAttention(source.folded, windows);
    moved = Calibrate(made.model, qgraph, windows,
                      {.windows = stats.windows, .seed = request.seed});
  }
  const CalibrationStats& seen = repairs.equalize ? moved : stats;
  made.plan = repairs.rescue ? MixPrecision(made.model, qgraph, seen, windows,
                                            options, request.rescue)
                             : MakePtqPlan(made.model, qgraph, seen, options);
  if (repairs.equalize) made.plan.recipe += " equalize=attention";
  if (repairs.walk()) {
    made = Repair(made.model, qgraph, made.plan, windows, repairs.Options());
  }
  return made;
}

QuantizedModel QuantizeByRecipe(const SourceModel& source,
                                const CalibrationSet& calibration,
                                const CalibrationStats& stats,
                                const QuantizeRequest& request) {
  Repaired made = MakeByRecipe(source, calibration, stats, request);
  core::Provenance provenance;
  provenance.data = calibration.description;
  provenance.data_files = calibration.files;
  return MakeArtifact(source, made.model, std::move(made.plan),
                      std::move(provenance),
                      {{"recipe", request.recipe},
                       {"repairs", RepairsText(request.repairs.value_or(
                                       FindRecipe(request.recipe).repairs))},
                       {"calib_batches", request.calib_batches},
                       {"seed", request.seed}});
}

QuantizedModel QuantizeByPlan(const SourceModel& source, const Plan& plan) {
  Plan unrepaired = plan;
  const std::size_t repair = plan.recipe.find(kRepairNote);
  if (repair != std::string::npos) {
    unrepaired.recipe = plan.recipe.substr(0, repair) + " unrepaired";
  }
  return MakeArtifact(source, source.folded, std::move(unrepaired), {}, {});
}

}  // namespace edge_int8

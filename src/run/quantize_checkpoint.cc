#include "src/run/quantize_checkpoint.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "src/base/error.h"
#include "src/base/notice.h"
#include "src/base/rank_share.h"
#include "src/base/sha256.h"
#include "src/eval/model_fit.h"
#include "src/graph/fold_norms.h"
#include "src/nets/network_file.h"
#include "src/pose/dataset_files.h"
#include "src/pose/no_clean_windows.h"
#include "src/pose/npy_windows.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/reconstruct/equalize.h"
#include "src/quantize/reconstruct/exact_balance.h"
#include "src/run/least_error.h"
#include "src/run/make_artifact.h"
#include "src/run/ordinary_weights.h"
#include "src/run/signal_to_noise.h"

namespace edge_int8 {

SourceModel PrepareSource(const std::string& file, const Model& checkpoint) {
  CheckOrdinaryWeights(file, checkpoint);
  const Model folded = FoldBatchNorms(checkpoint);
  CheckOrdinaryFolded(file, folded);
  return {"", BalanceExactly(folded)};
}

SourceModel LoadSourceModel(const std::filesystem::path& checkpoint,
                            const NetworkOptions& network) {
  SourceModel source =
      PrepareSource(checkpoint.string(), LoadNetwork(checkpoint, network));
  source.sha256 = Sha256File(checkpoint);
  RequireSameOnAllRanks(checkpoint.string(), source.sha256);
  return source;
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

namespace {

// One recipe's steps on one checkpoint.
class RecipeRun {
 public:
  RecipeRun(const SourceModel& source, const CalibrationSet& calibration,
            const CalibrationStats& stats, const QuantizeRequest& request)
      : folded_(source.folded),
        windows_(*calibration.windows),
        request_(request),
        repairs_(request.repairs.value_or(FindRecipe(request.recipe).repairs)),
        qgraph_(BuildQGraph(source.folded.graph)),
        options_(FindRecipe(request.recipe).Options()),
        stats_(&stats) {
    options_.weight_bits = request.weight_bits;
    if (repairs_.rescue && request.weight_bits < 8) {
      options_.weight_bits_of = SmallWeights(folded_.graph);
    }
  }

  Repaired Run() {
    std::vector<RecipeStage> stages = {{"", Plain(folded_)}};
    Repaired prepared = Prepare(stages[0].made);
    if (prepared.plan != stages[0].made.plan) {
      stages.push_back({"what comes before weight reconstruction", prepared});
    }
    const RepairOptions walk = repairs_.Options();
    if (repairs_.walk()) {
      stages.push_back(
          {"weight reconstruction",
           Repair(prepared.model, qgraph_, prepared.plan, windows_, walk)});
    }
    return LeastErrorStage(folded_, std::move(stages), windows_, walk.windows,
                           walk.seed);
  }

 private:
  Repaired Plain(const Model& model) const {
    return {model, MakePtqPlan(model, qgraph_, *stats_, options_), {}};
  }

  // What is decided before any weight moves by itself.
  Repaired Prepare(const Repaired& plain) {
    Repaired made = plain;
    if (repairs_.equalize) {
      const Model model =
          EqualizeAttention(folded_, windows_, {.input = stats_->input});
      moved_ = Calibrate(model, qgraph_, windows_,
                         {.windows = stats_->windows, .seed = request_.seed});
      stats_ = &moved_;
      made = Plain(model);
    }
    if (repairs_.rescue) {
      made.plan = MixPrecision(made.model, qgraph_, *stats_, windows_, options_,
                               request_.rescue);
    }
    if (repairs_.equalize) made.plan.recipe += " equalize=attention";
    return made;
  }

  const Model& folded_;
  const WindowSource& windows_;
  const QuantizeRequest& request_;
  const Repairs repairs_;
  const QGraph qgraph_;
  PtqOptions options_;
  const CalibrationStats* stats_;  // of the model in hand
  CalibrationStats moved_;         // of an equalized one
};

}  // namespace

// Enough to tell 10 dB from 20, and nothing beside a calibration.
constexpr int64_t kNoiseWindows = 32;

Repaired MakeByRecipe(const SourceModel& source,
                      const CalibrationSet& calibration,
                      const CalibrationStats& stats,
                      const QuantizeRequest& request) {
  Repaired made = RecipeRun(source, calibration, stats, request).Run();
  for (const std::string& note : made.notes) SayNote(note);
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
  QuantizedModel model = MakeArtifact(
      source, made.model, std::move(made.plan), std::move(provenance),
      {{"recipe", request.recipe},
       {"repairs", RepairsText(request.repairs.value_or(
                       FindRecipe(request.recipe).repairs))},
       {"calib_batches", request.calib_batches},
       {"seed", request.seed}});
  WarnOfNoise(source.folded, model.artifact.graph, *calibration.windows,
              kNoiseWindows, request.seed);
  return model;
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

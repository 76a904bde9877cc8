// What `quantize --method ptq` does: a checkpoint and calibration windows
// become an artifact and the plan behind it. Tested by
// quantize_checkpoint_test.cc.
#ifndef EDGE_INT8_SRC_RUN_QUANTIZE_CHECKPOINT_H_
#define EDGE_INT8_SRC_RUN_QUANTIZE_CHECKPOINT_H_

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/container/artifact.h"
#include "src/nets/network_options.h"
#include "src/pose/dataset.h"
#include "src/qgraph/plan.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/reconstruct/recipe.h"
#include "src/quantize/reconstruct/repair.h"
#include "src/quantize/search/mixed_precision.h"
#include "src/run/make_artifact.h"

namespace edge_int8 {

inline constexpr int kCalibrationBatch = 64;  // windows per calibration batch

SourceModel LoadSourceModel(const std::filesystem::path& checkpoint,
                            const NetworkOptions& network);

// As that makes it of a checkpoint that is loaded: folded and balanced
// (exact_balance.h). `file` is what refusals name.
SourceModel PrepareSource(const std::string& file, const Model& checkpoint);

// Windows that calibrate, with what an artifact says of them.
struct CalibrationSet {
  std::unique_ptr<WindowSource> windows;
  std::string description;
  std::vector<core::DataFile> files;
};
// Clean windows of the train split. Throws kBadInput when there are none.
Selection SelectCalibration(const Dataset& dataset);
// On those; the dataset must outlive the result.
CalibrationSet CalibrateOnTrainSplit(const Dataset& dataset);
// Unlabelled windows [n, ...] of the model's input; corrupt ones are left out.
CalibrationSet CalibrateOnFile(const std::filesystem::path& npy,
                               const Model& model);

// Runs the float model over the windows; `batches` of kCalibrationBatch.
CalibrationStats MeasureActivations(const SourceModel& source,
                                    const CalibrationSet& calibration,
                                    int batches, uint64_t seed);

// That a user may ask for; the least is 1.
inline constexpr int kMostCalibBatches = 1000000;
inline constexpr std::array<int, 4> kWeightBits = {8, 4, 3, 2};

struct QuantizeRequest {
  std::string recipe = "lossless";
  std::optional<Repairs> repairs;  // instead of the recipe's
  MixedPrecisionOptions rescue;
  int calib_batches = 64;
  uint64_t seed = 42;
  int weight_bits = 8;
};

// The recipe's plan and the model it goes with, before lowering.
Repaired MakeByRecipe(const SourceModel& source,
                      const CalibrationSet& calibration,
                      const CalibrationStats& stats,
                      const QuantizeRequest& request);

// With what calibration saw.
QuantizedModel QuantizeByRecipe(const SourceModel& source,
                                const CalibrationSet& calibration,
                                const CalibrationStats& stats,
                                const QuantizeRequest& request);
// With a plan as it is; nothing is measured.
QuantizedModel QuantizeByPlan(const SourceModel& source, const Plan& plan);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_QUANTIZE_CHECKPOINT_H_

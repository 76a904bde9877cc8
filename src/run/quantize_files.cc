#include "src/run/quantize_files.h"

#include "src/base/error.h"
#include "src/eval/model_fit.h"
#include "src/pose/window_array.h"
#include "src/run/fx_study.h"

namespace edge_int8 {
namespace {

// What lowering finds wrong with it is of the file, too.
QuantizedModel QuantizeByPlanFile(const SourceModel& source,
                                  const std::filesystem::path& file) {
  const Plan plan = ReadPlanFor(source.folded.graph, file);
  try {
    return QuantizeByPlan(source, plan);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kBadInput) throw;
    FailInput(file.string(), error.what());
  }
}

// With a plan nothing of a data set is read but this.
Shape DataWindow(const QuantizeInputs& inputs) {
  if (inputs.data.empty()) return {};
  return Dataset::Open(inputs.data, inputs.dataset).task().window;
}

}  // namespace

void CheckQuantizeInputs(const QuantizeInputs& inputs) {
  // A plan needs neither; a folder beside it is only where it came from.
  const int sources =
      int{!inputs.calibration.empty()} + int{!inputs.data.empty()};
  if (inputs.plan.empty() ? sources != 1 : !inputs.calibration.empty()) {
    FailUsage(
        "quantize: exactly one of --data, --calibration and --plan; with "
        "--plan, --data is not read");
  }
  if (inputs.request.recipe == kFxRecipe) {
    FailUsage(
        "quantize: fx-fbgemm mixes int8 and float operators, so no artifact "
        "holds it; bench --recipe fx-fbgemm measures it");
  }
  if (inputs.plan.empty()) FindRecipe(inputs.request.recipe);
}

QuantizedModel QuantizeFiles(const QuantizeInputs& inputs) {
  const QuantizeRequest& request = inputs.request;
  const auto load = [&](const Shape& window) {
    return LoadSourceModel(inputs.checkpoint, inputs.network.For(window));
  };
  if (!inputs.plan.empty()) {
    return QuantizeByPlanFile(load(DataWindow(inputs)), inputs.plan);
  }
  const auto quantize = [&](const SourceModel& source,
                            const CalibrationSet& set) {
    return QuantizeByRecipe(
        source, set,
        MeasureActivations(source, set, request.calib_batches, request.seed),
        request);
  };
  if (!inputs.calibration.empty()) {
    const SourceModel source = load(WindowArray(inputs.calibration).window());
    return quantize(source, CalibrateOnFile(inputs.calibration, source.folded));
  }
  const Dataset dataset = Dataset::Open(inputs.data, inputs.dataset);
  const SourceModel source = load(dataset.task().window);
  CheckModelFits(inputs.checkpoint, ShapesOf(source.folded.graph), dataset);
  return quantize(source, CalibrateOnTrainSplit(dataset));
}

}  // namespace edge_int8

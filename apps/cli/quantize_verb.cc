// edge-int8 quantize: a checkpoint to a true integer artifact.
#include <fmt/format.h>

#include <memory>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/pipeline/fx_study.h"
#include "src/pipeline/quantize_checkpoint.h"
#include "src/quant/artifact_file.h"
#include "src/quant/recipe.h"

namespace edge_int8 {
namespace {

struct Flags {
  std::filesystem::path checkpoint;
  std::string variant;
  DataFlags data;
  std::filesystem::path calibration;
  std::string method = "ptq";
  std::filesystem::path out;
  std::filesystem::path plan;
  std::filesystem::path plan_out;
  QuantizeRequest request;
  ForceFlag force;
};

QuantizedModel RunQuantize(Flags& flags) {
  const std::optional<std::string> variant =
      flags.variant.empty() ? std::nullopt : std::optional(flags.variant);
  const SourceModel source = LoadSourceModel(flags.checkpoint, variant);
  if (!flags.plan.empty()) return QuantizeByPlan(source, ReadPlan(flags.plan));
  const auto quantize = [&](const CalibrationSet& set) {
    const CalibrationStats stats = MeasureActivations(
        source, set, flags.request.calib_batches, flags.request.seed);
    return QuantizeByRecipe(source, set, stats, flags.request);
  };
  if (!flags.calibration.empty()) {
    return quantize(CalibrateOnFile(flags.calibration));
  }
  const Dataset dataset = flags.data.Open();
  return quantize(CalibrateOnTrainSplit(dataset));
}

void CheckFlags(const Flags& flags) {
  if (flags.method == "qat") {
    FailUsage("quantize: --method qat is not built yet; --method ptq is");
  }
  if (flags.method != "ptq") {
    FailUsage(fmt::format("quantize: --method is '{}', expected ptq or qat",
                          flags.method));
  }
  const int sources = int{!flags.plan.empty()} +
                      int{!flags.calibration.empty()} +
                      int{!flags.data.folder.empty()};
  if (sources != 1) {
    FailUsage("quantize: exactly one of --data, --calibration and --plan");
  }
  if (flags.request.recipe == kFxRecipe) {
    FailUsage(
        "quantize: fx-fbgemm mixes int8 and float operators, so no artifact "
        "holds it; bench --recipe fx-fbgemm measures it");
  }
  if (flags.plan.empty()) FindRecipe(flags.request.recipe);
  CheckOutputPath(flags.out, flags.force.if_exists());
  CheckNotAnInput(flags.out, {flags.checkpoint, flags.calibration, flags.plan,
                              flags.plan_out});
  CheckNotAnInput(flags.plan_out,
                  {flags.checkpoint, flags.calibration, flags.plan});
  if (!flags.plan_out.empty()) {
    CheckOutputPath(flags.plan_out, flags.force.if_exists());
  }
}

void Run(Flags& flags) {
  CheckFlags(flags);
  const QuantizedModel model = RunQuantize(flags);
  WriteArtifactFile(flags.out, model.artifact, flags.force.if_exists());
  if (!flags.plan_out.empty()) {
    WritePlan(flags.plan_out, model.plan, flags.force.if_exists());
  }
  const auto bytes = std::filesystem::file_size(flags.out);
  fmt::print("wrote {}: {} bytes ({:.3f} MiB), {}\n", flags.out.string(), bytes,
             static_cast<double>(bytes) / 1048576.0, model.plan.recipe);
}

}  // namespace

void AddQuantize(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "quantize", "Turn a checkpoint into a true integer artifact (.ei8)");
  const auto flags = std::make_shared<Flags>();
  verb->add_option("--checkpoint", flags->checkpoint, "A .pth file")
      ->required();
  AddDataFlags(*verb, flags->data);
  verb->add_option("--calibration", flags->calibration,
                   "Calibrate on unlabelled CSI instead: .npy [n,540,20]");
  verb->add_option("--method", flags->method, "ptq or qat")
      ->capture_default_str();
  verb->add_option("--out", flags->out, "Artifact to write")->required();
  verb->add_option("--plan", flags->plan, "Use this plan; nothing is measured");
  verb->add_option("--plan-out", flags->plan_out, "Write the plan as JSON");
  verb->add_option("--recipe", flags->request.recipe,
                   "lossless, mse, minmax, percentile or histogram")
      ->capture_default_str();
  verb->add_option("--calib-batches", flags->request.calib_batches,
                   "Calibration batches of 64 clean train windows")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  verb->add_option("--weight-bits", flags->request.weight_bits, "8 or 4")
      ->check(CLI::IsMember({8, 4}))
      ->capture_default_str();
  verb->add_option("--seed", flags->request.seed,
                   "Picks the calibration windows")
      ->capture_default_str();
  verb->add_option("--variant", flags->variant,
                   "Override recognition of the network");
  AddForceFlag(*verb, flags->force);
  verb->footer(
      "Example:\n  edge-int8 quantize --checkpoint half.pth --data "
      "preprocessed_csi_data --method ptq --out half.ei8");
  verb->callback([flags] { Run(*flags); });
}

}  // namespace edge_int8

// edge-int8 explain: where int8 loses, per tensor, in points of PCK.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/quantize/reconstruct/recipe.h"
#include "src/run/explain_model.h"
#include "src/run/quantize_checkpoint.h"
#include "src/run/verb_files.h"

namespace edge_int8 {
namespace {

struct ExplainFlags {
  ExplainOptions options;
  DataFlags data;
  std::string repair;
  std::string split = "val";
  std::string subset = "clean";
  int top = 20;
  JsonFlag json;
  ForceFlag force;
};

void RunExplain(ExplainFlags& flags) {
  flags.options.split = ParseSplit(flags.split);
  flags.options.subset = ParseSubset(flags.subset);
  if (flags.options.plan.empty()) FindRecipe(flags.options.request.recipe);
  if (!flags.repair.empty()) {
    flags.options.request.repairs = ParseRepairs(flags.repair);
  }
  VerbFiles()
      .Reads("--checkpoint", flags.options.checkpoint)
      .Reads("--plan", flags.options.plan)
      .ReadsDataset("--data", flags.data.folder, flags.data.Options())
      .Writes("--json", flags.json.output())
      .Check(flags.force.if_exists());
  const Dataset dataset = flags.data.Open();
  const Explanation explanation = Explain(dataset, flags.options);
  if (!flags.json.to_stdout()) {
    fmt::print("{}", ExplanationTable(explanation, flags.top));
  }
  if (flags.json.asked()) {
    flags.json.Write(ToJson(explanation), flags.force.if_exists());
  }
}

}  // namespace

void AddExplain(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "explain", "Say where int8 loses: per tensor, per step, per joint");
  const auto flags = std::make_shared<ExplainFlags>();
  verb->add_option("--model,--checkpoint", flags->options.checkpoint,
                   "A .pth or .onnx file")
      ->required();
  AddDataFlags(*verb, flags->data)->required();
  verb->add_option("--split", flags->split, "val, test, train or all")
      ->capture_default_str();
  verb->add_option("--subset", flags->subset,
                   "clean, or full with corrupt windows zeroed")
      ->capture_default_str();
  verb->add_option("--windows", flags->options.windows,
                   "Windows to look at, spread over the split")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  verb->add_option("--recipe", flags->options.request.recipe,
                   "What is explained: a recipe of quantize")
      ->capture_default_str();
  verb->add_option("--repair", flags->repair,
                   "Instead of the recipe's, as in quantize");
  verb->add_option("--plan", flags->options.plan,
                   "Explain this plan instead; nothing is calibrated");
  verb->add_option("--weight-bits", flags->options.request.weight_bits,
                   "8, 4, 3 or 2")
      ->check(CLI::IsMember(kWeightBits))
      ->capture_default_str();
  verb->add_option("--calib-batches", flags->options.request.calib_batches,
                   "Calibration batches of 64 clean train windows")
      ->check(CLI::Range(1, kMostCalibBatches))
      ->capture_default_str();
  verb->add_option("--seed", flags->options.request.seed,
                   "Picks the calibration windows")
      ->capture_default_str();
  verb->add_option("--top", flags->top,
                   "Tensors in the table, worst first; 0 for all")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  AddNetworkFlags(*verb, flags->options.network);
  AddJsonFlag(*verb, flags->json);
  AddForceFlag(*verb, flags->force);
  verb->footer(
      "Example:\n  edge-int8 explain --model half.pth --data "
      "preprocessed_csi_data --json explain.json");
  verb->callback([flags] { RunExplain(*flags); });
}

}  // namespace edge_int8

// edge-int8 evaluate: a model or a predictions file under the locked metric.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/base/shell_quote.h"
#include "src/run/evaluate_model.h"
#include "src/run/load_predictor.h"
#include "src/run/verb_files.h"

namespace edge_int8 {
namespace {

struct EvaluateFlags {
  DataFlags data;
  EvaluateOptions options;
  std::string split = "test";
  std::string subset = "clean";
  std::string normalization;
  double min_pck20 = 0;  // percent or fraction; see Gate()
  double min_top1 = 0;   // likewise
  CLI::Option* pck_gate = nullptr;
  CLI::Option* top1_gate = nullptr;
  JsonFlag json;
  ForceFlag force;
};

// A gate takes a fraction, 0.95, or a percentage, 95.
void Gate(const CLI::Option& gate, double least, const Evaluation& evaluation) {
  if (gate.count() == 0) return;
  const double wanted = least > 1 ? least / 100 : least;
  const double got = evaluation.score.Pck(20);
  if (got >= wanted) return;
  throw Error(ErrorKind::kGate,
              fmt::format("{} is {:.4f}, below the {:.4f} of {}",
                          PrimaryName(evaluation.metric), got, wanted,
                          gate.get_name()));
}

// The gate of the other kind of target would pass or fail for no reason.
void CheckGates(const EvaluateFlags& flags, const Dataset& dataset) {
  const CLI::Option& wrong =
      dataset.metric().is_classes() ? *flags.pck_gate : *flags.top1_gate;
  if (wrong.count() == 0) return;
  FailUsage(fmt::format("evaluate: {} does not apply: {} is scored by {}",
                        wrong.get_name(), dataset.folder().string(),
                        MetricId(dataset.metric())));
}

// Of a float network what it becomes, of an artifact how fast it is.
void SayNextOf(const EvaluateFlags& flags) {
  const std::filesystem::path& model = flags.options.model;
  if (model.empty()) return;
  if (DetectModelFormat(model) == ModelFormat::kArtifact) {
    SayNext(stdout, "latency --model " + ShellQuote(model.string()));
    return;
  }
  std::filesystem::path out = model.filename();
  out.replace_extension(".ei8");
  SayNext(stdout, fmt::format("quantize --model {} --data {} --out {}",
                              ShellQuote(model.string()),
                              ShellQuote(flags.data.folder.string()),
                              ShellQuote(out.string())));
}

void RunEvaluate(EvaluateFlags& flags) {
  if (flags.options.model.empty() == flags.options.predictions.empty()) {
    FailUsage("evaluate: exactly one of --model and --predictions");
  }
  VerbFiles()
      .Reads("--model", flags.options.model)
      .Reads("--predictions", flags.options.predictions)
      .ReadsDataset("--data", flags.data.folder, flags.data.Options())
      .Writes("--json", flags.json.output())
      .Check(flags.force.if_exists());
  flags.options.split = ParseSplit(flags.split);
  flags.options.subset = ParseSubset(flags.subset);
  if (!flags.normalization.empty()) {
    flags.options.normalization = ParseNormalization(flags.normalization);
  }
  const Dataset dataset = flags.data.Open();
  CheckGates(flags, dataset);
  const Evaluation evaluation = Evaluate(dataset, flags.options);
  if (!flags.json.to_stdout()) {
    fmt::print("{}", EvaluationTable(evaluation));
    SayNextOf(flags);
  }
  if (flags.json.asked()) {
    flags.json.Write(ToJson(evaluation), flags.force.if_exists());
  }
  Gate(*flags.pck_gate, flags.min_pck20, evaluation);
  Gate(*flags.top1_gate, flags.min_top1, evaluation);
}

}  // namespace

void AddEvaluate(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "evaluate", "Score a model or a predictions file by the locked metric");
  const auto flags = std::make_shared<EvaluateFlags>();
  verb->add_option("--model", flags->options.model,
                   "A .pth, .onnx or .ei8 file");
  verb->add_option("--predictions", flags->options.predictions,
                   "- for stdin or an .npy: poses [n, joints, 2 or 3], scores "
                   "[n, classes] or "
                   "classes [n]: of the selection in order, or of every window "
                   "of the set");
  AddDataFlags(*verb, flags->data)->required();
  verb->add_option("--split", flags->split, "test, val, train or all")
      ->capture_default_str();
  verb->add_option("--subset", flags->subset,
                   "clean, or full with corrupt windows zeroed")
      ->capture_default_str();
  AddNetworkFlags(*verb, flags->options.network);
  verb->add_option("--normalization", flags->normalization,
                   "torso, bbox or absolute instead of the set's own metric");
  flags->top1_gate = verb->add_option("--min-top1", flags->min_top1,
                                      "Exit 1 when top-1 accuracy is below "
                                      "this (0.95 or 95)")
                         ->check(RefuseNan)
                         ->check(CLI::Range(0.0, 100.0));
  flags->pck_gate =
      verb->add_option("--min-pck20", flags->min_pck20,
                       "Exit 1 when PCK@20 is below this (0.95 or "
                       "95)")
          ->check(RefuseNan)
          ->check(CLI::Range(0.0, 100.0));
  AddJsonFlag(*verb, flags->json);
  AddForceFlag(*verb, flags->force);
  verb->footer(
      "Example:\n  edge-int8 evaluate --model half.pth --data "
      "preprocessed_csi_data --subset clean --json score.json");
  verb->callback([flags] { RunEvaluate(*flags); });
}

}  // namespace edge_int8

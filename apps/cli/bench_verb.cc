// edge-int8 bench: the whole measurement in one command.
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/quantize/reconstruct/recipe.h"
#include "src/run/bench_run.h"
#include "src/run/fx_study.h"
#include "src/run/leave_one_out.h"
#include "src/run/quantize_checkpoint.h"

namespace edge_int8 {
namespace {

struct BenchFlags {
  BenchOptions options;
  DataFlags data;
  std::string mode;
  std::string leave_one_out;
  double max_drop = 0;
  CLI::Option* gate = nullptr;
  JsonFlag json;
  ForceFlag force;
};

void RunBench(BenchFlags& flags) {
  if (!flags.mode.empty()) flags.options.mode = ParseBenchMode(flags.mode);
  if (flags.options.recipe != kFxRecipe) FindRecipe(flags.options.recipe);
  flags.options.data = flags.data.folder;
  flags.options.dataset = flags.data.Options();
  if (flags.gate->count() > 0) flags.options.max_drop = flags.max_drop;
  flags.options.if_exists = flags.force.if_exists();
  flags.options.print = !flags.json.to_stdout();
  if (flags.json.asked()) {
    flags.options.json = flags.json.output();
    flags.options.results = [&flags](const nlohmann::json& results) {
      flags.json.Write(results, flags.force.if_exists());
    };
  }
  if (!flags.leave_one_out.empty()) {
    RunLeaveOneOut(flags.options, flags.leave_one_out);
  } else {
    RunBench(flags.options);
  }
}

}  // namespace

void AddBench(CLI::App& app, std::string command) {
  CLI::App* verb = app.add_subcommand(
      "bench", "Measure fp32 against real int8: the table, in one command");
  const auto flags = std::make_shared<BenchFlags>();
  flags->options.command = std::move(command);
  verb->add_option(
      "--model,--checkpoint", flags->options.checkpoint,
      "A .pth or .onnx file; without it and --data, the embedded demo");
  AddDataFlags(*verb, flags->data);
  verb->add_option("--mode", flags->mode,
                   "ptq, qat or both; ptq by default, and both for the "
                   "embedded demo where edge-int8-train was built");
  verb->add_option("--qat-epochs", flags->options.qat_epochs,
                   "Epochs of quantization-aware training")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  verb->add_option("--qat-windows", flags->options.qat_windows,
                   "Train windows of one epoch; 0 means all, and 1280 for the "
                   "embedded demo")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--calib-batches", flags->options.calib_batches,
                   "Calibration batches of 64 clean train windows")
      ->check(CLI::Range(1, kMostCalibBatches))
      ->capture_default_str();
  verb->add_option("--recipe", flags->options.recipe,
                   "lossless, mse, minmax, percentile or histogram; fx-fbgemm "
                   "takes PyTorch's default apart")
      ->capture_default_str();
  verb->add_option("--seed", flags->options.seed,
                   "Picks the calibration windows")
      ->capture_default_str();
  AddNetworkFlags(*verb, flags->options.network);
  verb->add_option("--out", flags->options.out,
                   "Folder for results, report and artifacts; runs/<utc> "
                   "by default");
  verb->add_option("--latency-seconds", flags->options.latency_seconds,
                   "How long each model is timed for the report; 0: not")
      ->check(RefuseNan)
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  flags->gate = verb->add_option("--max-drop", flags->max_drop,
                                 "Exit 1 when int8 loses more points of clean "
                                 "PCK@20 than this")
                    ->check(RefuseNan)
                    ->check(CLI::Range(0.0, 100.0));
  CLI::Option* one = verb->add_option(
      "--leave-one-out", flags->leave_one_out,
      "Each group of recordings that this expression tells apart by their "
      "names, as subject(\\d+), is left out once: calibrate on the others, "
      "score "
      "on it");
  for (const char* other : {"--hold-out", "--mode", "--max-drop"}) {
    one->excludes(verb->get_option(other));
  }
  verb->add_flag("--wide", flags->options.wide,
                 "Every column of the table, however wide the terminal is");
  AddJsonFlag(*verb, flags->json);
  AddForceFlag(*verb, flags->force);
  verb->footer(
      "Examples:\n  edge-int8 bench\n  edge-int8 bench --model half.pth "
      "--data preprocessed_csi_data --max-drop 0.5");
  verb->callback([flags] { RunBench(*flags); });
}

}  // namespace edge_int8

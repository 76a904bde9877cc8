// edge-int8 search: bits per tensor, chosen by the true metric under a limit.
#include <fmt/format.h>

#include <memory>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/base/shell_quote.h"
#include "src/run/quantize_checkpoint.h"
#include "src/run/search_checkpoint.h"

namespace edge_int8 {
namespace {

struct SearchFlags {
  SearchRequest request;
  DataFlags data;
  int64_t max_bytes = 0;
  double max_macs_cost = 0;
  double min_pck = 0;
  CLI::Option* bytes = nullptr;
  CLI::Option* macs = nullptr;
  CLI::Option* pck = nullptr;
  bool wide = false;
  JsonFlag json;
  ForceFlag force;
};

void RunSearch(SearchFlags& flags) {
  SearchRequest& request = flags.request;
  request.data = flags.data.folder;
  request.dataset = flags.data.Options();
  if (flags.bytes->count() > 0) request.limits.max_bytes = flags.max_bytes;
  if (flags.macs->count() > 0) {
    request.limits.max_macs_cost = flags.max_macs_cost;
  }
  // 0.95 or 95, as --min-pck20 of evaluate.
  if (flags.pck->count() > 0) {
    request.limits.min_pck =
        flags.min_pck > 1 ? flags.min_pck / 100 : flags.min_pck;
  }
  request.if_exists = flags.force.if_exists();
  request.json = flags.json.output();
  const SearchResults results = SearchCheckpoint(request);
  const bool words = !flags.json.to_stdout();
  if (words) fmt::print("{}", SearchTables(results, flags.wide));
  if (flags.json.asked()) flags.json.Write(ToJson(results), request.if_exists);
  if (!results.test) {
    throw Error(ErrorKind::kGate,
                "no measured plan meets the limits: the table shows what there "
                "is");
  }
  if (!words) return;
  const ScoredPlan& plan =
      results.outcome.plans[static_cast<std::size_t>(results.outcome.chosen)];
  fmt::print("\nwrote {}: {} bytes, MAC cost {:.3f}\n", request.out.string(),
             plan.score.bytes, plan.macs_cost);
  SayNext(stdout,
          fmt::format("latency --model {}", ShellQuote(request.out.string())));
}

void AddLimits(CLI::App& verb, SearchFlags& flags) {
  flags.bytes = verb.add_option("--max-bytes", flags.max_bytes,
                                "Most bytes the artifact may have: 524288, "
                                "512K, 0.3MiB")
                    ->transform(SizeIn(1))
                    ->check(CLI::Range(int64_t{1}, int64_t{1} << 40));
  flags.macs =
      verb.add_option("--max-macs-cost", flags.max_macs_cost,
                      "Most MACs x weight bits/8 x input bits/8 it may cost, "
                      "of the same at 8 bits")
          ->check(RefuseNan)
          ->check(CLI::Range(0.0, 16.0));
  flags.pck = verb.add_option("--min-pck", flags.min_pck,
                              "Least validation PCK (0.95 or 95); the smallest "
                              "artifact that reaches it is chosen")
                  ->check(RefuseNan)
                  ->check(CLI::Range(0.0, 100.0));
  verb.add_option("--percent", flags.request.limits.percent,
                  "The PCK threshold that decides")
      ->check(CLI::IsMember({10, 20, 30, 40, 50}))
      ->capture_default_str();
}

void AddEffort(CLI::App& verb, SearchFlags& flags) {
  verb.add_option("--weight-bits", flags.request.bits.weights,
                  "Bits a weight tensor may have: 8 and any of 4 3 2")
      ->delimiter(',')
      ->capture_default_str();
  verb.add_option("--activation-bits", flags.request.bits.activations,
                  "Bits an activation may have, of 8 12 16; 12 before a SiLU")
      ->delimiter(',')
      ->capture_default_str();
  verb.add_option("--windows", flags.request.windows,
                  "Clean validation windows that score a plan, at most")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  verb.add_option("--calib-batches", flags.request.calib_batches,
                  "Calibration batches of 64 clean train windows")
      ->check(CLI::Range(1, kMostCalibBatches))
      ->capture_default_str();
  verb.add_option("--refinements", flags.request.effort.refinements,
                  "Most plans tried near the limit")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  verb.add_option("--finalists", flags.request.effort.finalists,
                  "Plans repaired as a whole before the choice")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  verb.add_option("--seed", flags.request.seed,
                  "Picks calibration and validation windows")
      ->capture_default_str();
}

}  // namespace

void AddSearch(CLI::App& app, std::string command) {
  CLI::App* verb = app.add_subcommand(
      "search", "Choose bits per tensor by the metric, under a limit");
  const auto flags = std::make_shared<SearchFlags>();
  SearchRequest& request = flags->request;
  request.command = std::move(command);
  verb->add_option("--model,--checkpoint", request.checkpoint,
                   "A .pth or .onnx file")
      ->required();
  AddDataFlags(*verb, flags->data)->required();
  verb->add_option("--out", request.out, "Artifact to write")->required();
  AddLimits(*verb, *flags);
  verb->add_option("--front", request.front,
                   "Write all measured plans and the front as JSON");
  verb->add_option("--svg", request.svg, "Write the front as a picture");
  verb->add_option("--plan-out", request.plan_out,
                   "Write the chosen plan as JSON");
  verb->add_flag("--resume", request.resume,
                 "Go on with an interrupted search: <out>.search");
  AddEffort(*verb, *flags);
  AddNetworkFlags(*verb, flags->request.network);
  verb->add_flag("--wide", flags->wide,
                 "Every column of the front, however wide the terminal is");
  AddJsonFlag(*verb, flags->json);
  AddForceFlag(*verb, flags->force);
  verb->footer(
      "Example:\n  edge-int8 search --model half.pth --data "
      "preprocessed_csi_data --max-bytes 512K --out half.ei8 --front "
      "front.json");
  verb->callback([flags] { RunSearch(*flags); });
}

}  // namespace edge_int8

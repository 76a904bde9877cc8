// edge-int8 verify: an artifact by itself (hashes, golden vectors, engine ==
// reference), or with --against two models or predictions files side by side.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/base/shell_quote.h"
#include "src/run/compare_outputs.h"
#include "src/run/verb_files.h"
#include "src/run/verify_artifact.h"

namespace edge_int8 {
namespace {

struct VerifyFlags {
  VerifyOptions options;
  DataFlags data;
  CompareOptions compare;
  double tolerance = 0;
  std::string split = "test";
  std::string subset = "clean";
  CLI::Option* tolerance_option = nullptr;
  CLI::Option* windows_option = nullptr;
  JsonFlag json;
  ForceFlag force;
};

// What only makes sense with --against, or only without it.
void CheckVerifyFlags(const VerifyFlags& flags) {
  const CompareOptions& compare = flags.compare;
  if (compare.against.empty()) {
    if (!compare.input.empty() || flags.tolerance_option->count() > 0) {
      FailUsage("verify: --input and --tolerance need --against");
    }
    return;
  }
  if (compare.input.empty() == flags.data.folder.empty()) {
    FailUsage("verify --against: exactly one of --data and --input");
  }
  if (flags.windows_option->count() > 0) {
    FailUsage("verify --against compares every window; it takes no --windows");
  }
}

void Compare(VerifyFlags& flags) {
  flags.compare.model = flags.options.model;
  flags.compare.split = ParseSplit(flags.split);
  flags.compare.subset = ParseSubset(flags.subset);
  if (flags.tolerance_option->count() > 0) {
    flags.compare.tolerance = flags.tolerance;
  }
  std::optional<Dataset> dataset;
  if (!flags.data.folder.empty()) dataset.emplace(flags.data.Open());
  const Comparison comparison =
      CompareOutputs(dataset ? &*dataset : nullptr, flags.compare);
  const std::string verdict = ComparisonVerdict(comparison);
  if (!flags.json.to_stdout()) {
    fmt::print("{}{}\n", ComparisonTable(comparison), verdict);
  }
  if (flags.json.asked()) {
    flags.json.Write(ToJson(comparison), flags.force.if_exists());
  }
  if (!comparison.WithinTolerance()) {
    throw Error(
        ErrorKind::kGate,
        fmt::format("{} and {} differ: {}", flags.compare.model.string(),
                    flags.compare.against.string(), verdict));
  }
}

void CheckArtifact(VerifyFlags& flags) {
  if (!flags.data.folder.empty()) flags.options.data = flags.data.folder;
  flags.options.dataset = flags.data.Options();
  const std::vector<VerifyCheck> checks = VerifyArtifact(flags.options);
  if (!flags.json.to_stdout()) fmt::print("{}", VerifyTable(checks));
  if (flags.json.asked()) {
    flags.json.Write(ToJson(flags.options, checks), flags.force.if_exists());
  }
  const auto failed = std::ranges::count(checks, false, &VerifyCheck::passed);
  if (failed == 0 && !flags.json.to_stdout()) {
    fmt::print("all {} checks passed\n", checks.size());
    SayNext(stdout,
            "latency --model " + ShellQuote(flags.options.model.string()));
  }
  if (failed > 0) {
    throw Error(ErrorKind::kGate, fmt::format("{}: {} of {} checks failed",
                                              flags.options.model.string(),
                                              failed, checks.size()));
  }
}

void RunVerify(VerifyFlags& flags) {
  CheckVerifyFlags(flags);
  VerbFiles()
      .Reads("--model", flags.options.model)
      .Reads("--against", flags.compare.against)
      .Reads("--input", flags.compare.input)
      .ReadsDataset("--data", flags.data.folder, flags.data.Options())
      .Writes("--json", flags.json.output())
      .Check(flags.force.if_exists());
  if (flags.compare.against.empty()) {
    CheckArtifact(flags);
  } else {
    Compare(flags);
  }
}

void AddCompareFlags(CLI::App& verb, VerifyFlags& flags) {
  verb.add_option(
      "--against", flags.compare.against,
      "Another .pth, .onnx, .ei8 or predictions .npy to compare with");
  verb.add_option("--input", flags.compare.input,
                  "With --against: windows .npy [n, ...], - for stdin, instead "
                  "of --data");
  verb.add_option("--split", flags.split,
                  "With --against: test, val, train or all")
      ->capture_default_str();
  verb.add_option("--subset", flags.subset,
                  "With --against: clean, or full with corrupt windows zeroed")
      ->capture_default_str();
  flags.tolerance_option =
      verb.add_option("--tolerance", flags.tolerance,
                      "With --against: exit 1 when the largest difference, in "
                      "output units, is beyond this")
          ->check(RefuseNan)
          ->check(CLI::NonNegativeNumber);
  AddJsonFlag(verb, flags.json);
  AddForceFlag(verb, flags.force);
}

}  // namespace

void AddVerify(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("verify",
                         "Check an artifact: hashes, golden vectors, engine == "
                         "reference; or compare two models. Exit 1 when a "
                         "check fails, 3 when the file is damaged");
  const auto flags = std::make_shared<VerifyFlags>();
  verb->add_option("--model", flags->options.model,
                   "An .ei8 file; with --against also a .pth, .onnx or "
                   "predictions .npy")
      ->required();
  AddDataFlags(*verb, flags->data);
  AddNetworkFlags(*verb, flags->compare.network);
  AddCompareFlags(*verb, *flags);
  flags->windows_option = verb->add_option("--windows", flags->options.windows,
                                           "Windows of each kind to compare")
                              ->check(CLI::Range(1, 1000000))
                              ->capture_default_str();
  verb->footer(
      "Example:\n  edge-int8 verify --model half.ei8 --data "
      "preprocessed_csi_data\n  edge-int8 verify --model half.ei8 --against "
      "half.pth --data preprocessed_csi_data --tolerance 0.05");
  verb->callback([flags] { RunVerify(*flags); });
}

}  // namespace edge_int8

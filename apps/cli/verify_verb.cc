// edge-int8 verify: hashes, golden vectors, engine == reference.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/pipeline/verify_artifact.h"

namespace edge_int8 {
namespace {

struct Flags {
  VerifyOptions options;
  DataFlags data;
};

void Run(Flags& flags) {
  if (!flags.data.folder.empty()) flags.options.data = flags.data.folder;
  flags.options.dataset = flags.data.Options();
  const std::vector<VerifyCheck> checks = VerifyArtifact(flags.options);
  for (const VerifyCheck& check : checks) {
    fmt::print("{}  {}: {}\n", check.passed ? "ok  " : "FAIL", check.name,
               check.detail);
  }
  const auto failed = std::ranges::count(checks, false, &VerifyCheck::passed);
  if (failed > 0) {
    throw Error(ErrorKind::kGate, fmt::format("{}: {} of {} checks failed",
                                              flags.options.model.string(),
                                              failed, checks.size()));
  }
}

}  // namespace

void AddVerify(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("verify",
                         "Check an artifact: hashes, golden vectors, engine == "
                         "reference; exit 1 when one fails");
  const auto flags = std::make_shared<Flags>();
  verb->add_option("--model", flags->options.model, "An .ei8 file")->required();
  AddDataFlags(*verb, flags->data);
  verb->add_option("--windows", flags->options.windows,
                   "Windows of each kind to compare")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  verb->footer(
      "Example:\n  edge-int8 verify --model half.ei8 --data "
      "preprocessed_csi_data");
  verb->callback([flags] { Run(*flags); });
}

}  // namespace edge_int8

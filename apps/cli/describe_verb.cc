// edge-int8 describe: parameters, multiply-accumulates, tensors, layer table.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/nets/wiflow.h"
#include "src/run/describe_model.h"
#include "src/run/verb_files.h"

namespace edge_int8 {
namespace {

struct DescribeFlags {
  NetworkOptions network;
  std::filesystem::path model;
  JsonFlag json;
  ForceFlag force;
};

nlohmann::json Describe(const DescribeFlags& flags) {
  VerbFiles()
      .Reads("--model", flags.model)
      .Writes("--json", flags.json.output())
      .Check(flags.force.if_exists());
  if (flags.model.empty()) {
    if (!flags.network.variant) FailUsage("describe: --variant or --model");
    return DescribeGraph(BuildWiflow(WiflowVariant(*flags.network.variant)));
  }
  return DescribeFile(flags.model, flags.network);
}

}  // namespace

void AddDescribe(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "describe", "Parameters, multiply-accumulates, tensors, layer table");
  const auto flags = std::make_shared<DescribeFlags>();
  verb->add_option("--model", flags->model, "A .pth, .onnx or .ei8 file");
  AddNetworkFlags(*verb, flags->network);
  AddJsonFlag(*verb, flags->json);
  AddForceFlag(*verb, flags->force);
  verb->footer(
      "Examples:\n  edge-int8 describe --variant half --json\n"
      "  edge-int8 describe --model half.ei8");
  verb->callback([flags] {
    const nlohmann::json description = Describe(*flags);
    if (!flags->json.to_stdout()) {
      fmt::print("{}", DescriptionTable(description));
    }
    if (flags->json.asked()) {
      flags->json.Write(description, flags->force.if_exists());
    }
  });
}

}  // namespace edge_int8

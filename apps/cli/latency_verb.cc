// edge-int8 latency: time per window, and the share of this core's peak.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/notice.h"
#include "src/base/parallel.h"
#include "src/base/rank_share.h"
#include "src/run/measure_latency.h"
#include "src/run/verb_files.h"

namespace edge_int8 {
namespace {

struct LatencyFlags {
  LatencyOptions options;
  JsonFlag json;
  ForceFlag force;
};

void RunLatency(LatencyFlags& flags) {
  VerbFiles()
      .Reads("--model", flags.options.model)
      .Writes("--json", flags.json.output())
      .Check(flags.force.if_exists());
  const Latency latency = MeasureLatency(flags.options);
  if (!flags.json.to_stdout()) fmt::print("{}", LatencyTable(latency));
  if (latency.noisy()) SayNote(NoiseText(latency));
  if (flags.json.asked()) {
    flags.json.Write(ToJson(latency), flags.force.if_exists());
  }
}

}  // namespace

void AddLatency(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "latency", "Time per window, and the share of this core's measured peak");
  // Here --threads counts timed threads, not workers.
  verb->fallthrough(false);
  const auto flags = std::make_shared<LatencyFlags>();
  verb->add_option("--model", flags->options.model,
                   "An .ei8, .pth or .onnx file")
      ->required();
  verb->add_option("--threads", flags->options.threads,
                   "Threads that run windows at the same time")
      ->check(CLI::Range(1, kMostThreads))
      ->capture_default_str();
  verb->add_option("--batch", flags->options.batch, "Windows per timed call")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  verb->add_option(
      "--isa", flags->options.isa,
      "scalar, avx2, avxvnni, avx512vnni, avx512vnni_base, neon or "
      "neon_dot; of a .pth generic, avx2 or avx512; the best one "
      "by default");
  verb->add_option("--seconds", flags->options.seconds, "Time to measure for")
      ->check(RefuseNan)
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  verb->add_flag("--from-floats", flags->options.from_floats,
                 "Time an .ei8 from CSI floats to coordinates; else from bytes "
                 "to integers");
  verb->add_flag("--per-node", flags->options.per_node,
                 "A table of the time in each node of an .ei8");
  AddNetworkFlags(*verb, flags->options.network);
  AddJsonFlag(*verb, flags->json);
  AddForceFlag(*verb, flags->force);
  verb->footer(
      "Example:\n  edge-int8 latency --model half.ei8 --batch 1 --per-node");
  verb->callback([flags] {
    OnRoot([&] { RunLatency(*flags); });  // Others would only disturb it.
  });
}

}  // namespace edge_int8

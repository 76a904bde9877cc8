#include "src/run/measure_latency.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <ctime>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/container/golden.h"
#include "core/engine/aligned_buffer.h"
#include "core/engine/engine.h"
#include "core/engine/peak.h"
#include "src/base/error.h"
#include "src/base/seconds.h"
#include "src/graph/float_executor.h"
#include "src/nets/network_file.h"
#include "src/qgraph/artifact_file.h"
#include "src/report/text_table.h"
#include "src/report/verdict.h"
#include "src/run/load_predictor.h"

namespace edge_int8 {
namespace {

using Clock = std::chrono::steady_clock;

// Processor time of the calling thread.
double ThreadSeconds() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         1e-9 * static_cast<double>(now.tv_nsec);
}

struct TimedCalls {
  std::vector<double> ms;  // per window, sorted
  double elapsed = 0;      // seconds of the slowest thread
  double cpu_share = 1;    // of the thread that had a processor least
};

// What one of the threads saw.
struct TimedThread {
  std::vector<double> ms;
  double elapsed = 0;
  double cpu_share = 1;
};

// Times `call` (one batch) again and again on each thread.
TimedCalls TimeCalls(const LatencyOptions& options,
                     const std::function<void(int thread)>& call) {
  std::vector<TimedThread> timed(static_cast<std::size_t>(options.threads));
  std::vector<std::thread> threads;
  std::atomic<int> warm{0};
  for (int t = 0; t < options.threads; ++t) {
    threads.emplace_back([&, t] {
      const Clock::time_point warm_up = Clock::now();
      do {
        call(t);
      } while (SecondsSince(warm_up) < options.seconds / 10);
      ++warm;
      while (warm < options.threads) std::this_thread::yield();
      const Clock::time_point start = Clock::now();
      const double cpu_start = ThreadSeconds();
      TimedThread& mine = timed[static_cast<std::size_t>(t)];
      // Once at least: a thread may wait for a processor for longer than that.
      do {
        const Clock::time_point one = Clock::now();
        call(t);
        mine.ms.push_back(1000 * SecondsSince(one) / options.batch);
      } while (SecondsSince(start) < options.seconds);
      mine.elapsed = SecondsSince(start);
      mine.cpu_share = (ThreadSeconds() - cpu_start) / mine.elapsed;
    });
  }
  for (std::thread& thread : threads) thread.join();
  TimedCalls all;
  for (const TimedThread& one : timed) {
    all.ms.insert(all.ms.end(), one.ms.begin(), one.ms.end());
    all.elapsed = std::max(all.elapsed, one.elapsed);
    all.cpu_share = std::min(all.cpu_share, one.cpu_share);
  }
  std::sort(all.ms.begin(), all.ms.end());
  return all;
}

// The smallest value that `percent` of the samples don't exceed.
double Percentile(const std::vector<double>& sorted, double percent) {
  const double rank = percent / 100 * static_cast<double>(sorted.size());
  const auto n = static_cast<std::size_t>(std::max(1.0, std::ceil(rank)));
  return sorted[std::min(n, sorted.size()) - 1];
}

void FillTimes(const LatencyOptions& options, int64_t macs,
               const std::function<void(int thread)>& call, Latency& latency) {
  const TimedCalls timed = TimeCalls(options, call);
  const std::vector<double>& ms = timed.ms;
  latency.cpu_share = timed.cpu_share;
  latency.threads = options.threads;
  latency.batch = options.batch;
  latency.windows = static_cast<int64_t>(ms.size()) * options.batch;
  latency.p50_ms = Percentile(ms, 50);
  latency.p90_ms = Percentile(ms, 90);
  latency.p99_ms = Percentile(ms, 99);
  latency.windows_per_s = static_cast<double>(latency.windows) / timed.elapsed;
  if (options.threads > 1) {
    LatencyOptions one = options;
    one.threads = 1;
    const TimedCalls alone = TimeCalls(one, call);
    const double of_one =
        static_cast<double>(std::ssize(alone.ms) * options.batch) /
        alone.elapsed;
    latency.efficiency = latency.windows_per_s / (options.threads * of_one);
  }
  latency.macs_per_s = latency.windows_per_s * static_cast<double>(macs);
}

// As many runs as fit into half a second, timed node by node.
std::vector<NodeLatency> TimeNodes(const core::Engine& engine,
                                   const std::vector<uint8_t>& input) {
  std::vector<double> ns(engine.nodes().size());
  std::vector<int32_t> output(engine.output_size());
  const core::AlignedBuffer arena(engine.arena_bytes());
  const Clock::time_point start = Clock::now();
  int64_t runs = 0;
  do {
    engine.RunTimed(input.data(), output.data(), arena.data(), ns);
    ++runs;
  } while (SecondsSince(start) < 0.5);
  std::vector<NodeLatency> nodes;
  for (std::size_t n = 0; n < ns.size(); ++n) {
    const core::EngineNode& node = engine.nodes()[n];
    nodes.push_back({node.name, std::string(node.kind), node.macs,
                     ns[n] / 1000 / static_cast<double>(runs)});
  }
  return nodes;
}

Latency MeasureEngine(const LatencyOptions& options) {
  const core::Artifact artifact = ReadArtifactFile(options.model);
  const core::Isa isa =
      options.isa.empty() ? IsaFromEnvironment() : ParseIsaName(options.isa);
  std::unique_ptr<core::Engine> engine;
  const core::Status made =
      core::Engine::Create(artifact.graph, {isa}, &engine);
  Check(made == core::Status::kOk, "a valid artifact gives an engine");
  const std::vector<uint8_t> input = core::GoldenInput(1, engine->input_size());
  std::vector<core::AlignedBuffer> arenas;
  std::vector<std::vector<int32_t>> outputs;
  for (int t = 0; t < options.threads; ++t) {
    arenas.emplace_back(engine->arena_bytes());
    outputs.emplace_back(engine->output_size());
  }
  Latency latency;
  latency.isa = core::IsaName(engine->isa());
  latency.arena_bytes = static_cast<int64_t>(engine->arena_bytes());
  int64_t macs = 0;
  for (const core::EngineNode& node : engine->nodes()) macs += node.macs;
  std::vector<float> window;
  for (const uint8_t byte : input)
    window.push_back(static_cast<float>(byte) / 255.0f);
  std::vector<std::vector<float>> poses(
      outputs.size(), std::vector<float>(engine->output_size()));
  FillTimes(
      options, macs,
      [&](int thread) {
        const auto t = static_cast<std::size_t>(thread);
        for (int i = 0; i < options.batch; ++i) {
          if (options.from_floats) {
            engine->RunFloats(window.data(), poses[t].data(), arenas[t].data());
          } else {
            engine->Run(input.data(), outputs[t].data(), arenas[t].data());
          }
        }
      },
      latency);
  latency.peak_macs_per_s =
      core::MeasurePeakMacsPerSecond(isa) * options.threads;
  if (options.per_node) latency.nodes = TimeNodes(*engine, input);
  return latency;
}

// The float executor's name for what the engine's is called.
std::string FloatIsaName(const std::string& name) {
  if (name == "scalar") return "generic";
  if (name == "avxvnni") return "avx2";
  return name.starts_with("avx512vnni") ? "avx512" : name;
}

Latency MeasureFloat(const LatencyOptions& options) {
  if (options.per_node) {
    FailUsage(
        fmt::format("{}: --per-node times the nodes of an .ei8; a checkpoint "
                    "runs fused",
                    options.model.string()));
  }
  const Model model = LoadNetwork(options.model, options.network);
  const std::string isa = FloatIsaName(options.isa);
  const FloatExecutor executor(model, isa);
  const auto in = static_cast<std::size_t>(model.graph.extent(0).size());
  const auto out =
      static_cast<std::size_t>(model.graph.extent(model.graph.output).size());
  const auto batch = static_cast<std::size_t>(options.batch);
  const std::vector<uint8_t> bytes = core::GoldenInput(1, in);
  std::vector<float> input;
  for (std::size_t i = 0; i < batch * in; ++i) {
    input.push_back(static_cast<float>(bytes[i % in]) / 255.0f);
  }
  std::vector<std::vector<float>> outputs;
  std::vector<std::unique_ptr<FloatExecutor::Workspace>> workspaces;
  for (int t = 0; t < options.threads; ++t) {
    outputs.emplace_back(batch * out);
    workspaces.push_back(executor.MakeWorkspace());
  }
  Latency latency;
  latency.isa = isa.empty() ? "float32" : fmt::format("float32 {}", isa);
  FillTimes(
      options, CountMacs(model.graph).kept,
      [&](int thread) {
        const auto t = static_cast<std::size_t>(thread);
        executor.Run(input, options.batch, outputs[t], *workspaces[t]);
      },
      latency);
  return latency;
}

}  // namespace

Latency MeasureLatency(const LatencyOptions& options) {
  return DetectModelFormat(options.model) == ModelFormat::kArtifact
             ? MeasureEngine(options)
             : MeasureFloat(options);
}

nlohmann::json ToJson(const Latency& latency) {
  nlohmann::json j = {
      {"isa", latency.isa},         {"threads", latency.threads},
      {"batch", latency.batch},     {"windows", latency.windows},
      {"p50_ms", latency.p50_ms},   {"p90_ms", latency.p90_ms},
      {"p99_ms", latency.p99_ms},   {"windows_per_s", latency.windows_per_s},
      {"efficiency", nullptr},      {"macs_per_s", latency.macs_per_s},
      {"peak_macs_per_s", nullptr}, {"share_of_peak", nullptr},
      {"arena_bytes", nullptr},     {"cpu_share", latency.cpu_share},
      {"noisy", latency.noisy()}};
  if (latency.efficiency) j["efficiency"] = *latency.efficiency;
  if (latency.peak_macs_per_s) {
    j["peak_macs_per_s"] = *latency.peak_macs_per_s;
    j["share_of_peak"] = latency.macs_per_s / *latency.peak_macs_per_s;
  }
  if (latency.arena_bytes) j["arena_bytes"] = *latency.arena_bytes;
  for (const NodeLatency& node : latency.nodes) {
    j["nodes"].push_back({{"name", node.name},
                          {"kind", node.kind},
                          {"macs", node.macs},
                          {"microseconds", node.microseconds}});
  }
  return j;
}

std::string NoiseText(const Latency& l) {
  return fmt::format(
      "the machine was noisy: the timed threads had a processor for {:.0f}% of "
      "the time, and p90 is {:.2f} times p50; measure again when nothing else "
      "runs",
      100 * l.cpu_share, l.p90_ms / l.p50_ms);
}

std::string LatencyTable(const Latency& l) {
  std::string text = fmt::format(
      "{}, {} thread{}, batch {}: per window p50 {:.4f} ms, p90 {:.4f} ms, "
      "p99 {:.4f} ms; {:.0f} windows/s; ",
      l.isa, l.threads, l.threads == 1 ? "" : "s", l.batch, l.p50_ms, l.p90_ms,
      l.p99_ms, l.windows_per_s);
  if (l.efficiency) {
    text += fmt::format("{:.0f}% of {} times one thread's; ",
                        100 * *l.efficiency, l.threads);
  }
  text += fmt::format("{:.2f} G multiply-accumulates/s", l.macs_per_s / 1e9);
  if (l.peak_macs_per_s) {
    text += fmt::format(", {:.1f}% of the {:.1f} G/s measured in this run",
                        100 * l.macs_per_s / *l.peak_macs_per_s,
                        *l.peak_macs_per_s / 1e9);
  }
  if (l.arena_bytes) text += fmt::format("; arena {} bytes", *l.arena_bytes);
  text = WrapText(text, 80);
  if (l.nodes.empty()) return text;
  TextTable table({{"node", Align::kLeft},
                   {"kind", Align::kLeft},
                   {"MACs"},
                   {"us"},
                   {"G MAC/s"}});
  for (const NodeLatency& node : l.nodes) {
    table.AddRow({{Printable(node.name)},
                  {node.kind},
                  {std::to_string(node.macs)},
                  {fmt::format("{:.2f}", node.microseconds)},
                  {fmt::format("{:.1f}", static_cast<double>(node.macs) / 1000 /
                                             node.microseconds)}});
  }
  return text + table.Render();
}

}  // namespace edge_int8

#include "src/run/verify_artifact.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/arith/boundary.h"
#include "core/container/artifact.h"
#include "core/container/golden.h"
#include "core/engine/aligned_buffer.h"
#include "core/engine/engine.h"
#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/base/random.h"
#include "src/eval/model_fit.h"
#include "src/qgraph/artifact_file.h"
#include "src/qgraph/reference_output.h"

namespace edge_int8 {
namespace {

using Window = std::vector<uint8_t>;
using Output = std::vector<int32_t>;

// An engine of one instruction set with its own arena.
class Runner {
 public:
  Runner(const core::IntegerGraph& graph, core::Isa isa)
      : engine_(MakeEngine(graph, isa)), arena_(engine_->arena_bytes()) {}

  Output Run(std::span<const uint8_t> input) {
    Output output(engine_->output_size());
    engine_->Run(input.data(), output.data(), arena_.data());
    return output;
  }

 private:
  static std::unique_ptr<core::Engine> MakeEngine(
      const core::IntegerGraph& graph, core::Isa isa) {
    std::unique_ptr<core::Engine> engine;
    const core::Status made = core::Engine::Create(graph, {isa}, &engine);
    Check(made == core::Status::kOk, "a valid artifact gives an engine");
    return engine;
  }

  std::unique_ptr<core::Engine> engine_;
  core::AlignedBuffer arena_;
};

// Half the windows are noise of full range, half a smooth signal with noise,
// which reaches other parts of the tables.
std::vector<Window> RandomWindows(std::size_t size, int64_t count) {
  const Rng base(2024);
  std::vector<Window> windows;
  for (int64_t n = 0; n < count; ++n) {
    Rng rng = base.Fork(static_cast<uint64_t>(n));
    const auto span = n % 2 == 0 ? uint64_t{256} : uint64_t{64};
    const uint64_t offset = rng.Below(257 - span);
    Window window(size);
    for (uint8_t& byte : window) {
      byte = static_cast<uint8_t>(offset + rng.Below(span));
    }
    windows.push_back(std::move(window));
  }
  return windows;
}

std::vector<Window> DataWindows(const Dataset& dataset,
                                const core::IntegerGraph& graph,
                                int64_t count) {
  Selection test = dataset.Select(Split::kTest, Subset::kClean);
  const auto most = static_cast<std::size_t>(count);
  if (test.windows.size() > most) test.windows.resize(most);
  const SelectionSource source(dataset, test.windows);
  std::vector<float> values(dataset.task().window_values());
  std::vector<Window> windows;
  for (int64_t i = 0; i < source.size(); ++i) {
    source.Read(i, values);
    Window window(values.size());
    std::ranges::transform(values, window.begin(), [&graph](float x) {
      return core::QuantizeInput(x, graph.input_factor,
                                 graph.tensors[0].zero_point);
    });
    windows.push_back(std::move(window));
  }
  return windows;
}

VerifyCheck CheckGoldenVectors(const core::Artifact& artifact, core::Isa isa) {
  Runner runner(artifact.graph, isa);
  const core::Result result = core::CheckGolden(
      artifact, [&](std::span<const uint8_t> input, std::span<int32_t> out) {
        std::ranges::copy(runner.Run(input), out.begin());
      });
  VerifyCheck check;
  check.name = fmt::format("golden vectors, {}", core::IsaName(isa));
  check.passed = result.ok();
  check.detail = result.ok() ? fmt::format("{} vectors", artifact.golden.size())
                             : fmt::format("vector {} differs", result.item);
  return check;
}

// Compares every window's output with the reference's.
VerifyCheck CheckWindows(const core::Artifact& artifact, core::Isa isa,
                         const std::string& kind,
                         const std::vector<Window>& windows,
                         const std::vector<Output>& expected) {
  Runner runner(artifact.graph, isa);
  VerifyCheck check;
  check.name =
      fmt::format("{} windows, {} == reference", kind, core::IsaName(isa));
  check.passed = true;
  check.detail = fmt::format("{} windows", windows.size());
  for (std::size_t n = 0; n < windows.size(); ++n) {
    if (runner.Run(windows[n]) == expected[n]) continue;
    check.passed = false;
    check.detail = fmt::format("window {} differs", n);
    break;
  }
  return check;
}

}  // namespace

std::vector<VerifyCheck> VerifyArtifact(const VerifyOptions& options) {
  return VerifyArtifact(ReadArtifactFile(options.model), options);
}

std::vector<VerifyCheck> VerifyArtifact(const core::Artifact& artifact,
                                        const VerifyOptions& options) {
  const core::IntegerGraph& graph = artifact.graph;
  std::vector<VerifyCheck> checks = {
      {"structure, limits and content hash", true,
       fmt::format("{} operators", graph.ops.size())}};
  std::vector<std::pair<std::string, std::vector<Window>>> kinds;
  kinds.emplace_back(
      "random", RandomWindows(static_cast<std::size_t>(graph.tensors[0].size()),
                              options.windows));
  if (options.data) {
    const Dataset dataset = Dataset::Open(*options.data, options.dataset);
    CheckModelFits(options.model, ShapesOf(graph), dataset);
    kinds.emplace_back("test", DataWindows(dataset, graph, options.windows));
  }
  for (const core::Isa isa : core::AvailableIsas()) {
    checks.push_back(CheckGoldenVectors(artifact, isa));
  }
  for (const auto& [kind, windows] : kinds) {
    std::vector<Output> expected(windows.size());
    ParallelFor(static_cast<int64_t>(windows.size()), [&](int64_t i) {
      const auto n = static_cast<std::size_t>(i);
      expected[n] = ReferenceOutput(graph, windows[n]);
    });
    for (const core::Isa isa : core::AvailableIsas()) {
      checks.push_back(CheckWindows(artifact, isa, kind, windows, expected));
    }
  }
  return checks;
}

std::string VerifyTable(const std::vector<VerifyCheck>& checks) {
  std::string table;
  for (const VerifyCheck& check : checks) {
    table += fmt::format("{}  {}: {}\n", check.passed ? "ok  " : "FAIL",
                         check.name, check.detail);
  }
  return table;
}

nlohmann::json ToJson(const VerifyOptions& options,
                      const std::vector<VerifyCheck>& checks) {
  nlohmann::json list = nlohmann::json::array();
  for (const VerifyCheck& check : checks) {
    list.push_back(
        {{"name", check.name}, {"ok", check.passed}, {"detail", check.detail}});
  }
  return {{"model", options.model.string()},
          {"ok", std::ranges::all_of(checks, &VerifyCheck::passed)},
          {"checks", std::move(list)}};
}

}  // namespace edge_int8

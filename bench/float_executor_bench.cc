// CPU time per window of the float executor, the baseline every integer
// result is compared with. Random weights: time does not depend on them.
//
//   float_executor_bench --benchmark_filter=half
//
// Each benchmark first checks its answer against the node-by-node path.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/random.h"
#include "src/graph/float_executor.h"
#include "src/graph/fold_norms.h"
#include "src/nets/wiflow.h"

namespace edge_int8 {
namespace {

constexpr double kTolerance = 1e-5;

std::vector<float> RandomWindows(std::size_t count) {
  Rng rng(1);
  std::vector<float> values(count);
  for (float& v : values) v = static_cast<float>(rng.Uniform());
  return values;
}

// Of the first window's output; infinite if a value is not finite.
double LargestError(const FloatExecutor& executor,
                    std::span<const float> window,
                    std::span<const float> output) {
  std::vector<float> expected(output.size());
  executor.RunObserved(window, expected, [](TensorId, std::span<float>) {});
  double largest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double error = std::abs(double{output[i]} - double{expected[i]});
    largest = std::isfinite(error) ? std::max(largest, error) : INFINITY;
  }
  return largest;
}

void TimeVariant(benchmark::State& state, const std::string& variant,
                 std::string_view isa) {
  const auto batch = static_cast<int>(state.range(0));
  const Model model =
      FoldBatchNorms(RandomModel(BuildWiflow(WiflowVariant(variant)), 1));
  const Graph& graph = model.graph;
  const auto in = static_cast<std::size_t>(graph.extent(0).size());
  const auto out = static_cast<std::size_t>(graph.extent(graph.output).size());
  const auto windows = static_cast<std::size_t>(batch);
  const FloatExecutor executor(model, isa);
  const auto workspace = executor.MakeWorkspace();
  const std::vector<float> input = RandomWindows(windows * in);
  std::vector<float> output(windows * out);
  executor.Run(input, batch, output, *workspace);
  if (LargestError(executor, std::span(input).first(in),
                   std::span(output).first(out)) > kTolerance) {
    state.SkipWithError("the answer is wrong");
    return;
  }
  for (auto _ : state) {
    executor.Run(input, batch, output, *workspace);
    benchmark::ClobberMemory();
  }
  const double done = static_cast<double>(state.iterations()) * batch;
  state.counters["per window"] = benchmark::Counter(
      done, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["GMAC/s"] = benchmark::Counter(
      done * static_cast<double>(CountMacs(graph).kept) / 1e9,
      benchmark::Counter::kIsRate);
}

void RegisterAll() {
  for (const WiflowConfig& config : WiflowVariants()) {
    for (const std::string_view isa : FloatIsas()) {
      const std::string variant(config.name);
      benchmark::RegisterBenchmark((variant + "/" + std::string(isa)).c_str(),
                                   [variant, isa](benchmark::State& state) {
                                     TimeVariant(state, variant, isa);
                                   })
          ->Arg(1)
          ->Arg(64)
          ->Unit(benchmark::kMillisecond);
    }
  }
}

}  // namespace
}  // namespace edge_int8

int main(int argc, char** argv) {
  edge_int8::RegisterAll();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}

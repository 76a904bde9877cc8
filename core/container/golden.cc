#include "core/container/golden.h"

namespace edge_int8::core {
namespace {

std::vector<int32_t> RunSeed(const IntegerGraph& graph, uint64_t seed,
                             const WindowRunner& run) {
  const auto size = [&](int32_t id) {
    return static_cast<std::size_t>(
        graph.tensors[static_cast<std::size_t>(id)].size());
  };
  std::vector<int32_t> output(size(graph.output));
  run(GoldenInput(seed, size(0)), output);
  return output;
}

}  // namespace

std::vector<uint8_t> GoldenInput(uint64_t seed, std::size_t size) {
  std::vector<uint8_t> input(size);
  for (std::size_t i = 0; i < size; ++i) input[i] = GoldenByte(seed, i);
  return input;
}

std::vector<GoldenVector> MakeGolden(const IntegerGraph& graph,
                                     std::span<const uint64_t> seeds,
                                     const WindowRunner& run) {
  std::vector<GoldenVector> golden;
  for (const uint64_t seed : seeds) {
    golden.push_back({seed, RunSeed(graph, seed, run)});
  }
  return golden;
}

Result CheckGolden(const Artifact& artifact, const WindowRunner& run) {
  for (std::size_t i = 0; i < artifact.golden.size(); ++i) {
    const GoldenVector& expected = artifact.golden[i];
    if (RunSeed(artifact.graph, expected.seed, run) != expected.output) {
      return {Status::kGoldenMismatch, -1, static_cast<int32_t>(i)};
    }
  }
  return {};
}

}  // namespace edge_int8::core

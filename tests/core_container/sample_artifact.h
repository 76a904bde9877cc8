// SampleGraph() with a provenance and golden vectors, and the small things the
// tests of this folder share.
#ifndef EDGE_INT8_TESTS_CORE_CONTAINER_SAMPLE_ARTIFACT_H_
#define EDGE_INT8_TESTS_CORE_CONTAINER_SAMPLE_ARTIFACT_H_

#include <algorithm>
#include <array>
#include <ostream>
#include <string>
#include <vector>

#include "core/container/artifact.h"
#include "core/container/golden.h"
#include "core/reference/run_reference.h"
#include "tests/testing/sample_graph.h"

namespace edge_int8::core {

inline void PrintTo(const Result& result, std::ostream* out) {
  *out << StatusName(result.status) << " (op " << result.op << ", item "
       << result.item << ")";
}

inline void PrintTo(Status status, std::ostream* out) {
  *out << StatusName(status);
}

inline WindowRunner RunnerOf(const IntegerGraph& graph) {
  return [&graph](std::span<const uint8_t> input, std::span<int32_t> output) {
    const std::vector<Values> values = RunReference(graph, input);
    std::ranges::copy(values[static_cast<std::size_t>(graph.output)],
                      output.begin());
  };
}

inline Artifact SampleArtifact() {
  Artifact artifact;
  artifact.graph = SampleGraph();
  artifact.provenance = {
      "edge-int8 0.1.0",
      std::string(64, 'a'),
      std::string(64, 'b'),
      "caf\xc3\xa9 set, train, clean, 4096 windows",
      {{"config.npz", std::string(64, 'c')}, {"csi.npy", std::string(64, 'd')}},
      R"({"method":"ptq","ranges":"mse"})"};
  constexpr std::array<uint64_t, 3> kSeeds = {0, 1, 0xffffffffffffffff};
  artifact.golden =
      MakeGolden(artifact.graph, kSeeds, RunnerOf(artifact.graph));
  return artifact;
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_TESTS_CORE_CONTAINER_SAMPLE_ARTIFACT_H_

// Whatever graph the bytes make is valid (random_integer_graph.h); it saves and
// loads as it was, and the reference runs it without leaving a bound: the
// sanitizers see every overflow and every index. At inputs of all 0 and all 255
// too, where sums are largest.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "core/container/artifact.h"
#include "core/container/validate.h"
#include "core/reference/run_reference.h"
#include "tests/testing/random_integer_graph.h"

namespace edge_int8::core {
namespace {

void Expect(bool ok) {
  if (!ok) std::abort();
}

bool Fits(const TensorSpec& spec, int32_t value) {
  switch (spec.type) {
    case Type::kU8:
      return value >= 0 && value <= 255;
    case Type::kS8:
      return value >= -128 && value <= 127;
    case Type::kS16:
      return value >= -32768 && value <= 32767;
    case Type::kS32:
      break;
  }
  return true;
}

void Run(const IntegerGraph& graph, const std::vector<uint8_t>& window) {
  const std::vector<Values> values = RunReference(graph, window);
  for (std::size_t t = 0; t < values.size(); ++t) {
    const TensorSpec& spec = graph.tensors[t];
    Expect(static_cast<int64_t>(values[t].size()) == spec.size());
    for (const int32_t value : values[t]) Expect(Fits(spec, value));
  }
}

}  // namespace
}  // namespace edge_int8::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace edge_int8::core;
  edge_int8::Choices choices{std::span<const uint8_t>(data, size)};
  Artifact artifact;
  artifact.graph = RandomIntegerGraph(
      choices, {.ops = 10, .max_values = 600, .described = size % 2 == 1});
  const IntegerGraph& graph = artifact.graph;
  Expect(ValidateGraph(graph).ok());
  const std::vector<std::byte> saved = SaveArtifact(artifact);
  Artifact loaded;
  Expect(LoadArtifact(saved, &loaded).ok());
  Expect(SaveArtifact(loaded) == saved);
  Run(graph, RandomWindow(graph, size));
  std::vector<uint8_t> window = RandomWindow(graph, 0);
  for (const uint8_t end : {uint8_t{0}, uint8_t{255}}) {
    std::fill(window.begin(), window.end(), end);
    Run(loaded.graph, window);
  }
  return 0;
}

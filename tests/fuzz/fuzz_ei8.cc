// Whatever the bytes, LoadArtifact() either refuses them or gives an artifact
// that saves, loads again to the same bytes, and runs. Bytes are tried as a
// file, and as the content of one whose hash is right: a hash stops a fuzzer at
// the door.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "core/container/artifact.h"
#include "core/container/golden.h"
#include "core/container/wrapper.h"
#include "core/reference/run_reference.h"
#include "tests/fuzz/graph_cost.h"

namespace edge_int8::core {
namespace {

void Expect(bool ok) {
  if (!ok) std::abort();
}

void TryFile(std::span<const std::byte> file) {
  Artifact artifact;
  if (!LoadArtifact(file, &artifact).ok()) return;
  const std::vector<std::byte> saved = SaveArtifact(artifact);
  Artifact again;
  Expect(LoadArtifact(saved, &again).ok());
  Expect(SaveArtifact(again) == saved);
  if (!IsQuick(artifact.graph)) return;
  const IntegerGraph& graph = artifact.graph;
  const auto input =
      GoldenInput(1, static_cast<std::size_t>(graph.tensors[0].size()));
  const std::vector<Values> values = RunReference(graph, input);
  const auto output = static_cast<std::size_t>(graph.output);
  Expect(static_cast<int64_t>(values[output].size()) ==
         graph.tensors[output].size());
}

}  // namespace
}  // namespace edge_int8::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  edge_int8::core::TryFile(bytes);
  edge_int8::core::TryFile(edge_int8::core::WrapContent(bytes, 1));
  edge_int8::core::TryFile(edge_int8::core::WrapContent(bytes, 2));
  return 0;
}

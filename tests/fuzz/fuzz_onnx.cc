// Whatever the bytes, an .onnx file is refused, or is a network that folds,
// runs in float and whose quantized graph can be built.
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "src/graph/float_executor.h"
#include "src/graph/fold_norms.h"
#include "src/nets/onnx/onnx_import.h"
#include "src/qgraph/qgraph.h"
#include "tests/fuzz/refusal.h"

namespace edge_int8 {
namespace {

// So that no input takes long.
bool IsQuick(const Graph& graph) {
  int64_t elements = 0;
  for (const Node& node : graph.nodes) {
    elements += graph.extent(node.output).size();
  }
  return elements < 100'000 && CountMacs(graph).counted < 1'000'000;
}

void Try(std::span<const std::byte> bytes) {
  const Model model = ImportOnnx("x.onnx", bytes);
  if (!IsQuick(model.graph)) return;
  const Model folded = FoldBatchNorms(model);
  const auto inputs = static_cast<std::size_t>(folded.graph.extent(0).size());
  std::vector<float> window(inputs);
  for (std::size_t i = 0; i < inputs; ++i) {
    window[i] = static_cast<float>(i % 17) / 16;
  }
  std::vector<float> output(static_cast<std::size_t>(
      folded.graph.extent(folded.graph.output).size()));
  const FloatExecutor executor(folded);
  executor.Run(window, 1, output, *executor.MakeWorkspace());
  BuildQGraph(folded.graph);
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  edge_int8::ReadOrRefuse(
      [&] { edge_int8::Try(std::as_bytes(std::span(data, size))); });
  return 0;
}

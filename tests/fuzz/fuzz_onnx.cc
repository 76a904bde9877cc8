// Whatever the bytes, an ONNX file is refused or becomes a graph whose tensors
// are as large as its operators say, that runs in float and has a quantized
// graph. Bytes are tried as a whole file, and as
// the nodes of a small one with an input, weights and an output: a fuzzer
// seldom guesses those.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/formats/byte_reader.h"
#include "src/graph/float_executor.h"
#include "src/graph/fold_norms.h"
#include "src/nets/onnx/onnx_import.h"
#include "src/nets/onnx/onnx_messages.h"
#include "src/qgraph/qgraph.h"
#include "tests/fuzz/refusal.h"
#include "tests/nets/onnx/small_onnx.h"

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

void RunFolded(const Model& model) {
  const Model folded = FoldBatchNorms(model);
  const Graph& graph = folded.graph;
  std::vector<float> window(static_cast<std::size_t>(graph.extent(0).size()));
  for (std::size_t i = 0; i < window.size(); ++i) {
    window[i] = static_cast<float>(i % 17) / 16;
  }
  std::vector<float> output(
      static_cast<std::size_t>(graph.extent(graph.output).size()));
  const FloatExecutor executor(folded);
  executor.Run(window, 1, output, *executor.MakeWorkspace());
  BuildQGraph(graph);
}

void Try(const std::string& bytes) {
  ReadOrRefuse([&] {
    NetworkOptions options;
    options.window = {4, 6};
    const Model model =
        ImportOnnx("x.onnx", std::as_bytes(std::span(bytes)), options);
    const Graph& graph = model.graph;
    for (const Node& node : graph.nodes) {
      std::vector<Extent> inputs;
      for (const TensorId id : node.inputs) {
        Expect(id >= 0 && id < node.output);
        inputs.push_back(graph.extent(id));
      }
      Expect(OutputExtent(node.op, inputs) == graph.extent(node.output));
    }
    for (const ParameterSpec& spec : graph.parameters) {
      Expect(model.Parameter(spec.name).shape == spec.shape);
    }
    Expect(ElementCount(graph.input_shape) == graph.extent(0).size());
    Expect(ElementCount(graph.output_shape) ==
           graph.extent(graph.output).size());
    if (IsQuick(graph)) RunFolded(model);
  });
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace edge_int8;
  const std::string bytes(AsText(std::as_bytes(std::span(data, size))));
  Try(bytes);
  onnx::ModelProto model = SmallOnnx({1, 4, 6});
  onnx::GraphProto nodes;
  if (!nodes.ParseFromString(bytes)) return 0;
  *model.mutable_graph()->mutable_node() = nodes.node();
  *model.mutable_graph()->mutable_initializer() = nodes.initializer();
  AddFloats(model, "fuzz_w", {4, 4, 3}, std::vector<float>(48, 0.5f));
  AddIntegers(model, "fuzz_i", {1, 2, 12});
  Try(model.SerializeAsString());
  return 0;
}

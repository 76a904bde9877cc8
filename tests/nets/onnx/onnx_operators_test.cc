// Small networks of ordinary modules as both of PyTorch's exporters write them,
// against PyTorch's answers (tests/golden/onnx/make_onnx_cases.py).
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "src/formats/npy.h"
#include "src/graph/fold_norms.h"
#include "src/nets/onnx/onnx_import.h"
#include "tests/nets/onnx/relative_error.h"
#include "tests/testing/source_paths.h"

namespace edge_int8 {
namespace {

const std::string kCases = kSourceDir + "/tests/golden/onnx/";

Model Imported(const std::string& name) {
  return ImportOnnx(kCases + name + ".onnx");
}

class OnnxCase : public testing::TestWithParam<std::string> {};

TEST_P(OnnxCase, AnswersAsPyTorchDoes) {
  const Tensor input = ReadNpyTensor(kCases + GetParam() + "_input.npy");
  const Tensor expected = ReadNpyTensor(kCases + GetParam() + "_output.npy");
  for (const std::string exporter : {"_script", "_dynamo"}) {
    const Model model = Imported(GetParam() + exporter);
    EXPECT_EQ(model.graph.output_shape,
              Shape(expected.shape.begin() + 1, expected.shape.end()));
    EXPECT_LT(RelativeError(expected.data, RunNodeByNode(model, input.data)),
              1e-4)
        << exporter;
    const FloatExecutor executor(FoldBatchNorms(model));
    std::vector<float> output(expected.data.size());
    executor.Run(input.data, static_cast<int>(input.shape[0]), output,
                 *executor.MakeWorkspace());
    EXPECT_LT(RelativeError(expected.data, output), 1e-4) << exporter;
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, OnnxCase,
                         testing::Values("pools", "convs", "causal",
                                         "functions", "norms", "attention",
                                         "einsum_attention", "recurrent",
                                         "shapes", "resizing", "gates",
                                         "dense"),
                         [](const auto& test) { return test.param; });

// How many nodes of a graph are of a kind.
template <class Op>
int Count(const Graph& graph) {
  int count = 0;
  for (const Node& node : graph.nodes)
    count += std::holds_alternative<Op>(node.op);
  return count;
}

TEST(OnnxPatterns, CausalConvolutionsPadAndCutThemselves) {
  for (const char* name : {"causal_script", "causal_dynamo"}) {
    const Graph graph = Imported(name).graph;
    for (const Node& node : graph.nodes) {
      const auto* conv = std::get_if<Conv>(&node.op);
      if (conv == nullptr || conv->kernel_w == 1) continue;
      EXPECT_EQ(conv->pad_left, 2 * conv->dilation_w) << name;
      EXPECT_EQ(conv->pad_right, 0) << name;
    }
  }
}

TEST(OnnxPatterns, EveryFunctionIsOneNode) {
  for (const char* name : {"functions_script", "functions_dynamo"}) {
    const Graph graph = Imported(name).graph;
    EXPECT_EQ(Count<Elementwise>(graph), 24) << name;
    EXPECT_EQ(Count<Multiply>(graph), 0) << name;
    int composed = 0;
    for (const Node& node : graph.nodes) {
      composed += IsFunction(node.op, FunctionKind::kComposed);
    }
    // exp(0.3 x), sqrt(|x| + 0.1), x^2, 1 / (1 + x^2) and the where have no
    // name.
    EXPECT_LE(composed, 5) << name;
  }
}

TEST(OnnxPatterns, SpelledNormsAreOneNodeEach) {
  for (const char* name : {"norms_script", "norms_dynamo"}) {
    EXPECT_GE(Count<Normalize>(Imported(name).graph), 4) << name;
  }
}

TEST(OnnxPatterns, AttentionOfLinearLayersIsFused) {
  for (const char* name : {"attention_script", "attention_dynamo"}) {
    const Graph graph = Imported(name).graph;
    EXPECT_GE(Count<AttentionMix>(graph), 2) << name;
    // What scales queries and adds biases went into the layers, or behind a
    // product that has a mask.
    int lines = 0;
    for (const Node& node : graph.nodes) {
      lines += IsFunction(node.op, FunctionKind::kAffine);
    }
    EXPECT_LE(lines, 1) << name;
  }
}

}  // namespace
}  // namespace edge_int8

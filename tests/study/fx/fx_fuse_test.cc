#include "src/study/fx/fx_fuse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "src/graph/float_executor.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/operator_graphs.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

int Norms(const Model& model) {
  return static_cast<int>(
      std::ranges::count_if(model.graph.nodes, [](const Node& node) {
        return std::holds_alternative<BatchNorm>(node.op);
      }));
}

std::vector<float> Output(const Model& model, std::span<const float> input) {
  std::vector<float> output(
      static_cast<std::size_t>(model.graph.extent(model.graph.output).size()));
  FloatExecutor(model).RunObserved(input, output, [](TensorId, auto) {});
  return output;
}

TEST(FuseAsFx, LeavesNormsBehindCutsAndInAttention) {
  const Model tiny = RandomModel(TinyGraph(), 3);
  // Two grouped convolutions in each of four blocks; bn_similarity and
  // bn_output along both axes.
  EXPECT_EQ(Norms(FuseAsFx(tiny)), 4 * 2 + 2 * 2);
  EXPECT_EQ(Norms(FuseAsFx(tiny, true)), 2 * 2);
}

TEST(FuseAsFx, ComputesTheSameFunction) {
  for (const Graph& graph : {TinyGraph(), EqualWidthsGraph()}) {
    const Model model = RandomModel(graph, 5);
    std::vector<float> input(static_cast<std::size_t>(graph.extent(0).size()));
    RandomWindows(1, 7).Read(0, input);
    const std::vector<float> expected = Output(model, input);
    for (const bool behind_cut : {false, true}) {
      const std::vector<float> fused =
          Output(FuseAsFx(model, behind_cut), input);
      for (std::size_t n = 0; n < expected.size(); ++n) {
        // Rounding of the fused weights in float32, as in PyTorch.
        EXPECT_NEAR(fused[n], expected[n], 1e-4 * std::fabs(expected[n]) + 1e-4)
            << graph.name << " " << n;
      }
    }
  }
}

TEST(FuseAsFx, KeepsANormWhoseConvolutionIsReadTwice) {
  GraphBuilder graph("twice", {2, 1, 4});
  const TensorId conv =
      graph.AppendConv("c", {.out_channels = 2}, 0, true, true);
  const TensorId norm = graph.AppendBatchNorm("n", conv);
  EXPECT_EQ(Norms(FuseAsFx(RandomModel(
                graph.Finish(graph.Append("sum", Add{}, {conv, norm})), 1))),
            1);
}

TEST(CutColumns, IsTheCausalPaddingAndNothingElse) {
  const Graph tiny = TinyGraph();
  for (const Node& node : tiny.nodes) {
    const auto* conv = std::get_if<Conv>(&node.op);
    if (conv == nullptr) continue;
    const bool causal = node.name.find("_group") != std::string::npos;
    EXPECT_EQ(CutColumns(tiny, node), causal ? 2 * conv->dilation_w : 0)
        << node.name;
  }
}

TEST(CutColumns, RefusesWhatNoModulePadsLike) {
  GraphBuilder graph("anticausal", {2, 1, 4});
  const TensorId x = graph.AppendConv(
      "late", {.out_channels = 2, .kernel_w = 3, .pad_right = 2}, 0, true,
      true);
  const Graph built = graph.Finish(x);
  const Error error = ErrorOf([&] { CutColumns(built, built.nodes.front()); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("node late"));
}

}  // namespace
}  // namespace edge_int8

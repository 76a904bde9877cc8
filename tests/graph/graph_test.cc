#include "src/graph/graph.h"

#include <gtest/gtest.h>

#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

TEST(Graph, ConvolutionExtentsFollowStridesPaddingAndDilation) {
  const Extent in = {4, 9, 10};
  EXPECT_EQ(OutputExtent(Conv{.out_channels = 6,
                              .kernel_h = 3,
                              .kernel_w = 3,
                              .stride_w = 2,
                              .dilation_h = 2,
                              .pad_left = 1,
                              .pad_right = 1},
                         {in}),
            (Extent{6, 5, 5}));
  // Causal: the length stays.
  EXPECT_EQ(OutputExtent(Conv{.out_channels = 4,
                              .kernel_w = 3,
                              .dilation_w = 4,
                              .pad_left = 8,
                              .groups = 2},
                         {in}),
            in);
}

TEST(Graph, AttentionExtentsFollowTheAttendedAxis) {
  const Extent qkv = {12, 3, 5};
  EXPECT_EQ(OutputExtent(AttentionScores{2, Axis::kWidth}, {qkv}),
            (Extent{2, 15, 5}));
  EXPECT_EQ(OutputExtent(AttentionScores{2, Axis::kHeight}, {qkv}),
            (Extent{2, 15, 3}));
  EXPECT_EQ(OutputExtent(AttentionMix{2, Axis::kHeight}, {{2, 15, 3}, qkv}),
            (Extent{4, 3, 5}));
}

TEST(Graph, TransposesAndPoolsMoveExtents) {
  EXPECT_EQ(OutputExtent(Transpose{{1, 2, 0}}, {{2, 3, 5}}), (Extent{3, 5, 2}));
  EXPECT_EQ(OutputExtent(AdaptiveRowPool(4, {2, 7, 5}), {{2, 7, 5}}),
            (Extent{2, 4, 1}));
}

TEST(Graph, InputsThatDoNotFitAreInternalErrors) {
  const Extent x = {4, 3, 5};
  const auto refuses = [](const Op& op, const std::vector<Extent>& inputs) {
    return ErrorOf([&] { OutputExtent(op, inputs); }).kind() ==
           ErrorKind::kInternal;
  };
  EXPECT_TRUE(refuses(Silu(), {}));
  EXPECT_TRUE(refuses(Add{}, {x}));
  EXPECT_TRUE(refuses(Add{}, {x, {4, 5, 3}}));
  EXPECT_TRUE(refuses(Conv{.out_channels = 6, .groups = 3}, {x}));
  EXPECT_TRUE(refuses(Conv{.out_channels = 4, .kernel_w = 6}, {x}));
  EXPECT_TRUE(refuses(AttentionScores{1, Axis::kWidth}, {x}));
  EXPECT_TRUE(refuses(AttentionMix{1, Axis::kWidth}, {{1, 2, 3}, {3, 3, 5}}));
}

TEST(Graph, PoolBinsCoverAllRowsAndMayOverlap) {
  // PyTorch's bins of 5 rows into 3.
  const BinRange first = PoolBin(0, 3, 5), middle = PoolBin(1, 3, 5),
                 last = PoolBin(2, 3, 5);
  EXPECT_EQ(first.begin, 0);
  EXPECT_EQ(first.end, 2);
  EXPECT_EQ(middle.begin, 1);
  EXPECT_EQ(middle.end, 4);
  EXPECT_EQ(last.begin, 3);
  EXPECT_EQ(last.end, 5);
}

TEST(Graph, TheBuilderListsParametersInUpstreamsOrder) {
  GraphBuilder builder("two", {3, 1, 8});
  TensorId x = builder.AppendConv("a", {.out_channels = 2, .kernel_w = 3}, 0,
                                  true, true);
  x = builder.AppendBatchNorm("b", x);
  const Graph graph = builder.Finish(x);
  std::vector<std::string> names;
  for (const ParameterSpec& spec : graph.parameters) names.push_back(spec.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{
                "a.weight", "a.bias", "b.weight", "b.bias", "b.running_mean",
                "b.running_var", "b.num_batches_tracked"}));
  EXPECT_EQ(graph.parameters[0].shape, (Shape{2, 3, 3}));
  EXPECT_EQ(ParameterCount(graph), 18 + 2 + 2 + 2);
  EXPECT_EQ(CountMacs(graph).kept, 18 * 6);
}

}  // namespace
}  // namespace edge_int8

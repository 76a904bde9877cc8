#include "src/graph/fold_norms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/nets/wiflow.h"
#include "tests/graph/random_input.h"

namespace edge_int8 {
namespace {

constexpr double kFoldTolerance = 1e-5;  // of outputs of size about 1

Model RandomWiflow(const std::string& variant, uint64_t seed) {
  return RandomModel(BuildWiflow(WiflowVariant(variant)), seed);
}

class FoldEveryVariant : public testing::TestWithParam<const char*> {};

TEST_P(FoldEveryVariant, KeepsTheFunctionAndLeavesNoNorm) {
  const Model model = RandomWiflow(GetParam(), 11);
  const Model folded = FoldBatchNorms(model);
  for (const Node& node : folded.graph.nodes) {
    EXPECT_FALSE(std::holds_alternative<BatchNorm>(node.op)) << node.name;
    EXPECT_FALSE(std::holds_alternative<Dropout>(node.op)) << node.name;
  }
  const std::vector<float> input = RandomInput(model.graph, 2, 12);
  const std::vector<float> before = RunNodeByNode(model, input);
  EXPECT_LT(LargestDifference(before, RunNodeByNode(folded, input)),
            kFoldTolerance);
  // An output that ignores its input would agree with anything.
  EXPECT_GT(LargestDifference({before.begin(), before.begin() + 30},
                              {before.begin() + 30, before.end()}),
            10 * kFoldTolerance);
}

TEST_P(FoldEveryVariant, KeyAndValueRowsHaveBiasZero) {
  const Model folded = FoldBatchNorms(RandomWiflow(GetParam(), 13));
  for (const char* axis : {"width_axis", "height_axis"}) {
    const std::string name =
        std::string("attention.") + axis + ".qkv_transform.bias";
    const std::vector<float>& bias = folded.Parameter(name).data;
    const auto query_end = bias.begin() + std::ssize(bias) / 3;
    EXPECT_THAT(std::vector<float>(query_end, bias.end()), testing::Each(0.0f));
    EXPECT_THAT(std::vector<float>(bias.begin(), query_end),
                testing::Contains(testing::Ne(0.0f)));
    EXPECT_THAT(
        folded.Parameter(std::string("attention.") + axis + ".mix.bias").data,
        testing::Contains(testing::Ne(0.0f)));
  }
}

TEST_P(FoldEveryVariant, ListsExactlyTheParametersItHas) {
  const Model folded = FoldBatchNorms(RandomWiflow(GetParam(), 14));
  std::vector<std::string> listed, present;
  for (const ParameterSpec& spec : folded.graph.parameters) {
    listed.push_back(spec.name);
    EXPECT_EQ(folded.Parameter(spec.name).shape, spec.shape) << spec.name;
  }
  for (const auto& [name, tensor] : folded.parameters) present.push_back(name);
  EXPECT_THAT(listed, testing::UnorderedElementsAreArray(present));
}

INSTANTIATE_TEST_SUITE_P(Wiflow, FoldEveryVariant,
                         testing::Values("full", "half", "quarter", "tiny"),
                         [](const auto& test) { return test.param; });

TEST(FoldBatchNorms, AcceptsNegativeScalesOfScoresAndOfOutputs) {
  Model model = RandomWiflow("tiny", 15);
  for (const char* norm : {"bn_similarity", "bn_output", "bn_qkv"}) {
    for (const char* axis : {"width_axis", "height_axis"}) {
      Tensor& weight = model.Parameter(std::string("attention.") + axis + "." +
                                       norm + ".weight");
      weight.data[0] = -1.25f;
    }
  }
  const std::vector<float> input = RandomInput(model.graph, 2, 16);
  EXPECT_LT(LargestDifference(RunNodeByNode(model, input),
                              RunNodeByNode(FoldBatchNorms(model), input)),
            kFoldTolerance);
}

TEST(FoldBatchNorms, FoldingTwiceIsFoldingOnce) {
  const Model once = FoldBatchNorms(RandomWiflow("half", 17));
  const Model twice = FoldBatchNorms(once);
  ASSERT_EQ(once.graph.nodes.size(), twice.graph.nodes.size());
  for (const auto& [name, tensor] : once.parameters) {
    EXPECT_EQ(tensor.data, twice.Parameter(name).data) << name;
  }
}

TEST(FoldBatchNorms, ScalesAndShiftsAConvolutionAsComputedByHand) {
  GraphBuilder builder("one", {1, 1, 2});
  TensorId x = builder.AppendConv("conv", {.out_channels = 1}, 0, true, true);
  x = builder.AppendBatchNorm("norm", x);
  Model model{builder.Finish(x), {}};
  model.parameters = {{"conv.weight", Tensor({1, 1, 1}, {3})},
                      {"conv.bias", Tensor({1}, {1})},
                      {"norm.weight", Tensor({1}, {-2})},
                      {"norm.bias", Tensor({1}, {0.5f})},
                      {"norm.running_mean", Tensor({1}, {5})},
                      {"norm.running_var", Tensor({1}, {4 - 1e-5f})}};
  const Model folded = FoldBatchNorms(model);  // -2 / sqrt(4) = -1
  EXPECT_NEAR(folded.Parameter("conv.weight").data[0], -3, 1e-6);
  EXPECT_NEAR(folded.Parameter("conv.bias").data[0], 4.5, 1e-6);
  EXPECT_THAT(RunNodeByNode(folded, {1, 2}),
              testing::ElementsAre(testing::FloatNear(1.5f, 1e-6f),
                                   testing::FloatNear(-1.5f, 1e-6f)));
}

// A norm that no convolution can take becomes a depthwise one of its own.
void ExpectFoldsIntoAConvolution(const Model& model) {
  const Model folded = FoldBatchNorms(model);
  ASSERT_EQ(folded.graph.nodes.size(), model.graph.nodes.size());
  const Node& norm = folded.graph.nodes[1];
  EXPECT_EQ(norm.name, "norm");
  const auto* conv = std::get_if<Conv>(&norm.op);
  ASSERT_NE(conv, nullptr);
  EXPECT_EQ(conv->groups, 2);
  const std::vector<float> input = RandomInput(model.graph, 2, 18);
  EXPECT_LT(LargestDifference(RunNodeByNode(model, input),
                              RunNodeByNode(folded, input)),
            kFoldTolerance);
}

TEST(FoldBatchNorms, MakesAConvolutionOfANormThatFollowsAnythingElse) {
  GraphBuilder builder("silu", {2, 1, 3});
  const TensorId x = builder.Append("silu", Silu(), {0});
  ExpectFoldsIntoAConvolution(
      RandomModel(builder.Finish(builder.AppendBatchNorm("norm", x)), 1));
}

TEST(FoldBatchNorms, MakesAConvolutionOfANormWhoseInputIsReadElsewhere) {
  GraphBuilder builder("shared", {2, 1, 3});
  const TensorId conv =
      builder.AppendConv("conv", {.out_channels = 2}, 0, true, true);
  const TensorId norm = builder.AppendBatchNorm("norm", conv);
  const TensorId sum = builder.Append("sum", Add{}, {norm, conv});
  ExpectFoldsIntoAConvolution(RandomModel(builder.Finish(sum), 1));
}

}  // namespace
}  // namespace edge_int8

#include "src/quantize/reconstruct/layer_moments.h"

#include <gtest/gtest.h>

#include <vector>

#include "src/base/parallel.h"
#include "src/base/random.h"
#include "src/graph/batch_nodes.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

constexpr int kWindows = 37;  // Not a multiple of the shares.

struct MeasuredLayer {
  MeasuredLayer() {
    GraphBuilder builder("layer", {4, 2, 5});
    const TensorId y = builder.AppendConv("conv",
                                          {.out_channels = 6,
                                           .kernel_w = 3,
                                           .stride_w = 2,
                                           .pad_left = 1,
                                           .pad_right = 1,
                                           .groups = 2},
                                          0, true, false);
    model = RandomModel(builder.Finish(y), 1);
    input = RandomValues(kWindows * model.graph.extent(0).size(), 2);
    output.resize(
        static_cast<std::size_t>(kWindows * model.graph.extent(y).size()));
    ComputeBatch(model, model.graph.nodes[0], {input}, kWindows, output);
  }
  std::vector<GroupMoments> Measure() const {
    return MeasureMoments(model.graph, model.graph.nodes[0], input, output,
                          kWindows);
  }
  Model model;
  std::vector<float> input;
  std::vector<float> output;
};

// y = W x + b, so cross = W inputs and the mean of y is W mean x + b.
TEST(MeasureMoments, AgreesWithTheLayerThatMadeTheOutputs) {
  const MeasuredLayer layer;
  const std::vector<GroupMoments> moments = layer.Measure();
  ASSERT_EQ(moments.size(), 2u);
  const std::vector<float>& weights = layer.model.Parameter("conv.weight").data;
  const std::vector<float>& bias = layer.model.Parameter("conv.bias").data;
  for (std::size_t g = 0; g < 2; ++g) {
    const GroupMoments& m = moments[g];
    EXPECT_EQ(m.samples, kWindows * 2 * 3);
    EXPECT_EQ(m.inputs, m.inputs.transpose());
    const Eigen::MatrixXd w =
        Eigen::Map<const RowMatrix>(weights.data() + g * 18, 3, 6)
            .cast<double>();
    const Eigen::VectorXd b =
        Eigen::Map<const Eigen::VectorXf>(bias.data() + g * 3, 3)
            .cast<double>();
    EXPECT_TRUE(m.cross.isApprox(w * m.inputs, 1e-5));
    EXPECT_TRUE(m.output_mean.isApprox(w * m.input_mean + b, 1e-5));
  }
}

TEST(MeasureMoments, GivesTheSameBitsForAnyThreadCount) {
  const MeasuredLayer layer;
  SetThreads(1);
  const std::vector<GroupMoments> one = layer.Measure();
  SetThreads(5);
  const std::vector<GroupMoments> five = layer.Measure();
  SetThreads(0);
  for (std::size_t g = 0; g < one.size(); ++g) {
    EXPECT_EQ(one[g].inputs, five[g].inputs);
    EXPECT_EQ(one[g].cross, five[g].cross);
  }
}

// What a difference of sums could not say: the variance of a channel that
// varies by a millionth of its size, and none of one that is constant.
TEST(MeasureMoments, SeesSmallVariationsOfLargeValues) {
  MeasuredLayer layer;
  const Extent extent = layer.model.graph.extent(0);
  const auto area = static_cast<std::size_t>(extent.height * extent.width);
  for (std::size_t n = 0; n < layer.input.size(); ++n) {
    const std::size_t channel = n / area % 4;
    if (channel == 0) layer.input[n] = 1000;
    if (channel == 1) layer.input[n] = n % 2 == 0 ? 1000.0f : 1001.0f;
  }
  const GroupMoments m = layer.Measure()[0];
  // Taps 1 of 0, 1, 2 never see padding.
  EXPECT_EQ(m.inputs(1, 1), 0);
  EXPECT_NEAR(m.inputs(4, 4) / m.samples, 0.25, 0.01);
  // Of 6 inputs 4 are about 1000, and 2 to 3 of those see padding.
  EXPECT_GT(m.MeanInputEnergy(), 0.7 * m.samples * 1e6);
  EXPECT_LT(m.MeanInputEnergy(), 1.0 * m.samples * 1e6);
}

}  // namespace
}  // namespace edge_int8

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

// y = W x + b, so cross = W inputs + b input_sum^T and output_sum likewise.
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
    EXPECT_TRUE(
        m.cross.isApprox(w * m.inputs + b * m.input_sum.transpose(), 1e-5));
    EXPECT_TRUE(m.output_sum.isApprox(w * m.input_sum + m.samples * b, 1e-5));
    EXPECT_TRUE(m.CenteredCross().isApprox(w * m.CenteredInputs(), 1e-5));
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

}  // namespace
}  // namespace edge_int8

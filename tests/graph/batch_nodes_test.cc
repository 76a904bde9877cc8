#include "src/graph/batch_nodes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/random.h"
#include "src/graph/float_executor.h"
#include "src/graph/float_nodes.h"
#include "src/pose/upstream_shape.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

struct ConvCase {
  Extent in;
  Conv conv;
};

class EveryGeometry : public testing::TestWithParam<ConvCase> {};

// Tolerance: sums of at most 108 products of size 1 in another order.
TEST_P(EveryGeometry, EqualsThePlainLoops) {
  const auto& [in, conv] = GetParam();
  GraphBuilder builder("one", in);
  const TensorId y = builder.AppendConv("conv", conv, 0, true, false);
  const Model model = RandomModel(builder.Finish(y), 1);
  const Node& node = model.graph.nodes[0];
  constexpr int kBatch = 5;
  const std::vector<float> x = RandomValues(kBatch * in.size(), 2);
  const int64_t size = model.graph.extent(y).size();
  std::vector<float> fast(static_cast<std::size_t>(kBatch * size));
  ComputeBatch(model, node, {x}, kBatch, fast);
  for (int b = 0; b < kBatch; ++b) {
    std::vector<float> plain(static_cast<std::size_t>(size));
    ComputeNode(model, node,
                {std::span(x).subspan(static_cast<std::size_t>(b * in.size()),
                                      static_cast<std::size_t>(in.size()))},
                plain);
    for (std::size_t n = 0; n < plain.size(); ++n) {
      ASSERT_NEAR(fast[static_cast<std::size_t>(b * size) + n], plain[n], 1e-4)
          << "window " << b << " value " << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    ComputeBatch, EveryGeometry,
    testing::Values(ConvCase{{6, 1, 20}, {.out_channels = 4}},
                    ConvCase{{6, 1, 20},
                             {.out_channels = 6,
                              .kernel_w = 3,
                              .dilation_w = 8,
                              .pad_left = 16,
                              .groups = 3}},
                    // Dilated beyond the input: only the last tap ever sees it.
                    ConvCase{{2, 1, 4},
                             {.out_channels = 2,
                              .kernel_w = 3,
                              .dilation_w = 8,
                              .pad_left = 16,
                              .groups = 2}},
                    ConvCase{{3, 5, 15},
                             {.out_channels = 4,
                              .kernel_w = 3,
                              .stride_w = 2,
                              .pad_left = 1,
                              .pad_right = 1}},
                    ConvCase{{3, 7, 8},
                             {.out_channels = 2, .stride_h = 3, .stride_w = 2}},
                    ConvCase{{12, 6, 40},
                             {.out_channels = 5,
                              .kernel_h = 3,
                              .kernel_w = 3,
                              .pad_top = 1,
                              .pad_bottom = 1,
                              .pad_left = 1,
                              .pad_right = 1}}));

TEST(RunBatch, EqualsTheFloatExecutorWindowByWindow) {
  const Model model = FoldedWiflow("quarter", 3);
  constexpr int kBatch = 3;
  const RandomWindows source(kBatch, 4);
  std::vector<float> input(kBatch * kWindowValues);
  std::vector<float> output;
  for (int b = 0; b < kBatch; ++b) {
    source.Read(
        b, std::span(input).subspan(static_cast<std::size_t>(b) * kWindowValues,
                                    kWindowValues));
  }
  int seen = 0;
  RunBatch(model, input, kBatch, [&](TensorId id, std::span<float> values) {
    ++seen;
    EXPECT_EQ(std::ssize(values), kBatch * model.graph.extent(id).size());
    if (id == model.graph.output) output.assign(values.begin(), values.end());
  });
  EXPECT_EQ(seen, std::ssize(model.graph.tensors));
  const FloatExecutor executor(model);
  for (std::size_t b = 0; b < kBatch; ++b) {
    std::vector<float> pose(kPoseValues);
    executor.RunObserved(
        std::span(input).subspan(b * kWindowValues, kWindowValues), pose,
        [](TensorId, std::span<float>) {});
    for (std::size_t n = 0; n < kPoseValues; ++n) {
      EXPECT_NEAR(output[b * kPoseValues + n], pose[n], 1e-5);
    }
  }
}

TEST(RunBatch, LaterNodesSeeWhatTheObserverWrites) {
  const Model model = SmallModel(5);
  const auto run = [&](bool overwrite) {
    std::vector<float> pose;
    RunBatch(model, RandomValues(24, 6), 1,
             [&](TensorId id, std::span<float> values) {
               if (overwrite && id == model.graph.nodes[1].output) {
                 std::ranges::fill(values, 0.0f);
               }
               if (id == model.graph.output) {
                 pose.assign(values.begin(), values.end());
               }
             });
    return pose;
  };
  EXPECT_EQ(run(false).size(), 2u);
  EXPECT_NE(run(false), run(true));
}

TEST(RunBatch, SiluOfHugeValuesStaysFinite) {
  GraphBuilder builder("silu", {1, 1, 4});
  const TensorId y = builder.Append("silu", Silu(), {0});
  const Model model{builder.Finish(y), {}};
  RunBatch(model, {-1e30f, -200.0f, 200.0f, 1e30f}, 1,
           [&](TensorId id, std::span<float> values) {
             if (id == 0) return;
             EXPECT_NEAR(values[0], 0, 1e-6);
             EXPECT_NEAR(values[1], 0, 1e-6);
             EXPECT_EQ(values[2], 200.0f);
             EXPECT_EQ(values[3], 1e30f);
           });
}

}  // namespace
}  // namespace edge_int8

// The two lists a convolution becomes, on shapes whose lists can be read.
#include "core/engine/conv_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/kernels/scalar/scalar_kernels.h"
#include "src/base/random.h"
#include "tests/core_engine/random_graph.h"

namespace edge_int8::core {
namespace {

using testing::ElementsAre;

ConvPlan PlanOf(int32_t in, int32_t height, int32_t width, int32_t out,
                const ConvGeometry& g,
                const KernelTable& kernels = kScalarKernels) {
  RandomGraph builder(1, in, height, width);
  const int32_t y = builder.Conv(0, out, g, {});
  const IntegerGraph graph = builder.Finish(y);
  const std::vector<TensorLayout> layouts = PlanLayouts(graph);
  return PlanConv(std::get<ConvOp>(graph.ops[0]), layouts[0], layouts[1],
                  kernels);
}

// Multiplies 16-bit values, as AVX2 does where steps aren't worth sharing.
KernelTable WideningKernels() {
  KernelTable kernels = kScalarKernels;
  kernels.weight_form = WeightForm::kShared;
  kernels.widen_u8 = [](const uint8_t* in, int32_t count, int16_t* out) {
    std::copy_n(in, count, out);
  };
  return kernels;
}

TEST(ConvPlan, ACausalConvolutionReadsThreeTapsOfItsMargin) {
  const ConvPlan plan =
      PlanOf(16, 1, 4, 16, {.kernel_w = 3, .dilation_w = 2, .pad_left = 4});
  EXPECT_EQ(plan.fold, 1);
  EXPECT_THAT(plan.positions, ElementsAre(0, 16, 32, 48));
  ASSERT_EQ(plan.blocks.size(), 1u);
  EXPECT_THAT(plan.blocks[0].steps,
              ElementsAre(0, 4, 8, 12, 32, 36, 40, 44, 64, 68, 72, 76));
  ASSERT_EQ(plan.runs.size(), 1u);
  EXPECT_EQ(plan.runs[0].count, 4 * 16);
}

// Four places of four channels fill a panel; their windows are six places.
TEST(ConvPlan, FewChannelsFoldNeighbouringPlaces) {
  const ConvPlan plan =
      PlanOf(4, 1, 8, 4, {.kernel_w = 3, .pad_left = 1, .pad_right = 1});
  EXPECT_EQ(plan.fold, 4);
  EXPECT_THAT(plan.positions, ElementsAre(0, 16));
  EXPECT_THAT(plan.blocks[0].steps, ElementsAre(0, 4, 8, 12, 16, 20));
}

// One channel: the six taps of four places are six bytes, two steps.
TEST(ConvPlan, NeighbouringBytesShareAStep) {
  const ConvPlan plan =
      PlanOf(1, 1, 8, 4, {.kernel_w = 3, .pad_left = 1, .pad_right = 1});
  EXPECT_THAT(plan.blocks[0].steps, ElementsAre(0, 4));
}

TEST(ConvPlan, ARowThatTheFoldDoesNotDivideEndsInAnOverlap) {
  const ConvPlan plan = PlanOf(4, 1, 6, 4, {});
  EXPECT_EQ(plan.fold, 4);
  EXPECT_THAT(plan.positions, ElementsAre(0, 8));  // Places 0 and 2.
  ASSERT_EQ(plan.runs.size(), 2u);
  EXPECT_EQ(plan.runs[1].width, 2);
}

TEST(ConvPlan, DepthwiseGroupsAreMergedToFillAPanel) {
  const ConvPlan plan = PlanOf(64, 1, 4, 64, {.kernel_w = 3, .groups = 64});
  ASSERT_FALSE(plan.blocks.empty());
  EXPECT_GE(plan.blocks[0].columns, 16);
  int32_t columns = 0;
  for (const ConvBlock& block : plan.blocks) {
    EXPECT_EQ(block.first_column, columns);
    columns += block.columns;
  }
  EXPECT_EQ(columns, 64);
}

TEST(ConvPlan, TilesCoverEveryPositionOnceAndStayInTheCache) {
  const ConvPlan plan = PlanOf(32, 20, 15, 96, {});
  int32_t next = 0;
  for (const ConvTile& tile : plan.tiles) {
    EXPECT_EQ(tile.first_position, next);
    next += tile.positions;
    EXPECT_LE(tile.positions * plan.acc_stride * 4, 24 * 1024);
  }
  EXPECT_EQ(next, 300);
}

// Two values to a step, and every tile widens what it reads, margins too.
TEST(ConvPlan, WidenedBytesArePlannedAsWords) {
  const ConvPlan plan =
      PlanOf(16, 1, 4, 16, {.kernel_w = 2, .dilation_w = 2, .pad_left = 2},
             WideningKernels());
  EXPECT_TRUE(plan.widens);
  EXPECT_TRUE(plan.words_in);
  EXPECT_THAT(plan.positions, ElementsAre(0, 32, 64, 96));
  EXPECT_THAT(plan.blocks[0].steps, ElementsAre(0, 4, 8, 12, 16, 20, 24, 28, 64,
                                                68, 72, 76, 80, 84, 88, 92));
  ASSERT_EQ(plan.tiles.size(), 1u);
  EXPECT_EQ(plan.tiles[0].first_value, 0);
  EXPECT_EQ(plan.tiles[0].values, 6 * 16);
  EXPECT_GE(WidenedBytes(plan), 2 * 6 * 16);
}

TEST(ConvPlan, AWidenedTileReadsOnlyItsRowsAndGivesTheSameSums) {
  const KernelTable widening = WideningKernels();
  const ConvPlan bytes = PlanOf(32, 15, 20, 96, kSquare);
  const ConvPlan words = PlanOf(32, 15, 20, 96, kSquare, widening);
  EXPECT_FALSE(bytes.widens);
  ASSERT_TRUE(words.widens);
  EXPECT_EQ(WidenedBytes(bytes), 0);
  ASSERT_GT(words.tiles.size(), 2u);
  const int64_t layout = 17 * 22 * 32;
  EXPECT_LT(WidenedBytes(words), layout);  // of twice as many
  AlignedBuffer x(static_cast<std::size_t>(layout + kSlack));
  Rng rng(5);
  for (int64_t i = 0; i < layout; ++i) {
    x.data()[i] = static_cast<std::byte>(rng.Below(256));
  }
  const auto sums = [&](const ConvPlan& plan, const KernelTable& kernels) {
    std::vector<int32_t> acc(300u * 96u);
    const AlignedBuffer widened(static_cast<std::size_t>(WidenedBytes(plan)));
    for (const ConvTile& tile : plan.tiles) {
      Multiply(plan, tile, kernels, x.data(), widened.data(),
               acc.data() + std::ptrdiff_t{96} * tile.first_position);
    }
    return acc;
  };
  EXPECT_EQ(sums(words, widening), sums(bytes, kScalarKernels));
}

}  // namespace
}  // namespace edge_int8::core

// When a convolution is done with fewer products, and what its plan holds. That
// the products add up is engine_test.cc's to show.
#include "core/engine/winograd_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/core_engine/random_graph.h"

namespace edge_int8::core {
namespace {

using testing::ElementsAre;

constexpr int32_t kBound = kWinogradInput;

struct Case {
  IntegerGraph graph;
  std::vector<TensorLayout> layouts;

  Case(int32_t in, int32_t height, int32_t width, int32_t out,
       const ConvGeometry& g = kSquare, Type type = Type::kS16) {
    RandomGraph builder(1, in, height, width);
    const int32_t x = builder.Conv(0, in, {}, {type, TableKind::kNone, 8});
    graph = builder.Finish(builder.Conv(x, out, g, {}));
    layouts = PlanLayouts(graph);
  }
  ConvOp& op() { return std::get<ConvOp>(graph.ops[1]); }
  bool Suits(int32_t largest = kBound) {
    return SuitsWinograd(op(), layouts[1], layouts[2], largest);
  }
  WinogradPlan Plan() { return PlanWinograd(op(), layouts[1], layouts[2]); }
};

TEST(SuitsWinograd, SquaresOfBoundedWordsWithEnoughChannels) {
  EXPECT_TRUE(Case(32, 15, 20, 16).Suits());
  EXPECT_TRUE(Case(16, 2, 2, 9).Suits());
  EXPECT_FALSE(Case(32, 15, 20, 16).Suits(kBound + 1));
  EXPECT_FALSE(Case(32, 15, 20, 8).Suits());
  EXPECT_FALSE(Case(15, 15, 20, 16).Suits());
  EXPECT_FALSE(Case(32, 15, 20, 16, kSquare, Type::kU8).Suits());
}

TEST(SuitsWinograd, NoOtherGeometry) {
  const auto suits = [](auto change) {
    ConvGeometry g = kSquare;
    change(&g);
    return Case(32, 15, 20, 32, g).Suits();
  };
  EXPECT_TRUE(suits([](ConvGeometry* g) { g->pad_top = 2; }));
  EXPECT_FALSE(suits([](ConvGeometry* g) { g->kernel_h = 1; }));
  EXPECT_FALSE(suits([](ConvGeometry* g) { g->kernel_w = 2; }));
  EXPECT_FALSE(suits([](ConvGeometry* g) { g->stride_w = 2; }));
  EXPECT_FALSE(suits([](ConvGeometry* g) { g->stride_h = 2; }));
  EXPECT_FALSE(suits([](ConvGeometry* g) { g->dilation_w = 2; }));
  EXPECT_FALSE(suits([](ConvGeometry* g) { g->dilation_h = 2; }));
  EXPECT_FALSE(suits([](ConvGeometry* g) { g->groups = 2; }));
  // One row out.
  EXPECT_FALSE(Case(32, 3, 20, 16, {.kernel_h = 3, .kernel_w = 3}).Suits());
}

TEST(SuitsWinograd, NotWhereFourSumsPass32Bits) {
  Case c(64, 4, 4, 16);
  std::fill(c.op().weights.begin(), c.op().weights.end(), int8_t{0});
  // 8191 * 65,544 is the largest below 2^29.
  std::fill_n(c.op().weights.begin() + 9 * 64, 516, int8_t{127});
  c.op().weights[9 * 64 + 516] = 12;
  EXPECT_TRUE(c.Suits());
  c.op().weights[9 * 64 + 516] = -13;
  EXPECT_FALSE(c.Suits());
}

TEST(WinogradPlan, OddSidesEndInOverlappingTiles) {
  const WinogradPlan plan = Case(16, 5, 7, 16).Plan();
  EXPECT_THAT(plan.rows, ElementsAre(0, 2, 3));
  ASSERT_EQ(plan.spans.size(), 1u);
  EXPECT_EQ(plan.spans[0].places, 7);
  EXPECT_THAT(plan.spans[0].inputs, ElementsAre(0, 64, 128, 160));
  EXPECT_THAT(plan.spans[0].outputs, ElementsAre(0, 32, 64, 80));
  EXPECT_THAT(plan.step, ElementsAre(0, 4, 8, 12, 16, 20, 24, 28));
}

TEST(WinogradPlan, LongRowsAreWorkedOnInEvenSpans) {
  const WinogradPlan plan = Case(16, 4, 45, 16).Plan();
  ASSERT_EQ(plan.spans.size(), 3u);
  EXPECT_EQ(plan.max_tiles, 8);
  EXPECT_EQ(plan.spans[0].first_place, 0);
  EXPECT_EQ(plan.spans[0].places, 14);
  EXPECT_EQ(plan.spans[1].first_place, 14);
  EXPECT_EQ(plan.spans[2].first_place, 30);
  EXPECT_EQ(plan.spans[2].places, 15);
  EXPECT_EQ(plan.spans[2].outputs.back(), 13 * 16);
}

TEST(WinogradPlan, WeightsAreTransformedByTwiceThePapersMatrix) {
  Case c(16, 4, 4, 16);
  std::fill(c.op().weights.begin(), c.op().weights.end(), int8_t{0});
  // Output channel 3, input channel 5.
  const int8_t w[9] = {1, 2, 3, 4, 5, 6, 7, 8, -127};
  std::copy_n(w, 9, c.op().weights.begin() + 9 * (3 * 16 + 5));
  const WinogradPlan plan = c.Plan();
  const auto* packed = reinterpret_cast<const int16_t*>(plan.weights.data());
  std::vector<int16_t> found;
  for (int k = 0; k < kWinogradProducts; ++k) {
    found.push_back(packed[k * plan.product_bytes / 2 + 2 * 32 + 3 * 2 + 1]);
  }
  EXPECT_THAT(found, ElementsAre(4, 12, 4, 12, 24, -91, -121, -236, 8, -121,
                                 -131, -260, 28, -224, -256, -508));
}

}  // namespace
}  // namespace edge_int8::core

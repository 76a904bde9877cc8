#include "src/quantize/search/bit_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/quantize/calibrate/calibration.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;

std::vector<std::string> Names(const BitSpace& space, BitUnit::Kind kind) {
  std::vector<std::string> names;
  for (const BitUnit& unit : space.units()) {
    if (unit.kind == kind) names.push_back(unit.name);
  }
  return names;
}

TEST(BitSpace, EveryConvolutionAndEveryActivationOfItsOwnIsAUnit) {
  const Graph graph = SmallGraph();
  const BitSpace space(graph, BuildQGraph(graph), {});
  EXPECT_THAT(Names(space, BitUnit::Kind::kWeight),
              ElementsAre("first.weight", "second.weight", "skip.weight",
                          "head.weight"));
  // Not the input, not terms of the sum, not the head.
  EXPECT_THAT(Names(space, BitUnit::Kind::kActivation),
              ElementsAre("first", "first.silu", "sum", "sum.silu"));
  for (const BitUnit& unit : space.units()) {
    if (unit.kind == BitUnit::Kind::kWeight) {
      EXPECT_THAT(unit.options, ElementsAre(4, 8));
    } else if (unit.name == "sum") {
      EXPECT_THAT(unit.options, ElementsAre(8, 12));
    } else {
      EXPECT_THAT(unit.options, ElementsAre(8, 16));
    }
  }
}

// Whatever is offered must be something a plan can have.
TEST(BitSpace, OffersOnlyWhatAPlanMayHave) {
  for (const char* variant : {"tiny", "half"}) {
    const Model model = FoldedWiflow(variant, 3);
    const QGraph qgraph = BuildQGraph(model.graph);
    const BitSpace space(model.graph, qgraph, {{2, 3, 4, 8}, {8, 12, 16}});
    const RandomWindows source(2, 4);
    const CalibrationStats stats = Calibrate(model, qgraph, source);
    for (int round = 0; round < 4; ++round) {
      Bits bits;
      for (const BitUnit& unit : space.units()) {
        bits.push_back(unit.options[static_cast<std::size_t>(round) %
                                    unit.options.size()]);
      }
      PtqOptions options;
      space.Apply(bits, options);
      const Plan plan = MakePtqPlan(model, qgraph, stats, options);
      EXPECT_NO_THROW(CheckPlan(plan, model.graph, qgraph, "plan"));
      for (std::size_t u = 0; u < bits.size(); ++u) {
        const BitUnit& unit = space.units()[u];
        EXPECT_EQ(unit.kind == BitUnit::Kind::kWeight
                      ? plan.weights.at(unit.name).bits
                      : plan.quantizers.at(unit.name).bits,
                  bits[u]);
      }
    }
  }
}

TEST(BitSpace, FixedActivationsAreNoUnits) {
  const Graph graph = SmallGraph();
  const BitSpace space(graph, BuildQGraph(graph), {{4, 8}, {8}});
  EXPECT_TRUE(Names(space, BitUnit::Kind::kActivation).empty());
  EXPECT_EQ(space.Text(space.Uniform(4)), "4444");
}

TEST(BitSpace, TextIsALetterAUnit) {
  const Graph graph = SmallGraph();
  const BitSpace space(graph, BuildQGraph(graph), {});
  EXPECT_EQ(space.Text({4, 8, 4, 8, 16, 8, 12, 8}), "4848g8c8");
}

// Convolutions: first 6 outputs of 2 x 3 weights at 6 positions = 216, second
// 5 x 6 x 6 = 180, skip 5 x 4 x 6 = 120, head 2 x 5 x 6 = 60; no attention.
TEST(BitSpace, MacsCostWeighsEachProductByItsBits) {
  const Graph graph = SmallGraph();
  const BitSpace space(graph, BuildQGraph(graph), {});
  EXPECT_DOUBLE_EQ(space.MacsCost(space.Uniform(8)), 1);
  EXPECT_DOUBLE_EQ(space.MacsCost(space.Uniform(4)), 0.5);
  Bits bits = space.Uniform(8);
  bits[0] = 4;  // first.weight
  EXPECT_DOUBLE_EQ(space.MacsCost(bits), 1 - 108.0 / 576);
  bits = space.Uniform(8);
  bits[5] = 16;  // first.silu, which second reads
  EXPECT_DOUBLE_EQ(space.MacsCost(bits), 1 + 180.0 / 576);
  bits = space.Uniform(8);
  bits[4] = 16;  // first: a table's index multiplies nothing
  EXPECT_DOUBLE_EQ(space.MacsCost(bits), 1);
}

TEST(BitSpace, AttentionProductsStayAtEightBits) {
  const Graph graph = FoldedWiflow("tiny", 3).graph;
  const BitSpace space(graph, BuildQGraph(graph), {});
  EXPECT_DOUBLE_EQ(space.MacsCost(space.Uniform(8)), 1);
  EXPECT_GT(space.MacsCost(space.Uniform(4)), 0.5);
  EXPECT_LT(space.MacsCost(space.Uniform(4)), 0.6);
}

TEST(BitSpace, RefusesBitsThatNoPlanHas) {
  const Graph graph = SmallGraph();
  const QGraph qgraph = BuildQGraph(graph);
  for (const BitOptions& options :
       {BitOptions{{4, 5, 8}, {8}}, BitOptions{{4}, {8}}, BitOptions{{8}, {16}},
        BitOptions{{8}, {8, 4}}}) {
    EXPECT_EQ(ErrorOf([&] { BitSpace(graph, qgraph, options); }).kind(),
              ErrorKind::kUsage);
  }
}

}  // namespace
}  // namespace edge_int8

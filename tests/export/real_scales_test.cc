#include "src/export/real_scales.h"

#include <gtest/gtest.h>

#include "src/qgraph/lower.h"
#include "tests/export/export_models.h"
#include "tests/testing/operator_graphs.h"

namespace edge_int8 {
namespace {

// Whatever scales are found, they must give every table back.
TEST(RealScales, ReproduceEveryTable) {
  const Model tiny = FoldedModel(TinyGraph(), 3);
  for (const PlanBits& bits : {PlanBits{}, PlanBits{4, 12, 0}}) {
    const core::IntegerGraph graph = Lower(tiny, PlanWithBits(tiny, bits));
    const RealScales scales = FindRealScales(graph);
    EXPECT_GT(scales.tables, 20);
    EXPECT_GT(scales.entries, scales.tables * 255);
    EXPECT_LE(scales.wrong_entries, scales.entries / 1000) << bits.pre;
  }
}

// Scales the tables pin down are the plan's; the head's is stored.
TEST(RealScales, AreThePlansWhereItsTablesSayThem) {
  const Model folded = FoldedModel(TinyGraph(), 3);
  const Plan plan = PlanWithBits(folded, {});
  const core::IntegerGraph graph = Lower(folded, plan);
  const RealScales scales = FindRealScales(graph);
  EXPECT_DOUBLE_EQ(scales.tensor[0].at(0), 1.0 / 255);
  int compared = 0;
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    const auto* conv = std::get_if<core::ConvOp>(&graph.ops[i]);
    if (conv == nullptr || conv->activation.kind != core::TableKind::kLookup) {
      continue;
    }
    const auto out = static_cast<std::size_t>(conv->output);
    const auto quantizer = plan.quantizers.find(graph.tensors[out].name);
    if (quantizer == plan.quantizers.end()) continue;  // a term of a sum
    EXPECT_NEAR(scales.tensor[out].at(0) / quantizer->second.scales[0], 1, 0.03)
        << quantizer->first;
    ++compared;
  }
  EXPECT_GT(compared, 10);
}

TEST(RealScales, EveryTensorAndEveryChannelHasAPositiveOne) {
  for (Graph (*const graph)() :
       {SmallGraph, EqualWidthsGraph, AttentionGraph}) {
    const Model folded = FoldedModel(graph(), 2);
    const core::IntegerGraph lowered = Lower(folded, PlanWithBits(folded, {}));
    const RealScales scales = FindRealScales(lowered);
    for (std::size_t t = 0; t < lowered.tensors.size(); ++t) {
      const std::size_t count = scales.tensor[t].size();
      EXPECT_TRUE(count == 1 || count == static_cast<std::size_t>(
                                             lowered.tensors[t].channels));
      for (const double s : scales.tensor[t]) EXPECT_GT(s, 0);
    }
    for (std::size_t i = 0; i < lowered.ops.size(); ++i) {
      if (!std::holds_alternative<core::ConvOp>(lowered.ops[i])) continue;
      for (const double s : RealWeightScales(lowered, scales, i)) {
        EXPECT_GT(s, 0);
      }
    }
  }
}

// Of an artifact that somebody else wrote; exporters look each channel's up.
TEST(RealScales, OneScaleOfQueriesKeysAndValuesIsEveryChannels) {
  const Model folded = FoldedModel(AttentionGraph(), 2);
  core::IntegerGraph graph = Lower(folded, PlanWithBits(folded, {}));
  graph.tensors[0].zero_point = 1;  // not the family's: scales as they stand
  for (core::TensorSpec& t : graph.tensors) t.scales = {0.25f};
  const RealScales scales = FindRealScales(graph);
  int attentions = 0;
  for (const core::IntegerOp& any : graph.ops) {
    const auto* op = std::get_if<core::AttentionOp>(&any);
    if (op == nullptr) continue;
    ++attentions;
    EXPECT_EQ(scales.tensor[static_cast<std::size_t>(op->input)],
              std::vector<double>(3 * op->bias.size(), 0.25));
  }
  EXPECT_GT(attentions, 0);
}

TEST(RealScales, AMultiplierOfZeroIsAScaleThatRoundsEverythingAway) {
  EXPECT_EQ(RealMultiplier({1 << 30, 31}), 0.5);
  EXPECT_GT(RealMultiplier({0, 1}), 0);
  EXPECT_LT(RealMultiplier({0, 1}) * 0x1p31, 0.5);
}

}  // namespace
}  // namespace edge_int8

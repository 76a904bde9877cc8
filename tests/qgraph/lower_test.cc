#include "src/qgraph/lower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "core/container/validate.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/operator_check.h"
#include "tests/testing/operator_graphs.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct LowerCase {
  std::string name;
  Graph (*graph)();
  PlanBits bits;
  double input_factor = 255;
};
std::ostream& operator<<(std::ostream& out, const LowerCase& c) {
  return out << c.name;
}

class EveryOperator : public testing::TestWithParam<LowerCase> {};

// The largest weight scales lose small weights, so only grids are compared
// here, not models.
TEST_P(EveryOperator, IsItsRealSelfUpToItsRoundings) {
  const LowerCase& c = GetParam();
  const Model folded = FoldedModel(c.graph(), 3);
  OperatorCheck check(folded, PlanWithBits(folded, c.bits, c.input_factor));
  for (const std::vector<uint8_t>& window :
       ByteWindows(folded.graph, c.input_factor)) {
    check.Run(window);
    if (HasFatalFailure()) return;
  }
  for (const core::IntegerOp& op : check.graph().ops) {
    if (std::holds_alternative<core::ConvOp>(op)) {
      EXPECT_GT(check.compared().at("conv"), 0);
    } else if (std::holds_alternative<core::AddOp>(op)) {
      EXPECT_GT(check.compared().at("add"), 0);
    } else if (std::holds_alternative<core::AttentionOp>(op)) {
      EXPECT_GT(check.compared().at("attn_mix"), 0);
    }
  }
  // Values at a clamp agree too easily.
  EXPECT_GT(check.InsideShare(), 0.8);
}

INSTANTIATE_TEST_SUITE_P(
    Lower, EveryOperator,
    testing::Values(
        LowerCase{"small", SmallGraph, {}},
        LowerCase{"equal_widths", EqualWidthsGraph, {}},
        LowerCase{"equal_widths_12_bit", EqualWidthsGraph, {8, 12, 0}},
        LowerCase{"equal_widths_16_bit", EqualWidthsGraph, {8, 16, 16}},
        LowerCase{"equal_widths_stored_16", EqualWidthsGraph, {8, 0, 16}},
        LowerCase{"equal_widths_w4", EqualWidthsGraph, {4, 0, 0}},
        LowerCase{"equal_widths_w3", EqualWidthsGraph, {3, 0, 0}},
        LowerCase{"equal_widths_w2", EqualWidthsGraph, {2, 12, 0}},
        LowerCase{"equal_widths_f200", EqualWidthsGraph, {}, 200},
        LowerCase{"attention", AttentionGraph, {}},
        LowerCase{"attention_12_bit", AttentionGraph, {8, 12, 0}},
        LowerCase{"attention_8_bit_head", AttentionGraph, {8, 8, 0}},
        LowerCase{"attention_16_bit", AttentionGraph, {8, 16, 16}},
        LowerCase{"attention_w4", AttentionGraph, {4, 0, 0}},
        LowerCase{"tiny", TinyGraph, {}},
        LowerCase{"tiny_16_bit_w4", TinyGraph, {4, 16, 16}}),
    [](const testing::TestParamInfo<LowerCase>& info) {
      return info.param.name;
    });

// The operator that writes the tensor of this name.
template <class Op>
const Op& Writer(const core::IntegerGraph& graph, const std::string& name) {
  for (const core::IntegerOp& any : graph.ops) {
    const auto* op = std::get_if<Op>(&any);
    if (op != nullptr &&
        graph.tensors[static_cast<std::size_t>(op->output)].name == name) {
      return *op;
    }
  }
  throw std::runtime_error("no such operator writes " + name);
}
const core::TensorSpec& SpecNamed(const core::IntegerGraph& graph,
                                  const std::string& name) {
  return *std::ranges::find(graph.tensors, name, &core::TensorSpec::name);
}

TEST(LowerSums, TermsCarryTheBitsThatTheGridLeavesFree) {
  const Model folded = FoldedModel(EqualWidthsGraph(), 4);
  for (const auto& [pre, fraction] : {std::pair(8, 7), std::pair(12, 3)}) {
    const core::IntegerGraph graph =
        Lower(folded, PlanWithBits(folded, {8, pre, 0}));
    const auto& sum = Writer<core::AddOp>(graph, "a.silu");
    EXPECT_EQ(sum.fraction_bits, fraction);
    EXPECT_EQ(sum.activation.table.size(), std::size_t{1} << pre);
    ASSERT_EQ(sum.terms.size(), 2u);
    // The branch's table writes the sum's units; the identity is rescaled.
    EXPECT_FALSE(sum.terms[0].rescale);
    EXPECT_EQ(SpecNamed(graph, "a2.silu").type, core::Type::kS16);
    EXPECT_TRUE(sum.terms[1].rescale);
    EXPECT_EQ(sum.terms[1].tensor, 0);
    // A convolution that only feeds a sum lands in its units as well.
    EXPECT_EQ(SpecNamed(graph, "c").type, core::Type::kS16);
    EXPECT_FALSE(Writer<core::AddOp>(graph, "c.sum").terms[1].rescale);
  }
}

TEST(LowerWeights, NarrowOnesAreStoredInTheirBits) {
  const Model folded = FoldedModel(EqualWidthsGraph(), 5);
  for (const auto& [bits, limit] :
       {std::pair(8, 127), std::pair(4, 7), std::pair(3, 3), std::pair(2, 1)}) {
    const core::IntegerGraph graph =
        Lower(folded, PlanWithBits(folded, {bits, 0, 0}));
    const auto& conv = Writer<core::ConvOp>(graph, "a1.silu");
    EXPECT_EQ(conv.weight_bits, bits);
    int most = 0;
    for (const int8_t w : conv.weights) most = std::max(most, std::abs(int{w}));
    EXPECT_EQ(most, limit);
  }
}

TEST(LowerPool, OnlyUnequalBinsAreRescaled) {
  const Model equal = FoldedModel(EqualWidthsGraph(), 6);
  EXPECT_TRUE(
      Writer<core::PoolOp>(Lower(equal, PlanWithBits(equal, {})), "pool")
          .bin_scale.empty());
  const Model unequal = FoldedModel(AttentionGraph(), 6);
  const core::IntegerGraph graph = Lower(unequal, PlanWithBits(unequal, {}));
  const core::Multiplier same = {1 << 30, 30};
  const core::Multiplier half_more = {3 << 29, 30};  // 3 rows over 2
  EXPECT_THAT(Writer<core::PoolOp>(graph, "pool").bin_scale,
              ElementsAre(half_more, same, half_more));
}

// A trained network has channels whose weights have died and whose norm left
// an ordinary bias: at the weights' own scale it would be 10^12 or more.
TEST(LowerDeadChannels, KeepTheirBiasBelow2To30AndTheirValue) {
  Model folded = FoldedModel(EqualWidthsGraph(), 7);
  std::vector<float>& weights = folded.Parameter("a1.weight").data;
  std::vector<float>& bias = folded.Parameter("a1.bias").data;
  const std::size_t row = weights.size() / bias.size();
  for (std::size_t n = 0; n < row; ++n) {
    weights[n] = 1e-13f * static_cast<float>(n + 1);
    weights[row + n] = 0;
  }
  bias[0] = 0.75f;
  bias[1] = -1.5f;
  for (const double zero_scale : {1.0, 1e-20}) {
    Plan plan = PlanWithBits(folded, {});
    plan.weights.at("a1.weight").scales[1] = zero_scale;
    OperatorCheck check(folded, plan);
    const auto& conv = Writer<core::ConvOp>(check.graph(), "a1.silu");
    for (const int32_t b : conv.bias) EXPECT_LT(std::abs(b), 1 << 30);
    EXPECT_EQ(conv.bias[0], 1 << 29);  // The floor leaves half of the room.
    for (const auto& window : ByteWindows(folded.graph)) check.Run(window);
  }
}

TEST(LowerDeadChannels, AttentionKeepsItsOutputBiasBelow2To30) {
  Model folded = FoldedModel(AttentionGraph(), 8);
  folded.Parameter("width.mix.bias").data[2] = 40.0f;
  Plan plan = PlanWithBits(folded, {});
  plan.quantizers.at("width.qkv.v").scales[2] = 1e-9;
  OperatorCheck check(folded, plan);
  const auto& mix = Writer<core::AttentionOp>(check.graph(), "width.mix");
  for (const int32_t b : mix.bias) EXPECT_LT(std::abs(b), 1 << 30);
  EXPECT_EQ(mix.bias[2], 1 << 29);
  for (const auto& window : ByteWindows(folded.graph)) check.Run(window);
}

TEST(FlooredScales, AreFlooredOnlyWhereTheBiasAsksForIt) {
  const WeightPlan weights{8, {0.5, 1e-12, 1e-12, 1e-12}};
  const std::vector<float> bias = {100.0f, 1.0f, -2.0f, 0.0f};
  EXPECT_THAT(FlooredWeightScales(weights, bias, 0.25),
              ElementsAre(0.5, 0x1.0p-27, 0x1.0p-26, 1e-12));
  const QuantizerPlan values{8, {0.5, 1e-12}, 0};
  EXPECT_THAT(FlooredValueScales(values, std::vector<float>{1.0f, -1.0f}),
              ElementsAre(0.5, 32767 * 0x1.0p-29));
}

TEST(QuantizeChannel, RoundsTiesUpAndClampsSymmetrically) {
  const std::vector<float> weights = {0.25f, -0.25f, 0.75f, -0.75f,
                                      3.6f,  -3.6f,  0.0f};
  std::vector<int8_t> codes(weights.size());
  QuantizeChannel(weights, 0.5, 7, codes.data());
  EXPECT_THAT(codes, ElementsAre(1, 0, 2, -1, 7, -7, 0));
}

TEST(LowerRefuses, APlanOfAnotherModelAndListsEverything) {
  const Model folded = SmallModel(9);
  Plan plan = PlanWithBits(folded, {});
  plan.weights.erase("first.weight");
  plan.weights["third.weight"] = {8, {1}};
  plan.weights.at("second.weight").bits = 5;
  plan.quantizers.erase("sum");
  plan.quantizers["nowhere"] = {8, {1}, 0};
  plan.quantizers.at("first").zero_point = 256;
  plan.quantizers.at("first.silu").scales = {1, 1};
  plan.quantizers.at("sum.silu").scales = {-1};
  const Error error = ErrorOf([&] { Lower(folded, plan); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  for (const char* complaint :
       {"weight first.weight: missing", "weight third.weight: the model has",
        "second.weight: 5 bits", "quantizer sum: missing",
        "quantizer nowhere: the model has", "first: zero point 256",
        "first.silu: 2 scales, expected 1", "sum.silu: a scale"}) {
    EXPECT_THAT(error.what(), HasSubstr(complaint));
  }
}

// 1,400 inputs of 16 bits times codes of 127: more than 2^31 when all agree,
// although the table before them leaves half of the 16 bits as headroom.
TEST(Lower, LeavesCodesUnusedThatCouldOverflowAnAccumulator) {
  GraphBuilder builder("wide", {4, 1, 3});
  TensorId x =
      builder.AppendConv("first", {.out_channels = 1400}, 0, true, true);
  x = builder.Append("first.silu", Silu(), {x});
  x = builder.AppendConv("head", {.out_channels = 2}, x, true, true);
  x = builder.AppendRowPool("pool", 1, x);
  Model model = RandomModel(
      builder.Finish(builder.Append("pose", Transpose{{1, 0, 2}}, {x})), 10);
  for (float& w : model.Parameter("head.weight").data) w = 0.01f;
  EXPECT_NO_THROW(Lower(model, PlanWithBits(model, {4, 0, 16})));
  const core::IntegerGraph graph =
      Lower(model, PlanWithBits(model, {8, 0, 16}));
  const auto& table = std::get<core::ConvOp>(graph.ops[0]).activation.table;
  EXPECT_LE(*std::ranges::max_element(table), 0x7fffffff / (1400 * 127));
}

TEST(LowerRefuses, PoolsOfEightBits) {
  const Model folded = FoldedModel(EqualWidthsGraph(), 12);
  Plan plan = PlanWithBits(folded, {});
  plan.quantizers.at("head").bits = 8;
  const Error error = ErrorOf([&] { Lower(folded, plan); });
  EXPECT_THAT(error.what(), HasSubstr("head: 8 bits are not possible here"));
}

// A plan is a file from outside: no number in it may end in an internal error
// or in integers that mean something else.
TEST(LowerRefuses, AbsurdScales) {
  const Model folded = FoldedModel(AttentionGraph(), 13);
  const Plan good = PlanWithBits(folded, {});
  for (const double absurd : {5e-324, 1e-310, 1e-200, 1e200, 1.7e308}) {
    for (const auto& [name, quantizer] : good.quantizers) {
      Plan plan = good;
      plan.quantizers.at(name).scales.assign(quantizer.scales.size(), absurd);
      const Error error = ErrorOf([&] { Lower(folded, plan); });
      EXPECT_EQ(error.kind(), ErrorKind::kBadInput)
          << name << " " << absurd << ": " << error.what();
    }
    for (const auto& [name, weight] : good.weights) {
      Plan plan = good;
      plan.weights.at(name).scales.assign(weight.scales.size(), absurd);
      const Error error = ErrorOf([&] { Lower(folded, plan); });
      EXPECT_EQ(error.kind(), ErrorKind::kBadInput)
          << name << " " << absurd << ": " << error.what();
    }
    Plan plan = good;
    plan.input_factor = absurd;
    EXPECT_EQ(ErrorOf([&] { Lower(folded, plan); }).kind(),
              ErrorKind::kBadInput)
        << absurd;
  }
}

TEST(LowerRefuses, ARatioOfScalesByTheTensorThatItIsAround) {
  const Model folded = SmallModel(9);
  Plan plan = PlanWithBits(folded, {});
  plan.weights.at("second.weight").scales.back() = 1e25;
  const Error error = ErrorOf([&] { Lower(folded, plan); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("the scales around second (channel"));
}

// Within the limits all else is either refused or lowered.
TEST(LowerRefuses, LargeAndSmallScalesWithoutAnInternalError) {
  const Model folded = FoldedModel(AttentionGraph(), 13);
  const Plan good = PlanWithBits(folded, {});
  for (const double scale : {1e-30, 1e-20, 1e-9, 1e9, 1e20, 1e30}) {
    std::vector<Plan> plans;
    for (const auto& [name, quantizer] : good.quantizers) {
      plans.push_back(good);
      plans.back().quantizers.at(name).scales.assign(quantizer.scales.size(),
                                                     scale);
    }
    for (const auto& [name, weight] : good.weights) {
      plans.push_back(good);
      plans.back().weights.at(name).scales.assign(weight.scales.size(), scale);
    }
    plans.push_back(good);
    for (auto& [name, quantizer] : plans.back().quantizers) {
      quantizer.scales.assign(quantizer.scales.size(), scale);
    }
    plans.push_back(good);
    plans.back().input_factor = scale;
    for (const Plan& plan : plans) {
      try {
        EXPECT_TRUE(core::ValidateGraph(Lower(folded, plan)).ok());
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << error.what();
      }
    }
  }
}

TEST(Lower, NamesTheGraphAndItsFloats) {
  const Model folded = FoldedModel(AttentionGraph(), 14);
  const Plan plan = PlanWithBits(folded, {}, 240);
  const core::IntegerGraph graph = Lower(folded, plan);
  EXPECT_TRUE(core::ValidateGraph(graph).ok());
  EXPECT_EQ(graph.name, "attention");
  EXPECT_EQ(graph.input_factor, 240.0f);
  // 3 rows of 5 columns are the largest bin.
  EXPECT_EQ(graph.output_scale,
            static_cast<float>(plan.quantizers.at("head.silu").scales[0] / 15));
}

}  // namespace
}  // namespace edge_int8

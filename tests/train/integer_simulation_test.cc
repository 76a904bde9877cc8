// The conversion gap: the simulation's output integers equal the engine's, for
// every variant, kind of plan and both implementations of the operators; and
// the comparison is one that sees a single wrong table entry or multiplier.
#include "train/simulation/integer_simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "src/nets/checkpoint.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/operator_graphs.h"
#include "tests/testing/source_paths.h"
#include "tests/train/simulation_check.h"

namespace edge_int8::train {
namespace {

const std::vector<const SimOperators*>& BothOperators() {
  static const std::vector<const SimOperators*> both = {&FusedSim(),
                                                        &ComposedSim()};
  return both;
}

// Zero for both implementations; returns how many layers ran in float64.
int ExpectNoGap(const Model& folded, const Plan& plan,
                const WindowSource& source) {
  const std::vector<int32_t> engine =
      EngineIntegers(Lower(folded, plan), source);
  // A constant output would agree with anything.
  EXPECT_GE(std::set<int32_t>(engine.begin(), engine.end()).size(),
            std::min<std::size_t>(8, engine.size()));
  const at::Tensor x = BatchOf(folded.graph, source);
  int wide = 0;
  for (const SimOperators* operators : BothOperators()) {
    IntegerSimulation sim(folded.graph, at::kCPU, *operators);
    sim.Prepare(folded, plan);
    EXPECT_EQ(Gap(SimulatedIntegers(sim, x), engine), 0);
    wide = sim.wide_layers();
  }
  return wide;
}

struct GapCase {
  std::string variant;
  std::string name;
  PlanBits bits;
};
std::ostream& operator<<(std::ostream& out, const GapCase& c) {
  return out << c.variant << "_" << c.name;
}

class EveryVariantAndWidth : public testing::TestWithParam<GapCase> {};

TEST_P(EveryVariantAndWidth, SimulationEqualsEngine) {
  const Model folded = FoldedWiflow(GetParam().variant, 3);
  const Plan plan = PlanWithBits(folded, GetParam().bits, RandomWindows(8, 11));
  const int wide = ExpectNoGap(folded, plan, RandomWindows(3, 31));
  // 16-bit inputs of a convolution do not fit float32.
  EXPECT_EQ(wide > 0, GetParam().bits.stored == 16);
}

INSTANTIATE_TEST_SUITE_P(
    Gap, EveryVariantAndWidth,
    testing::Values(
        GapCase{"full", "w8", {}}, GapCase{"half", "w8", {}},
        GapCase{"quarter", "w8", {}}, GapCase{"tiny", "w8", {}},
        GapCase{"full", "w4", {4, 0, 0}}, GapCase{"half", "w4", {4, 0, 0}},
        GapCase{"quarter", "w4", {4, 0, 0}}, GapCase{"tiny", "w4", {4, 0, 0}},
        GapCase{"half", "w2", {2, 0, 0}}, GapCase{"full", "w8_16", {8, 16, 16}},
        GapCase{"half", "w8_16", {8, 16, 16}},
        GapCase{"quarter", "w4_16", {4, 16, 16}},
        GapCase{"tiny", "w8_16", {8, 16, 16}},
        GapCase{"tiny", "w4_12", {4, 12, 0}}),
    [](const testing::TestParamInfo<GapCase>& info) {
      return fmt::format("{}_{}", info.param.variant, info.param.name);
    });

// Every pattern that lowering knows, with networks that no variant is.
TEST(IntegerSimulation, EqualsTheEngineOnOtherNetworks) {
  for (Graph (*const graph)() :
       {SmallGraph, EqualWidthsGraph, AttentionGraph}) {
    for (const uint64_t seed : {1u, 2u, 3u}) {
      const Model folded = FoldedModel(graph(), seed);
      for (const PlanBits& bits :
           {PlanBits{}, PlanBits{4, 12, 0}, PlanBits{8, 16, 16}}) {
        for (const double factor : {255.0, 100.0}) {
          ExpectNoGap(folded, PlanWithBits(folded, bits, factor),
                      RandomWindows(5, 31 + seed));
        }
      }
    }
  }
}

// The network that training starts from, whose scales are not random ones'.
TEST(IntegerSimulation, EqualsTheEngineOnTrainedWeights) {
  const Model folded = FoldBatchNorms(LoadCheckpoint(
      std::filesystem::path(kSourceDir) / "assets" / "half.pth"));
  for (const PlanBits& bits :
       {PlanBits{}, PlanBits{4, 0, 0}, PlanBits{8, 16, 16}}) {
    const Plan plan = PlanWithBits(folded, bits, RandomWindows(8, 11));
    ExpectNoGap(folded, plan, RandomWindows(4, 5));
  }
}

// A channel with a tiny weight and an ordinary bias: its scale is floored and
// its bias code is near 2^30, which no float32 sum could carry.
TEST(IntegerSimulation, EqualsTheEngineWithDeadChannels) {
  Model folded = FoldedModel(AttentionGraph(), 4);
  for (auto& [name, tensor] : folded.parameters) {
    if (!name.ends_with(".weight")) continue;
    const std::size_t row =
        tensor.data.size() / static_cast<std::size_t>(tensor.shape[0]);
    for (std::size_t i = 0; i < row; ++i) tensor.data[i] *= 1e-9f;
  }
  ExpectNoGap(folded, PlanWithBits(folded, {}), RandomWindows(4, 5));
}

TEST(IntegerSimulation, QuantizesTheInputAsTheContractSays) {
  class Ugly : public WindowSource {
   public:
    int64_t size() const override { return 2; }
    void Read(int64_t index, std::span<float> out) const override {
      RandomWindows(2, 9).Read(index, out);
      constexpr float kInfinity = std::numeric_limits<float>::infinity();
      const float values[] = {std::nanf(""), kInfinity, -kInfinity, -0.0f,
                              -3.0f,         7.0f,      3.4e38f,    0.5f / 255,
                              1.5f / 255,    2.5f / 255};
      std::copy(std::begin(values), std::end(values), out.begin());
    }
  };
  const Model folded = FoldedModel(SmallGraph(), 2);
  ExpectNoGap(folded, PlanWithBits(folded, {}), Ugly());
}

// The comparison's power: one table entry, then one multiplier, off by the
// least amount that can matter.
class Mutation : public testing::Test {
 protected:
  Mutation()
      : folded_(FoldedWiflow("tiny", 3)),
        plan_(PlanWithBits(folded_, {}, RandomWindows(8, 11))),
        graph_(Lower(folded_, plan_)),
        sim_(folded_.graph, at::kCPU, FusedSim()) {
    sim_.Prepare(folded_, plan_);
    simulated_ = SimulatedIntegers(sim_, BatchOf(folded_.graph, windows_));
    EXPECT_EQ(Gap(simulated_, EngineIntegers(graph_, windows_)), 0);
  }
  core::ConvOp& FirstLookup() {
    for (core::IntegerOp& op : graph_.ops) {
      auto* conv = std::get_if<core::ConvOp>(&op);
      if (conv != nullptr &&
          conv->activation.kind == core::TableKind::kLookup) {
        return *conv;
      }
    }
    throw std::runtime_error("no lookup");
  }
  int64_t GapNow() { return Gap(simulated_, EngineIntegers(graph_, windows_)); }

  const Model folded_;
  const Plan plan_;
  core::IntegerGraph graph_;
  const RandomWindows windows_{6, 31};
  IntegerSimulation sim_;
  std::vector<int32_t> simulated_;
};

TEST_F(Mutation, OneTableEntryIsSeen) {
  core::Activation& activation = FirstLookup().activation;
  // Real 0, which padding and many values are near.
  auto& entry = activation.table[static_cast<std::size_t>(activation.zero)];
  entry = static_cast<int16_t>(entry + 1);
  EXPECT_GT(GapNow(), 0);
}

TEST_F(Mutation, OneMultiplierIsSeen) {
  core::Multiplier& scale = FirstLookup().scale[0];
  scale.mantissa -= scale.mantissa / 50;
  EXPECT_GT(GapNow(), 0);
}

TEST_F(Mutation, OneBiasIsSeen) {
  core::ConvOp& conv = FirstLookup();
  const double step = std::ldexp(1.0, conv.scale[0].shift) /
                      static_cast<double>(conv.scale[0].mantissa);
  conv.bias[0] += static_cast<int32_t>(step);
  EXPECT_GT(GapNow(), 0);
}

TEST(IntegerSimulation, RefusesAPlanOfAnotherNetwork) {
  const Model folded = FoldedModel(SmallGraph(), 2);
  const Plan plan = PlanWithBits(folded, {});
  const Model other = FoldedModel(AttentionGraph(), 2);
  IntegerSimulation sim(other.graph, at::kCPU, FusedSim());
  EXPECT_EQ(ErrorOf([&] { sim.Prepare(other, plan); }).kind(),
            ErrorKind::kBadInput);
}

}  // namespace
}  // namespace edge_int8::train

#include "train/simulation/qat_parameters.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/testing/operator_graphs.h"
#include "tests/train/simulation_check.h"
#include "train/simulation/finetuned_network.h"

namespace edge_int8::train {
namespace {

TEST(QatParameters, BeginAsTheModelAndPlanTheyWereGiven) {
  const Model folded = FoldedModel(AttentionGraph(), 2);
  const Plan plan = PlanWithBits(folded, {});
  const QatParameters parameters(folded, plan, at::kCPU);
  EXPECT_EQ(parameters.CurrentPlan(), plan);
  const Model model = parameters.CurrentModel();
  for (const auto& [name, tensor] : folded.parameters) {
    EXPECT_EQ(model.Parameter(name).data, tensor.data) << name;
  }
}

TEST(QatParameters, ScalesMoveByFactorsAndZeroPointsByCodes) {
  const Model folded = FoldedModel(SmallGraph(), 2);
  const Plan plan = PlanWithBits(folded, {});
  const QatParameters parameters(folded, plan, at::kCPU);
  at::NoGradGuard no_grad;
  parameters.values().add_(static_cast<float>(4 / kZeroRate));
  const Plan moved = parameters.CurrentPlan();
  const double factor = std::exp(kScaleRate * 4 / kZeroRate);
  for (const auto& [name, quantizer] : plan.quantizers) {
    const QuantizerPlan& now = moved.quantizers.at(name);
    EXPECT_NEAR(now.scales[0], quantizer.scales[0] * factor,
                1e-6 * now.scales[0]);
    if (quantizer.bits == 8) {
      EXPECT_EQ(now.zero_point, std::min(255, quantizer.zero_point + 4))
          << name;
    } else {
      EXPECT_EQ(now.zero_point, 0) << name;
    }
  }
  for (const auto& [name, weight] : plan.weights) {
    for (std::size_t o = 0; o < weight.scales.size(); ++o) {
      EXPECT_NEAR(moved.weights.at(name).scales[o], weight.scales[o] * factor,
                  1e-6 * weight.scales[o]);
    }
  }
}

TEST(QatParameters, WeightsOfFewBitsAreDrawnToTheirIntegers) {
  const Model folded = FoldedModel(SmallGraph(), 2);
  for (const int bits : {8, 4}) {
    QatParameters parameters(folded, PlanWithBits(folded, {bits, 0, 0}),
                             at::kCPU);
    const Model before = parameters.CurrentModel();
    parameters.DrawToIntegers(0);
    for (const auto& [name, tensor] : before.parameters) {
      EXPECT_EQ(parameters.CurrentModel().Parameter(name).data, tensor.data);
    }
    parameters.DrawToIntegers(1);
    const Model after = parameters.CurrentModel();
    for (const auto& [name, plan] : parameters.CurrentPlan().weights) {
      const std::vector<float>& drawn = after.Parameter(name).data;
      EXPECT_EQ(drawn == before.Parameter(name).data, bits == 8) << name;
      if (bits == 8) continue;
      const std::size_t row = drawn.size() / plan.scales.size();
      for (std::size_t n = 0; n < drawn.size(); ++n) {
        const double code = drawn[n] / plan.scales[n / row];
        EXPECT_NEAR(code, std::round(code), 1e-4);
        EXPECT_LE(std::abs(code), 7.0001);
      }
    }
  }
}

// Wherever training may go, what it computes stays what is deployed.
TEST(QatParameters, AnyValuesGiveAPlanWithoutAGap) {
  for (Graph (*const graph)() :
       {SmallGraph, EqualWidthsGraph, AttentionGraph, TinyGraph}) {
    for (const PlanBits& bits :
         {PlanBits{}, PlanBits{4, 12, 0}, PlanBits{8, 16, 16}}) {
      const Model folded = FoldedModel(graph(), 3);
      SimulatedNetwork network(
          folded, PlanWithBits(folded, bits, RandomWindows(6, 4)), at::kCPU);
      {
        at::NoGradGuard no_grad;
        at::manual_seed(5);
        network.values().add_(at::randn_like(network.values()) * 0.01);
      }
      const QatParameters& now = network.parameters();
      const RandomWindows windows(3, 8);
      const std::vector<int32_t> engine =
          EngineIntegers(Lower(now.CurrentModel(), now.CurrentPlan()), windows);
      EXPECT_EQ(Gap(SimulatedIntegers(network.Prepare(),
                                      BatchOf(folded.graph, windows)),
                    engine),
                0);
    }
  }
}

// LSQ's gradient scale, 1 / sqrt(n * qmax).
TEST(QatParameters, ScaleTheGradientsOfScales) {
  const Model folded = FoldedModel(SmallGraph(), 2);
  const QatParameters parameters(folded, PlanWithBits(folded, {}), at::kCPU);
  const SimulationLeaves leaves = parameters.Leaves();
  leaves.log_scales.at("first.silu").sum().backward();
  const double expected = kScaleRate / std::sqrt(6.0 * 6 * 255);
  EXPECT_NEAR(parameters.gradients().sum().item<double>(), expected, 1e-6);
}

}  // namespace
}  // namespace edge_int8::train

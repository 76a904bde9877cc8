// Training of any network: what it computes is what the engine will, and its
// gradients point where the float network's do.
#include "train/simulation/lowered_network.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/operator_graphs.h"
#include "tests/testing/small_networks.h"
#include "tests/train/simulation_check.h"

namespace edge_int8::train {
namespace {

core::IntegerGraph Deployed(const QuantizedNetwork& network) {
  return Lower(network.parameters().CurrentModel(),
               network.parameters().CurrentPlan());
}

std::vector<int32_t> CodesOn(LoweredNetwork& network, const Graph& graph,
                             const WindowSource& windows) {
  network.PrepareCodes(Deployed(network));
  const at::Tensor codes =
      network.Codes(BatchOf(graph, windows)).transpose(0, 1).contiguous();
  const auto* data = codes.data_ptr<int32_t>();
  return {data, data + codes.numel()};
}

void Stir(const QuantizedNetwork& network) {
  at::NoGradGuard no_grad;
  at::manual_seed(5);
  at::Tensor values = network.values();
  values.add_(at::randn_like(values) * 0.005);
}

Plan PlanOf(const Model& model, const PtqOptions& options) {
  const QGraph qgraph = BuildQGraph(model.graph);
  return MakePtqPlan(model, qgraph,
                     Calibrate(model, qgraph, RandomWindows(6, 4)), options);
}

// The family's own operators too, which SimulatedNetwork trains otherwise.
std::vector<SmallNetwork> AllNetworks() {
  std::vector<SmallNetwork> all = SmallNetworks();
  for (Graph (*const graph)() : {EqualWidthsGraph, AttentionGraph}) {
    all.push_back({graph().name, [graph](uint64_t seed) {
                     return FoldedModel(graph(), seed);
                   }});
  }
  return all;
}

TEST(LoweredNetwork, HasTheEnginesIntegersWhereverTrainingGoes) {
  const RandomWindows windows(3, 8);
  for (const SmallNetwork& small : AllNetworks()) {
    for (const int bits : {8, 4}) {
      const Model model = small.build(7);
      PtqOptions options;
      options.weight_bits = bits;
      LoweredNetwork network(model, PlanOf(model, options), at::kCPU);
      for (const bool stirred : {false, true}) {
        if (stirred) Stir(network);
        const core::IntegerGraph graph = Deployed(network);
        const std::vector<int32_t> engine = EngineIntegers(graph, windows);
        EXPECT_EQ(Gap(CodesOn(network, model.graph, windows), engine), 0)
            << small.name << " " << bits;
        // What is learned from are these integers' real values.
        network.BeginStep();
        const at::Tensor y = network.TrainingPass(BatchOf(model.graph, windows))
                                 .detach()
                                 .transpose(0, 1)
                                 .contiguous();
        const int32_t zero =
            graph.tensors[static_cast<std::size_t>(graph.output)].zero_point;
        for (int64_t n = 0; n < y.numel(); ++n) {
          const float real = core::DequantizeOutput(
              engine[static_cast<std::size_t>(n)], graph.output_scale, zero);
          ASSERT_NEAR(y.data_ptr<float>()[n], real,
                      1e-5 * std::abs(real) + 1e-7)
              << small.name;
        }
      }
    }
  }
}

// As of decibels or standardized values.
TEST(QuantizedNetworks, HaveTheEnginesIntegersWhereTheInputHasAZeroPoint) {
  const RandomWindows windows(3, 8);
  for (const Model& model :
       {FoldedModel(EqualWidthsGraph(), 3), FoldedModel(AttentionGraph(), 3)}) {
    Plan plan = PlanOf(model, {});
    plan.input_factor = 140;
    plan.input_zero_point = 31;
    SimulatedNetwork simulated(model, plan, at::kCPU);
    LoweredNetwork lowered(model, plan, at::kCPU);
    const std::vector<int32_t> engine =
        EngineIntegers(Deployed(lowered), windows);
    EXPECT_EQ(Gap(CodesOn(lowered, model.graph, windows), engine), 0);
    EXPECT_EQ(Gap(SimulatedIntegers(simulated.Prepare(),
                                    BatchOf(model.graph, windows)),
                  engine),
              0);
  }
}

// Of a loss of the output, by the parameters' names. What is left between both:
// the largest of equal integers share their gradient, and 8 bits before a steep
// softmax are coarse.
TEST(LoweredNetwork, GradientsPointWhereTheFloatNetworksDo) {
  for (const SmallNetwork& small : AllNetworks()) {
    const Model model = small.build(7);
    const at::Tensor x = BatchOf(model.graph, RandomWindows(4, 8));
    const auto gradients = [&](FinetunedNetwork& network) {
      network.BeginStep();
      const at::Tensor y = network.TrainingPass(x);
      (y * at::arange(y.numel(), at::kFloat).sin().view(y.sizes()))
          .sum()
          .backward();
      return network.gradients();
    };
    FloatNetwork real(model, at::kCPU);
    LoweredNetwork network(model, PlanOf(model, {}), at::kCPU);
    gradients(real);
    gradients(network);
    double dot = 0, a = 0, b = 0;
    int64_t at_real = 0;
    for (const ParameterSpec& spec : model.graph.parameters) {
      const int64_t size = ElementCount(spec.shape);
      const at::Tensor x1 = real.gradients().narrow(0, at_real, size);
      const at::Tensor x2 = network.parameters().GradientOf(spec.name);
      at_real += size;
      dot += (x1 * x2.flatten()).sum().item<double>();
      a += x1.square().sum().item<double>();
      b += x2.square().sum().item<double>();
    }
    EXPECT_GT(dot / std::sqrt(a * b), 0.85) << small.name;
  }
}

// Scales and zero points have gradients too, and a step along them changes the
// plan that is deployed.
TEST(LoweredNetwork, ScalesLearn) {
  const Model model = small_networks::Gated(7);
  LoweredNetwork network(model, PlanOf(model, {}), at::kCPU);
  network.BeginStep();
  network.TrainingPass(BatchOf(model.graph, RandomWindows(4, 8)))
      .square()
      .sum()
      .backward();
  const Plan before = network.parameters().CurrentPlan();
  at::NoGradGuard no_grad;
  at::Tensor values = network.values();
  values.add_(network.gradients().sign() * 1e-3);
  const Plan after = network.parameters().CurrentPlan();
  int moved = 0;
  for (const auto& [name, quantizer] : before.quantizers) {
    if (after.quantizers.at(name).scales != quantizer.scales) ++moved;
  }
  EXPECT_EQ(moved, std::ssize(before.quantizers));
}

TEST(MakeQuantizedNetwork, SimulatesTheFamilyAndLowersTheOthers) {
  const auto simulated = [](const Model& model) {
    return dynamic_cast<SimulatedNetwork*>(
               MakeQuantizedNetwork(model, PlanOf(model, {}), at::kCPU)
                   .get()) != nullptr;
  };
  EXPECT_TRUE(simulated(FoldedWiflow("tiny", 3)));
  EXPECT_TRUE(simulated(FoldedModel(AttentionGraph(), 3)));
  EXPECT_FALSE(simulated(small_networks::Residual(3)));
  EXPECT_FALSE(simulated(small_networks::Pooled(3)));
}

}  // namespace
}  // namespace edge_int8::train

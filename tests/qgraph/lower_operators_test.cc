// Every operator of the fused graph, lowered: the reference's integers stay
// near the float network, and the engine's are the reference's.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "core/arith/boundary.h"
#include "core/engine/engine.h"
#include "core/reference/run_reference.h"
#include "src/graph/float_executor.h"
#include "src/qgraph/lower.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/fake_quant.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/small_models.h"
#include "tests/testing/small_networks.h"

namespace edge_int8 {
namespace {

constexpr int kWindows = 12;

std::vector<uint8_t> Bytes(const core::IntegerGraph& graph,
                           const std::vector<float>& window) {
  std::vector<uint8_t> bytes;
  for (const float v : window) {
    bytes.push_back(core::QuantizeInput(v, graph.input_factor,
                                        graph.tensors[0].zero_point));
  }
  return bytes;
}

// RandomWindows, from [0, 1] to [low, high].
class OtherWindows : public WindowSource {
 public:
  OtherWindows(int64_t size, uint64_t seed, float low, float high)
      : source_(size, seed), low_(low), high_(high) {}
  int64_t size() const override { return source_.size(); }
  void Read(int64_t index, std::span<float> out) const override {
    source_.Read(index, out);
    for (float& x : out) x = low_ + (high_ - low_) * x;
  }

 private:
  RandomWindows source_;
  float low_, high_;
};

class EverySmallNetwork : public testing::TestWithParam<SmallNetwork> {
 protected:
  EverySmallNetwork()
      : model_(GetParam().build(7)), qgraph_(BuildQGraph(model_.graph)) {}

  // All bits as many as there are, so that what is left is the operators' own.
  Plan FinePlan() const {
    PtqOptions options;
    for (const Quantizer& quantizer : qgraph_.quantizers) {
      if (quantizer.role == QuantizerRole::kStored ||
          quantizer.role == QuantizerRole::kPreActivation) {
        options.quantizer_bits_of[quantizer.name] = 16;
      }
    }
    return MakePtqPlan(model_, qgraph_, Stats(), options);
  }
  CalibrationStats Stats() const {
    return Calibrate(model_, qgraph_, OtherWindows(64, 11, low_, high_));
  }
  std::vector<float> Window(int index) const {
    std::vector<float> window(
        static_cast<std::size_t>(model_.graph.extent(0).size()));
    OtherWindows(64, 12, low_, high_).Read(index, window);
    return window;
  }
  std::vector<float> Exact(const Model& model, const InputQparams& input,
                           int index) const {
    std::vector<float> window = Window(index);
    ThroughInputBytes(input, window);
    std::vector<float> output(static_cast<std::size_t>(
        model.graph.extent(model.graph.output).size()));
    FloatExecutor(model).RunObserved(window, output,
                                     [](TensorId, std::span<float>) {});
    return output;
  }
  std::vector<float> Integer(const core::IntegerGraph& graph, int index) const {
    const auto values = core::RunReference(graph, Bytes(graph, Window(index)));
    const auto& spec = graph.tensors[static_cast<std::size_t>(graph.output)];
    std::vector<float> output;
    for (const int32_t v : values[static_cast<std::size_t>(graph.output)]) {
      output.push_back(
          core::DequantizeOutput(v, graph.output_scale, spec.zero_point));
    }
    return output;
  }
  // Of the integers, against the float network with the plan's weights.
  double Snr(const Plan& plan) const {
    const core::IntegerGraph graph = Lower(model_, plan);
    const Model rounded = OnWeightGrid(model_, plan);
    std::vector<std::vector<float>> exact;
    for (int w = 0; w < kWindows; ++w)
      exact.push_back(Exact(rounded, plan.input(), w));
    double signal = 0, noise = 0;
    for (int w = 0; w < kWindows; ++w) {
      const std::vector<float> now = Integer(graph, w);
      for (std::size_t n = 0; n < now.size(); ++n) {
        double mean = 0;
        for (const auto& e : exact) mean += e[n] / kWindows;
        signal += std::pow(exact[static_cast<std::size_t>(w)][n] - mean, 2);
        noise += std::pow(exact[static_cast<std::size_t>(w)][n] - now[n], 2);
      }
    }
    return 10 * std::log10(signal / noise);
  }

  const Model model_;
  const QGraph qgraph_;
  float low_ = 0, high_ = 1;  // of the windows
};

TEST_P(EverySmallNetwork, InSixteenBitsIsNearTheFloatNetwork) {
  EXPECT_GT(Snr(FinePlan()), 50);
}

TEST_P(EverySmallNetwork, InEightBitsKeepsTheOutput) {
  EXPECT_GT(Snr(MakePtqPlan(model_, qgraph_, Stats())), 18);
}

// Standardized values, decibels, spectrograms: whatever the network was made
// for.
TEST_P(EverySmallNetwork, TakesItsInputsRangeFromTheWindows) {
  low_ = -1.5f;
  high_ = 1.0f;
  const Plan plan = MakePtqPlan(model_, qgraph_, Stats());
  EXPECT_GT(plan.input_zero_point, 0);
  EXPECT_LT(plan.input_factor, 200);
  EXPECT_GT(Snr(plan), 15);
  EXPECT_GT(Snr(FinePlan()), 45);
}

TEST_P(EverySmallNetwork, GivesTheReferencesIntegersInTheEngine) {
  for (const Plan& plan : {MakePtqPlan(model_, qgraph_, Stats()), FinePlan()}) {
    const core::IntegerGraph graph = Lower(model_, plan);
    for (const core::Isa isa : core::AvailableIsas()) {
      std::unique_ptr<core::Engine> engine;
      ASSERT_EQ(core::Engine::Create(graph, {isa}, &engine), core::Status::kOk);
      core::AlignedBuffer arena(engine->arena_bytes());
      std::vector<int32_t> output(engine->output_size());
      for (int w = 0; w < 3; ++w) {
        const std::vector<uint8_t> bytes = Bytes(graph, Window(w));
        engine->Run(bytes.data(), output.data(), arena.data());
        EXPECT_EQ(output,
                  core::RunReference(
                      graph, bytes)[static_cast<std::size_t>(graph.output)])
            << core::IsaName(isa);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Lower, EverySmallNetwork,
                         testing::ValuesIn(SmallNetworks()),
                         [](const testing::TestParamInfo<SmallNetwork>& info) {
                           return info.param.name;
                         });

}  // namespace
}  // namespace edge_int8

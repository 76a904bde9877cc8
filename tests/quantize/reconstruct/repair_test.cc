#include "src/quantize/reconstruct/repair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "src/base/parallel.h"
#include "src/graph/batch_nodes.h"
#include "src/qgraph/lower.h"
#include "src/quantize/calibrate/fake_quant.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/build_kind.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/network_builder.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

struct RepairCase {
  RepairCase(Model m, int weight_bits)
      : model(std::move(m)), map(BuildQGraph(model.graph)) {
    PtqOptions options;
    options.weight_bits = weight_bits;
    plan = MakePtqPlan(model, map, Calibrate(model, map, source), options);
  }
  Repaired Run(const RepairOptions& options = {}) const {
    return Repair(model, map, plan, source, options);
  }
  // Mean squared difference of a tensor from the float model's, on windows the
  // repair has not seen.
  double Error(const Model& repaired, const Plan& of, TensorId tensor) const {
    const FakeQuantizer quantizer(model.graph, map, of);
    const RandomWindows fresh(24, 1234);
    double error = 0;
    for (int64_t w = 0; w < fresh.size(); ++w) {
      std::vector<float> input(
          static_cast<std::size_t>(model.graph.extent(0).size()));
      fresh.Read(w, input);
      std::vector<float> exact, rounded;
      RunBatch(model, input, 1, [&](TensorId id, std::span<float> v) {
        if (id == tensor) exact.assign(v.begin(), v.end());
      });
      RunBatch(repaired, input, 1, [&](TensorId id, std::span<float> v) {
        quantizer.Apply(id, v);
        if (id == tensor) rounded.assign(v.begin(), v.end());
      });
      for (std::size_t n = 0; n < exact.size(); ++n) {
        error += std::pow(exact[n] - rounded[n], 2);
      }
    }
    return error;
  }
  double OutputError(const Repaired& r) const {
    return Error(r.model, r.plan, model.graph.output);
  }
  double PlainError() const {
    return Error(OnWeightGrid(model, plan), plan, model.graph.output);
  }
  Model model;
  QGraph map;
  RandomWindows source{160, 77};
  Plan plan;
};

TEST(Repair, LowersTheErrorOfFourBitWeights) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const RepairCase p(SmallModel(seed), 4);
    EXPECT_LT(p.OutputError(p.Run()), 0.8 * p.PlainError()) << seed;
  }
}

// A whole network at one width takes half a minute under the sanitizers.
const std::vector<int> kWholeNetworkBits =
    kSanitized ? std::vector{4} : std::vector{4, 8};

TEST(Repair, LowersTheErrorOfAWholeNetwork) {
  for (const int bits : kWholeNetworkBits) {
    const RepairCase p(FoldedWiflow("tiny", 5), bits);
    EXPECT_LT(p.OutputError(p.Run()), 0.5 * p.PlainError()) << bits;
  }
}

// `skip` is the last convolution before the sum: fitted to the sum, it makes up
// for `second`, which has lost more by then than its own 4 bits.
TEST(Repair, TheLastConvolutionOfABlockMakesUpForTheOtherBranch) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    RepairCase p(SmallModel(seed), 8);
    p.plan.weights.at("second.weight").bits = 2;
    for (double& s : p.plan.weights.at("second.weight").scales) s *= 90;
    TensorId sum = 0;
    for (const Node& node : p.model.graph.nodes) {
      if (node.name == "sum") sum = node.output;
    }
    const auto error = [&](bool blocks) {
      const Repaired r = p.Run({.blocks = blocks});
      return p.Error(r.model, r.plan, sum);
    };
    EXPECT_LT(error(true), 0.95 * error(false)) << seed;
  }
}

// The artifact's codes are the repaired ones: lowering rounds nothing away.
TEST(Repair, LeavesWeightsOnTheGridOfItsPlan) {
  const RepairCase p(FoldedWiflow("tiny", 6), 4);
  const Repaired repaired = p.Run({.windows = 40});
  const Model again = OnWeightGrid(repaired.model, repaired.plan);
  for (const auto& [name, weight] : repaired.plan.weights) {
    EXPECT_EQ(again.Parameter(name).data, repaired.model.Parameter(name).data)
        << name;
  }
  EXPECT_NO_THROW(Lower(repaired.model, repaired.plan));
}

// As folding leaves it: the key's shift cancels in the softmax, the value's
// must not ride on rows that do not sum to one in integers.
TEST(Repair, KeepsTheBiasOfKeysAndValuesZero) {
  const RepairCase p(FoldedWiflow("tiny", 7), 8);
  const Repaired repaired = p.Run({.windows = 40});
  for (const char* axis : {"width_axis", "height_axis"}) {
    const std::vector<float>& bias =
        repaired.model
            .Parameter(std::string("attention.") + axis + ".qkv_transform.bias")
            .data;
    EXPECT_THAT(
        std::vector<float>(bias.begin() + std::ssize(bias) / 3, bias.end()),
        testing::Each(0.0f));
    const std::string mix = std::string("attention.") + axis + ".mix.bias";
    EXPECT_NE(repaired.model.Parameter(mix).data, p.model.Parameter(mix).data);
  }
}

TEST(Repair, BiasAloneKeepsTheWeightsCodes) {
  const RepairCase p(SmallModel(8), 4);
  const Repaired repaired =
      p.Run({.rounding = false, .compensation = false, .bias = true});
  EXPECT_EQ(repaired.model.Parameter("first.weight").data,
            OnWeightGrid(p.model, p.plan).Parameter("first.weight").data);
  EXPECT_EQ(repaired.plan.weights, p.plan.weights);
  EXPECT_NE(repaired.model.Parameter("first.bias").data,
            p.model.Parameter("first.bias").data);
  EXPECT_LT(p.OutputError(repaired), p.PlainError());
}

TEST(Repair, WithEverythingOffIsPlainRounding) {
  const RepairCase p(SmallModel(9), 8);
  const Repaired repaired =
      p.Run({.rounding = false, .compensation = false, .bias = false});
  EXPECT_EQ(p.OutputError(repaired), p.PlainError());
}

TEST(Repair, GivesTheSameBitsForAnyThreadCount) {
  const RepairCase p(FoldedWiflow("tiny", 10), 4);
  SetThreads(1);
  const Repaired one = p.Run({.windows = 40});
  SetThreads(5);
  const Repaired five = p.Run({.windows = 40});
  SetThreads(0);
  EXPECT_EQ(one.plan, five.plan);
  for (const auto& [name, tensor] : one.model.parameters) {
    EXPECT_EQ(tensor.data, five.model.Parameter(name).data) << name;
  }
}

TEST(Repair, WritesDownWhatItDid) {
  const RepairCase p(SmallModel(11), 8);
  EXPECT_EQ(p.Run({.windows = 10}).plan.recipe,
            "ptq weights=mse:8 ranges=mse "
            "repair=rounding,compensation,blocks,bias,windows:10");
  EXPECT_THAT(
      p.Run({.ada = true, .blocks = false, .windows = 10}).plan.recipe,
      testing::EndsWith(" repair=adaround,compensation,bias,windows:10"));
}

// x - mean(x): one channel that is subtracted from all.
TEST(Repair, LeavesTheBiasOfARepeatedTermAlone) {
  NetworkBuilder network("centered", {6, 1, 5});
  const TensorId wide = network.Conv1x1(8, 0);
  const TensorId mean = network.Conv1x1(1, wide);
  const TensorId centered = network.Sum(wide, mean, true);
  const Model model = network.Finish(network.Conv1x1(4, centered), 3);
  const RepairCase p(model, 4);
  const Repaired repaired = p.Run();
  for (const auto& [name, parameter] : model.parameters) {
    EXPECT_EQ(repaired.model.Parameter(name).shape, parameter.shape) << name;
  }
  EXPECT_LT(p.OutputError(repaired), p.PlainError());
}

TEST(Repair, RefusesAnEmptySource) {
  const RepairCase p(SmallModel(12), 8);
  EXPECT_EQ(ErrorOf([&] {
              Repair(p.model, p.map, p.plan, RandomWindows(0, 1));
            }).kind(),
            ErrorKind::kBadInput);
}

}  // namespace
}  // namespace edge_int8

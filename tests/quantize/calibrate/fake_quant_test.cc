#include "src/quantize/calibrate/fake_quant.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/arith/boundary.h"
#include "core/reference/run_reference.h"
#include "src/graph/batch_nodes.h"
#include "src/qgraph/lower.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

struct FakeQuantCase {
  explicit FakeQuantCase(Model m)
      : model(std::move(m)),
        map(BuildQGraph(model.graph)),
        stats(Calibrate(model, map, RandomWindows(32, 9))),
        plan(MakePtqPlan(model, map, stats)) {}
  TensorId TensorOf(const std::string& quantizer) const {
    for (const Quantizer& s : map.quantizers) {
      if (s.name == quantizer) return s.tensor;
    }
    throw std::runtime_error("no quantizer " + quantizer);
  }
  Model model;
  QGraph map;
  CalibrationStats stats;
  Plan plan;
};

TEST(FakeQuantizer, RoundsAndCutsAsThePlanSays) {
  FakeQuantCase p(SmallModel(1));
  p.plan.quantizers.at("first.silu") = {8, {0.5}, 10};
  const FakeQuantizer quantizer(p.model.graph, p.map, p.plan);
  std::vector<float> values(36, 0.0f);
  values[0] = 0.74f;
  values[1] = 0.75f;   // a tie goes up
  values[2] = -0.25f;  // so does this one
  values[3] = -100.0f;
  values[4] = 1e30f;
  quantizer.Apply(p.TensorOf("first.silu"), values);
  EXPECT_EQ(values[0], 0.5f);
  EXPECT_EQ(values[1], 1.0f);
  EXPECT_EQ(values[2], 0.0f);
  EXPECT_EQ(values[3], -5.0f);
  EXPECT_EQ(values[4], 122.5f);
  EXPECT_EQ(values[5], 0.0f);
}

TEST(FakeQuantizer, LeavesTensorsWithoutAQuantizerAlone) {
  const FakeQuantCase p(SmallModel(2));
  const FakeQuantizer quantizer(p.model.graph, p.map, p.plan);
  for (const Node& node : p.model.graph.nodes) {
    if (node.name != "second" && node.name != "skip") continue;
    std::vector<float> values(30, 0.123456f);
    quantizer.Apply(node.output, values);
    EXPECT_EQ(values, std::vector<float>(30, 0.123456f));
  }
}

TEST(FakeQuantizer, UsesTheScaleOfEachValueChannel) {
  FakeQuantCase p(FoldedWiflow("tiny", 3));
  const std::string name = "attention.width_axis.qkv_transform";
  QuantizerPlan& v = p.plan.quantizers.at(name + ".v");
  for (std::size_t c = 0; c < v.scales.size(); ++c) {
    v.scales[c] = static_cast<double>(c + 1);
  }
  const TensorId tensor = p.TensorOf(name + ".v");
  const Extent& extent = p.model.graph.extent(tensor);
  std::vector<float> values(static_cast<std::size_t>(2 * extent.size()), 33);
  FakeQuantizer(p.model.graph, p.map, p.plan).Apply(tensor, values);
  const int area = extent.height * extent.width;
  for (int window = 0; window < 2; ++window) {
    for (int c = 0; c < extent.channels / 3; ++c) {
      const int at =
          (window * extent.channels + extent.channels / 3 * 2 + c) * area;
      const double scale = c + 1;
      EXPECT_FLOAT_EQ(values[static_cast<std::size_t>(at)],
                      static_cast<float>(scale * std::floor(33 / scale + 0.5)))
          << "channel " << c;
    }
  }
}

TEST(OnWeightGrid, PutsWeightsWhereLoweringFindsThemAgain) {
  const FakeQuantCase p(SmallModel(4));
  const Model once = OnWeightGrid(p.model, p.plan);
  const Model twice = OnWeightGrid(once, p.plan);
  EXPECT_EQ(once.Parameter("first.weight").data,
            twice.Parameter("first.weight").data);
  EXPECT_NE(once.Parameter("first.weight").data,
            p.model.Parameter("first.weight").data);
  EXPECT_EQ(once.Parameter("first.bias").data,
            p.model.Parameter("first.bias").data);
}

// The simulation against the integers it stands for: their difference is far
// smaller than what quantization costs. (Only in shallow networks: where the
// two differ in a last bit, everything behind rounds differently.)
TEST(FakeQuantizer, FollowsTheIntegerReference) {
  const FakeQuantCase p(SmallModel(5));
  const core::IntegerGraph integers = Lower(p.model, p.plan);
  const Model rounded = OnWeightGrid(p.model, p.plan);
  const FakeQuantizer quantizer(p.model.graph, p.map, p.plan);
  double gap = 0, cost = 0;
  for (int64_t w = 0; w < 4; ++w) {
    std::vector<float> input(24);
    RandomWindows(4, 6).Read(w, input);
    std::vector<float> exact, simulated;
    RunBatch(p.model, input, 1, [&](TensorId id, std::span<float> v) {
      if (id == p.model.graph.output) exact.assign(v.begin(), v.end());
    });
    RunBatch(rounded, input, 1, [&](TensorId id, std::span<float> v) {
      quantizer.Apply(id, v);
      if (id == p.model.graph.output) simulated.assign(v.begin(), v.end());
    });
    std::vector<uint8_t> bytes;
    for (const float v : input) {
      bytes.push_back(core::QuantizeInput(v, integers.input_factor));
    }
    const core::Values pose = core::RunReference(
        integers, bytes)[static_cast<std::size_t>(integers.output)];
    for (std::size_t n = 0; n < exact.size(); ++n) {
      const double y = pose[n] * double{integers.output_scale};
      gap += (y - simulated[n]) * (y - simulated[n]);
      cost += (y - exact[n]) * (y - exact[n]);
    }
  }
  EXPECT_LT(gap, 0.3 * cost);
}

}  // namespace
}  // namespace edge_int8

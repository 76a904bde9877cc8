#include "src/quantize/reconstruct/bias_repair.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "src/base/random.h"
#include "src/qgraph/silu_table.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

TEST(MeanShift, WithoutASiluIsTheDifferenceOfTheMeans) {
  const std::vector<float> exact = {1.0f, 2.0f, 6.0f};
  const std::vector<float> rounded = {0.0f, 2.0f, 4.0f};
  EXPECT_NEAR(MeanShift(exact, rounded, {}), 1.0, 1e-12);
}

// A tensor "first" before the SiLU and "first.silu" behind it, on fine grids.
struct AfterFirst {
  AfterFirst(double before_scale, double after_scale) {
    Plan plan;
    for (const Quantizer& quantizer : map.quantizers) {
      if (quantizer.role == QuantizerRole::kInput) continue;
      plan.quantizers[quantizer.name] = {quantizer.default_bits, {1.0}, 0};
    }
    plan.quantizers.at("first") = {12, {before_scale}, 2048};
    plan.quantizers.at("first.silu") = {8, {after_scale}, 20};
    grids.emplace(model.graph, map, plan);
    silu = {&*grids, model.graph.nodes[0].output, model.graph.nodes[1].output};
  }
  double MeanBehind(const std::vector<float>& values, double shift) const {
    std::vector<float> moved = values;
    for (float& v : moved) v += static_cast<float>(shift);
    grids->Round(silu.before, moved);
    for (float& v : moved) v = static_cast<float>(SiluReal(v));
    grids->Round(silu.after, moved);
    double sum = 0;
    for (const float v : moved) sum += v;
    return sum / static_cast<double>(values.size());
  }
  Model model = SmallModel(1);
  QGraph map = BuildQGraph(model.graph);
  std::optional<FakeQuantizer> grids;
  SiluBehind silu;
};

double ExactMeanBehind(const std::vector<float>& values) {
  double sum = 0;
  for (const float v : values) sum += SiluReal(v);
  return sum / static_cast<double>(values.size());
}

TEST(MeanShift, PutsTheMeanBackBehindTheSiluAndItsGrids) {
  const AfterFirst after(0.004, 0.02);
  Rng rng(2);
  std::vector<float> exact, rounded;
  for (int n = 0; n < 4000; ++n) {
    const double x = 1.5 * rng.Normal();
    exact.push_back(static_cast<float>(x));
    // Errors that grow with x: the mean before the SiLU says little.
    rounded.push_back(static_cast<float>(0.9 * x - 0.2 + 0.05 * rng.Normal()));
  }
  const double shift = MeanShift(exact, rounded, after.silu);
  const double target = ExactMeanBehind(exact);
  EXPECT_NEAR(after.MeanBehind(rounded, shift), target, 2e-3);
  EXPECT_GT(std::abs(after.MeanBehind(rounded, 0) - target), 0.1);
  EXPECT_GT(std::abs(after.MeanBehind(rounded, MeanShift(exact, rounded, {})) -
                     target),
            0.02);
}

// The bias also makes up for what the grid behind the SiLU does to the mean.
TEST(MeanShift, MakesUpForACoarseGrid) {
  const AfterFirst after(0.004, 0.3);
  Rng rng(3);
  std::vector<float> exact;
  for (int n = 0; n < 4000; ++n) {
    exact.push_back(static_cast<float>(0.1 + 0.05 * rng.Normal()));
  }
  const double target = ExactMeanBehind(exact);
  EXPECT_LT(
      std::abs(after.MeanBehind(exact, MeanShift(exact, exact, after.silu)) -
               target),
      0.5 * std::abs(after.MeanBehind(exact, 0) - target));
}

TEST(MeanShift, LeavesAChannelThatItsSiluFlattens) {
  const AfterFirst after(0.004, 0.02);
  const std::vector<float> exact(50, -12.0f);
  const std::vector<float> rounded(50, -11.0f);
  EXPECT_EQ(MeanShift(exact, rounded, after.silu), 0);
}

}  // namespace
}  // namespace edge_int8

#include "src/quantize/search/mixed_precision.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "src/qgraph/lower.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/ptq.h"
#include "src/quantize/search/precision_budget.h"
#include "src/quantize/search/quantizer_errors.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

struct RescueCase {
  explicit RescueCase(Model m)
      : model(std::move(m)),
        map(BuildQGraph(model.graph)),
        stats(Calibrate(model, map, source)),
        plan(MakePtqPlan(model, map, stats)) {}
  std::map<std::string, int> Rescue(
      const MixedPrecisionOptions& options) const {
    return ChooseMixedPrecision(model, map, plan, source, options);
  }
  Plan With(const std::map<std::string, int>& bits) const {
    PtqOptions options;
    options.quantizer_bits_of = bits;
    return MakePtqPlan(model, map, stats, options);
  }
  double Error(const Plan& of) const {
    const std::vector<double> errors = QuantizerErrors(model, map, of, source);
    return std::accumulate(errors.begin(), errors.end(), 0.0);
  }

  Model model;
  QGraph map;
  RandomWindows source{3, 5};  // each costs a run per quantizer
  CalibrationStats stats;
  Plan plan;
};

double MacsOf(const RescueCase& p, const std::map<std::string, int>& bits) {
  const std::vector<double> shares = ReaderShares(p.model.graph);
  double macs = 0;
  for (const Quantizer& quantizer : p.map.quantizers) {
    const auto found = bits.find(quantizer.name);
    if (found == bits.end() || found->second != 16) continue;
    macs += shares[static_cast<std::size_t>(quantizer.tensor)];
  }
  return macs;
}

TEST(Rescue, LowersTheErrorWithinItsWork) {
  const RescueCase p(FoldedWiflow("tiny", 3));
  const double before = p.Error(p.plan);
  for (const double share : {0.0, 0.1}) {
    const auto bits = p.Rescue({.error_share = 0.02, .macs_share = share});
    EXPECT_LE(MacsOf(p, bits), share);
    EXPECT_LT(p.Error(p.With(bits)), before) << share;
    Lower(p.model, p.With(bits));  // Does not throw.
  }
}

TEST(Rescue, GivesEachKindOfQuantizerTheBitsItCanHave) {
  const RescueCase p(FoldedWiflow("tiny", 3));
  const auto bits =
      p.Rescue({.error_share = 0, .macs_share = 1, .tables = 99, .windows = 1});
  for (const Quantizer& quantizer : p.map.quantizers) {
    if (quantizer.default_bits == 16 ||
        quantizer.role == QuantizerRole::kQuery ||
        quantizer.role == QuantizerRole::kKey ||
        quantizer.role == QuantizerRole::kValue ||
        quantizer.role == QuantizerRole::kInput) {
      EXPECT_FALSE(bits.contains(quantizer.name)) << quantizer.name;
    } else {
      EXPECT_EQ(bits.at(quantizer.name),
                quantizer.role == QuantizerRole::kPreActivation ? 12 : 16)
          << quantizer.name;
    }
  }
}

TEST(Rescue, KeepsWithinItsTables) {
  const RescueCase p(FoldedWiflow("tiny", 3));
  for (const int tables : {0, 2}) {
    const auto bits = p.Rescue(
        {.error_share = 0, .macs_share = 1, .tables = tables, .windows = 1});
    EXPECT_EQ(
        std::ranges::count_if(
            bits, [](const auto& quantizer) { return quantizer.second == 12; }),
        tables);
  }
}

// Quantizers that are each a small part of the error are rescued only while the
// sum of what is left is too much for the output.
TEST(Rescue, GoesOnUntilTheRestIsSmallAgainstTheOutput) {
  const RescueCase p(FoldedWiflow("tiny", 3));
  const double output = OutputVariance(p.model, p.source);
  const double before = p.Error(p.plan);
  MixedPrecisionOptions options = {.error_share = 1,
                                   .noise_share = 2 * before / output,
                                   .least_share = 0,
                                   .macs_share = 1,
                                   .tables = 99};
  EXPECT_TRUE(p.Rescue(options).empty());
  options.noise_share = 0.5 * before / output;
  const auto some = p.Rescue(options);
  EXPECT_LT(p.Error(p.With(some)), 0.6 * before);
  options.noise_share = 0;
  const auto all = p.Rescue(options);
  EXPECT_LT(some.size(), all.size());
  EXPECT_GT(some.size(), 0u);
  options.least_share = 1.01;
  EXPECT_TRUE(p.Rescue(options).empty());
}

TEST(Rescue, LeavesAGoodPlanAlone) {
  const RescueCase p(SmallModel(2));
  EXPECT_TRUE(p.Rescue({.error_share = 1.01, .noise_share = 1}).empty());
}

TEST(SmallWeights, AreTheFewThatSaveNothing) {
  const Graph graph = FoldedWiflow("half", 1).graph;
  const auto bits = SmallWeights(graph);
  EXPECT_EQ(bits.at("decoder.3.weight"), 8);  // 32 of 843,834
  EXPECT_FALSE(bits.contains("decoder.0.weight"));
  int64_t all = 0;
  int64_t small = 0;
  for (const ParameterSpec& spec : graph.parameters) {
    all += ElementCount(spec.shape);
    if (bits.contains(spec.name)) small += ElementCount(spec.shape);
  }
  EXPECT_LT(small, all / 100);
  EXPECT_TRUE(SmallWeights(graph, 0).empty());
}

TEST(ReaderShares, CountReadersThroughTransposes) {
  const Model model = FoldedWiflow("half", 1);
  const std::vector<double> shares = ReaderShares(model.graph);
  const auto share_of = [&](const std::string& name) {
    for (std::size_t t = 0; t < model.graph.tensors.size(); ++t) {
      if (model.graph.tensors[t].name == name) return shares[t];
    }
    return -1.0;
  };
  // conv1_group and conv1_pw's neighbour both read the input.
  EXPECT_GT(share_of("input"), 0.1);
  EXPECT_EQ(share_of("tcn.network.3.silu_sum"), share_of("tcn.to_image"));
  EXPECT_GT(share_of("tcn.to_image"), 0);
  EXPECT_EQ(share_of("decoder.5"), 0);
}

}  // namespace
}  // namespace edge_int8

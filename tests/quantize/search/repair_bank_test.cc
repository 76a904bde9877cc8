#include "src/quantize/search/repair_bank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/base/parallel.h"
#include "src/qgraph/lower.h"
#include "tests/testing/build_kind.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

struct Banked {
  explicit Banked(Model m, const BitOptions& options = {})
      : model(std::move(m)),
        qgraph(BuildQGraph(model.graph)),
        stats(Calibrate(model, qgraph, windows)),
        space(model.graph, qgraph, options),
        bank(model, qgraph, stats, windows, space, {}, {.windows = 24}) {}

  // The plan of these bits, repaired without a bank.
  Repaired Direct(const Bits& bits) const {
    PtqOptions options;
    space.Apply(bits, options);
    return Repair(model, qgraph, MakePtqPlan(model, qgraph, stats, options),
                  windows, {.windows = 24});
  }
  std::vector<float> Weight(const Repaired& of, const std::string& name) {
    return of.model.Parameter(name).data;
  }

  Model model;
  QGraph qgraph;
  RandomWindows windows{40, 7};
  CalibrationStats stats;
  BitSpace space;
  RepairBank bank;
};

TEST(RepairBank, AUniformPlanIsItsRepair) {
  Banked b(kSanitized ? SmallModel(5) : FoldedWiflow("tiny", 5));
  for (const int width : {4, 8}) {
    const Bits bits = b.space.Uniform(width);
    const Repaired direct = b.Direct(bits);
    for (const Repaired& made : {b.bank.Mixed(bits), b.bank.Whole(bits)}) {
      EXPECT_EQ(made.plan.weights, direct.plan.weights);
      EXPECT_EQ(made.plan.quantizers, direct.plan.quantizers);
      for (const auto& [name, tensor] : direct.model.parameters) {
        EXPECT_EQ(made.model.Parameter(name).data, tensor.data) << name;
      }
    }
  }
}

TEST(RepairBank, AMixedPlanTakesEachTensorFromItsWidth) {
  Banked b(SmallModel(3));
  const Bits bits = {4, 8, 4, 8, 16, 8, 12, 8};
  const Repaired mixed = b.bank.Mixed(bits);
  const Repaired four = b.Direct(b.space.Uniform(4));
  const Repaired eight = b.Direct(b.space.Uniform(8));
  for (const char* layer : {"first", "skip"}) {
    for (const char* part : {".weight", ".bias"}) {
      const std::string name = std::string(layer) + part;
      EXPECT_EQ(b.Weight(mixed, name), b.Weight(four, name)) << name;
    }
  }
  for (const char* name : {"second.weight", "second.bias", "head.weight"}) {
    EXPECT_EQ(b.Weight(mixed, name), b.Weight(eight, name)) << name;
  }
  EXPECT_EQ(mixed.plan.weights.at("first.weight").bits, 4);
  EXPECT_EQ(mixed.plan.weights.at("head.weight").bits, 8);
  EXPECT_EQ(mixed.plan.quantizers.at("first").bits, 16);
  EXPECT_EQ(mixed.plan.quantizers.at("first.silu").bits, 8);
  EXPECT_EQ(mixed.plan.quantizers.at("sum").bits, 12);
  EXPECT_NO_THROW(Lower(mixed.model, mixed.plan));
}

TEST(RepairBank, AWholePlanIsRepairedAsItIs) {
  Banked b(SmallModel(4));
  const Bits bits = {4, 8, 4, 8, 8, 16, 8, 8};
  const Repaired whole = b.bank.Whole(bits);
  const Repaired direct = b.Direct(bits);
  EXPECT_EQ(whole.plan.weights, direct.plan.weights);
  EXPECT_EQ(b.Weight(whole, "head.weight"), b.Weight(direct, "head.weight"));
  EXPECT_THAT(whole.plan.recipe, testing::HasSubstr(" bits=48488g88 repair="));
}

// Every bits a plan may have, down to an integer graph.
TEST(RepairBank, EveryWidthLowers) {
  Banked b(SmallModel(5), {{2, 3, 4, 8}, {8, 12, 16}});
  for (const int width : {2, 3, 4, 8}) {
    Bits bits = b.space.Uniform(8);
    bits[0] = width;
    for (const Repaired& made : {b.bank.Mixed(bits), b.bank.Whole(bits)}) {
      const core::IntegerGraph graph = Lower(made.model, made.plan);
      const auto& conv = std::get<core::ConvOp>(graph.ops[0]);
      EXPECT_EQ(conv.weight_bits, width);
      int most = 0;
      for (const int code : conv.weights) most = std::max(most, std::abs(code));
      EXPECT_LE(most, WeightLimit(width));
      EXPECT_GT(most, 0);
    }
  }
}

TEST(RepairBank, DoesNotDependOnThreads) {
  const Bits bits = {4, 8, 4, 8, 8, 16, 8, 8};
  std::vector<Plan> plans;
  for (const int threads : {1, 4}) {
    SetThreads(threads);
    Banked b(SmallModel(6));
    plans.push_back(b.bank.Mixed(bits).plan);
    plans.push_back(b.bank.Whole(bits).plan);
  }
  SetThreads(0);
  EXPECT_EQ(plans[0], plans[2]);
  EXPECT_EQ(plans[1], plans[3]);
}

}  // namespace
}  // namespace edge_int8

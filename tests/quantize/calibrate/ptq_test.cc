#include "src/quantize/calibrate/ptq.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "src/base/parallel.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

struct PtqCase {
  explicit PtqCase(Model m)
      : model(std::move(m)),
        map(BuildQGraph(model.graph)),
        stats(Calibrate(model, map, RandomWindows(20, 9), {.windows = 20})) {}
  Model model;
  QGraph map;
  CalibrationStats stats;
};

class PtqOfEveryVariant : public testing::TestWithParam<const char*> {};

TEST_P(PtqOfEveryVariant, GetsACompletePlanWithTheContractsBits) {
  const PtqCase p(FoldedWiflow(GetParam(), 1));
  const Plan plan = MakePtqPlan(p.model, p.map, p.stats);
  EXPECT_NO_THROW(CheckPlan(plan, p.model.graph, p.map, "plan"));
  for (const auto& [name, weight] : plan.weights) {
    EXPECT_EQ(weight.bits, 8) << name;
  }
  std::set<std::string> wide;
  for (const auto& [name, quantizer] : plan.quantizers) {
    if (quantizer.bits != 8) wide.insert(name);
  }
  EXPECT_EQ(wide, (std::set<std::string>{"decoder.3", "decoder.5"}));
}
INSTANTIATE_TEST_SUITE_P(MakePtqPlan, PtqOfEveryVariant,
                         testing::Values("full", "half", "quarter", "tiny"));

TEST(MakePtqPlan, OverridesChangeOnlyWhatTheyName) {
  const PtqCase p(SmallModel(2));
  const Plan plain = MakePtqPlan(p.model, p.map, p.stats);
  PtqOptions options;
  options.weight_bits_of = {{"second.weight", 4}};
  options.quantizer_bits_of = {{"first", 12}, {"sum.silu", 16}};
  const Plan plan = MakePtqPlan(p.model, p.map, p.stats, options);
  EXPECT_EQ(plan.weights.at("second.weight").bits, 4);
  EXPECT_EQ(plan.weights.at("first.weight"), plain.weights.at("first.weight"));
  EXPECT_EQ(plan.quantizers.at("first").bits, 12);
  EXPECT_LT(plan.quantizers.at("first").scales[0],
            plain.quantizers.at("first").scales[0] / 8);
  EXPECT_EQ(plan.quantizers.at("sum.silu").bits, 16);
  EXPECT_EQ(plan.quantizers.at("sum.silu").zero_point, 0);
  EXPECT_EQ(plan.quantizers.at("sum"), plain.quantizers.at("sum"));
}

TEST(MakePtqPlan, WritesDownWhatMadeIt) {
  const PtqCase p(SmallModel(3));
  PtqOptions options;
  options.weight_bits = 4;
  options.ranges = {RangeMethod::kPercentile, 99.9};
  options.weight_bits_of = {{"head.weight", 8}};
  EXPECT_EQ(MakePtqPlan(p.model, p.map, p.stats, options).recipe,
            "ptq weights=mse:4 ranges=percentile:99.9 head.weight=8");
  EXPECT_EQ(MakePtqPlan(p.model, p.map, p.stats).recipe,
            "ptq weights=mse:8 ranges=mse");
}

TEST(MakePtqPlan, ListsEveryUnknownNameAtOnce) {
  const PtqCase p(SmallModel(4));
  PtqOptions options;
  options.weight_bits_of = {{"third.weight", 4}, {"head.weight", 8}};
  options.quantizer_bits_of = {{"nowhere", 8}};
  const Error error =
      ErrorOf([&] { MakePtqPlan(p.model, p.map, p.stats, options); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_THAT(error.what(), HasSubstr("third.weight"));
  EXPECT_THAT(error.what(), HasSubstr("nowhere"));
  EXPECT_THAT(error.what(), testing::Not(HasSubstr("head.weight")));
}

TEST(MakePtqPlan, RefusesBitsThatCannotBe) {
  const PtqCase p(SmallModel(5));
  PtqOptions options;
  options.weight_bits = 40;
  options.quantizer_bits_of = {{"sum", 10}};
  const Error error =
      ErrorOf([&] { MakePtqPlan(p.model, p.map, p.stats, options); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("first.weight: 40 bits"));
  EXPECT_THAT(error.what(), HasSubstr("sum: 10 bits"));
}

TEST(MakePtqPlan, IsTheSameForAnyThreadCount) {
  const PtqCase p(FoldedWiflow("tiny", 6));
  SetThreads(1);
  const Plan one = MakePtqPlan(p.model, p.map, p.stats);
  SetThreads(4);
  const Plan four = MakePtqPlan(p.model, p.map, p.stats);
  SetThreads(0);
  EXPECT_EQ(one, four);
}

}  // namespace
}  // namespace edge_int8

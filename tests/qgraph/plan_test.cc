#include "src/qgraph/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/small_models.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

struct PlanCase {
  PlanCase() : map(BuildQGraph(model.graph)) {
    plan = MakePtqPlan(model, map, Calibrate(model, map, RandomWindows(4, 1)));
  }
  void Check() const { CheckPlan(plan, model.graph, map, "p.json"); }
  Model model = FoldedWiflow("tiny", 1);
  QGraph map;
  Plan plan;
};

TEST(WeightLimit, IsSymmetric) {
  EXPECT_EQ(WeightLimit(8), 127);
  EXPECT_EQ(WeightLimit(4), 7);
  EXPECT_EQ(WeightLimit(3), 3);
  EXPECT_EQ(WeightLimit(2), 1);
}

TEST(Plan, ComesBackFromJsonBitForBit) {
  const PlanCase p;
  EXPECT_EQ(PlanFromJson(ToJson(p.plan), "here"), p.plan);
}

TEST(Plan, ComesBackFromAFile) {
  const PlanCase p;
  const TempFolder folder;
  WritePlan(folder / "plan.json", p.plan, IfExists::kFail);
  EXPECT_EQ(ReadPlan(folder / "plan.json"), p.plan);
  EXPECT_EQ(ErrorOf([&] {
              WritePlan(folder / "plan.json", p.plan, IfExists::kFail);
            }).kind(),
            ErrorKind::kUsage);
}

TEST(ReadPlan, NamesTheFileAndWhatIsWrongWithIt) {
  const TempFolder folder;
  const auto expect = [&](const std::string& text, const std::string& why) {
    const auto path = folder.Write("bad.json", text);
    const Error error = ErrorOf([&] { ReadPlan(path); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << text;
    EXPECT_THAT(error.what(), HasSubstr("bad.json")) << text;
    EXPECT_THAT(error.what(), HasSubstr(why)) << text;
  };
  expect("{", "is not JSON");
  expect("", "is not JSON");
  expect("[1, 2]", "expected an object");
  expect("{}", "version");
  expect(R"({"version": 3})", "/version: plan version is not 1 or 2");
  expect(R"({"version": 1.7})", "/version: expected an integer");
  expect(R"({"version": 1, "recipe": 5})", "/recipe: expected a text");
  const auto weight = [](const std::string& w) {
    return R"({"version": 1, "recipe": "r", "input_factor": 255, "sites": {},
               "weights": {"w": )" +
           w + "}}";
  };
  expect(weight(R"({"bits": 8, "scales": "x"})"),
         "/weights/w/scales: expected an array");
  expect(weight(R"({"bits": 8, "scales": [1, null]})"),
         "/weights/w/scales/1: expected a number");
  // Numbers that an int would cut to 8.
  for (const char* bits : {"4294967304", "8.9", "1e300", "-8"}) {
    expect(weight(std::string(R"({"scales": [1], "bits": )") + bits + "}"),
           "/weights/w/bits: expected an integer");
  }
  EXPECT_EQ(ErrorOf([&] { ReadPlan(folder / "missing.json"); }).kind(),
            ErrorKind::kBadInput);
}

TEST(ReadPlanFor, NamesTheFileOfAPlanThatDoesNotFit) {
  const PlanCase p;
  const TempFolder folder;
  Plan other = p.plan;
  other.weights.erase(other.weights.begin());
  WritePlan(folder / "other.json", other, IfExists::kFail);
  const Error error =
      ErrorOf([&] { ReadPlanFor(p.model.graph, folder / "other.json"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("other.json"));
  EXPECT_THAT(error.what(), HasSubstr("missing"));
  WritePlan(folder / "good.json", p.plan, IfExists::kFail);
  EXPECT_EQ(ReadPlanFor(p.model.graph, folder / "good.json"), p.plan);
}

TEST(CheckPlan, AcceptsAFreshPlan) { EXPECT_NO_THROW(PlanCase().Check()); }

TEST(CheckPlan, ListsEverythingThatIsWrongAtOnce) {
  PlanCase p;
  p.plan.input_factor = 0;
  p.plan.weights.erase("decoder.0.weight");
  p.plan.weights["ghost.weight"] = {8, {1.0}};
  p.plan.weights.at("decoder.3.weight").scales.pop_back();
  p.plan.weights.at("up.block.0.weight").bits = 5;
  p.plan.weights.at("up.block.4.weight").scales[0] =
      std::numeric_limits<double>::quiet_NaN();
  p.plan.quantizers.erase("decoder.5");
  p.plan.quantizers["ghost"] = {};
  p.plan.quantizers.at("up.sum").bits = 10;
  p.plan.quantizers.at("up.silu_sum").zero_point = 256;
  p.plan.quantizers.at("decoder.2").scales[0] = -1;
  p.plan.quantizers.at("attention.width_axis.qkv_transform.q").zero_point = 1;
  p.plan.quantizers.at("attention.width_axis.qkv_transform.k").bits = 16;
  const Error error = ErrorOf([&] { p.Check(); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  for (const char* complaint :
       {"p.json", "input_factor is not a positive number",
        "weight decoder.0.weight: missing",
        "weight ghost.weight: the model has none",
        "decoder.3.weight: 1 scales, expected 2",
        "up.block.0.weight: 5 bits are not 8, 4, 3 or 2",
        "up.block.4.weight: a scale is not a positive number",
        "quantizer decoder.5: missing", "quantizer ghost: the model has none",
        "up.sum: 10 bits are not possible here",
        "up.silu_sum: zero point 256 is not in [0, 255]",
        "decoder.2: a scale is not a positive number",
        "qkv_transform.q: zero point 1 is not in [0, 0]",
        "qkv_transform.k: 16 bits are not possible here"}) {
    EXPECT_THAT(error.what(), HasSubstr(complaint));
  }
}

TEST(CheckPlan, TakesTwelveBitsBeforeAnyTableAndSixteenOffSums) {
  PlanCase p;
  p.plan.quantizers.at("up.sum").bits = 12;
  p.plan.quantizers.at("up.sum").zero_point = 4095;
  p.plan.quantizers.at("up.block.0").bits = 16;
  p.plan.quantizers.at("up.block.0").zero_point = 0;
  p.plan.quantizers.at("up.block.2").bits = 16;
  p.plan.quantizers.at("up.block.2").zero_point = 0;
  EXPECT_NO_THROW(p.Check());
  p.plan.quantizers.at("up.block.2").bits = 12;
  EXPECT_THAT(ErrorOf([&] { p.Check(); }).what(),
              HasSubstr("up.block.2: 12 bits"));
}

}  // namespace
}  // namespace edge_int8

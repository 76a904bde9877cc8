#include "src/quantize/reconstruct/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/testing/expect_error.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

TEST(Recipes, HaveDistinctNamesAndSayWhatTheyDo) {
  std::set<std::string_view> names;
  for (const Recipe& recipe : Recipes()) {
    EXPECT_TRUE(names.insert(recipe.name).second) << recipe.name;
    EXPECT_FALSE(recipe.summary.empty()) << recipe.name;
    EXPECT_EQ(&FindRecipe(recipe.name), &recipe);
  }
  // `bench` compares the asked recipe with minmax; "lossless" is --recipe's.
  EXPECT_TRUE(names.contains("lossless"));
  EXPECT_TRUE(names.contains("minmax"));
}

TEST(Recipes, OptionsAreWhatTheRecipeSays) {
  for (const Recipe& recipe : Recipes()) {
    const PtqOptions options = recipe.Options();
    EXPECT_EQ(options.ranges.method, recipe.ranges) << recipe.name;
    EXPECT_EQ(options.weights, recipe.weights) << recipe.name;
    EXPECT_EQ(options.weight_bits, 8) << recipe.name;
    EXPECT_TRUE(options.quantizer_bits_of.empty()) << recipe.name;
  }
}

// Two names for one plan would be a lie in a results table.
TEST(Recipes, GiveDifferentPlansOfOneModel) {
  const Model model = SmallModel(1);
  const QGraph map = BuildQGraph(model.graph);
  const CalibrationStats stats =
      Calibrate(model, map, RandomWindows(40, 2), {.windows = 40});
  std::vector<Plan> plans;
  std::set<std::string> texts;
  for (const Recipe& recipe : Recipes()) {
    if (recipe.repairs.walk())
      continue;  // Of a plan that another recipe makes.
    Plan plan = MakePtqPlan(model, map, stats, recipe.Options());
    EXPECT_TRUE(texts.insert(plan.recipe).second) << plan.recipe;
    plan.recipe.clear();
    EXPECT_THAT(plans, testing::Not(testing::Contains(plan))) << recipe.name;
    plans.push_back(std::move(plan));
  }
}

TEST(Repairs, ListsAreReadAndWritten) {
  EXPECT_EQ(ParseRepairs("none"), Repairs{});
  EXPECT_EQ(RepairsText({}), "none");
  const Repairs some = ParseRepairs("bias,rescue");
  EXPECT_TRUE(some.bias && some.rescue);
  EXPECT_FALSE(some.rounding || some.adaround || some.equalize);
  EXPECT_EQ(RepairsText(some), "rescue,bias");
  for (const Recipe& recipe : Recipes()) {
    EXPECT_EQ(ParseRepairs(RepairsText(recipe.repairs)), recipe.repairs);
  }
}

TEST(Repairs, UnknownOnesAreUsageErrorsThatListThemAll) {
  for (const char* list : {"", "magic", "bias,", "bias,,rescue", "none,bias"}) {
    const Error error = ErrorOf([&] { ParseRepairs(list); });
    EXPECT_EQ(error.kind(), ErrorKind::kUsage) << list;
    EXPECT_THAT(error.what(), HasSubstr("adaround")) << list;
  }
  EXPECT_EQ(ErrorOf([] { ParseRepairs("rounding,adaround"); }).kind(),
            ErrorKind::kUsage);
}

TEST(Recipes, AnUnknownNameIsAUsageErrorThatListsThemAll) {
  for (const char* name : {"", "Default", "qat"}) {
    const Error error = ErrorOf([&] { FindRecipe(name); });
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    for (const Recipe& recipe : Recipes()) {
      EXPECT_THAT(error.what(), HasSubstr(std::string(recipe.name)));
    }
  }
}

}  // namespace
}  // namespace edge_int8

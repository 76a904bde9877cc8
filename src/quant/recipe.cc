#include "src/quant/recipe.h"

#include <fmt/format.h>

#include <array>
#include <string>

namespace edge_int8 {
namespace {

constexpr std::array<Recipe, 5> kRecipes = {{
    {"lossless", "mse, then each layer fitted to the float outputs",
     RangeMethod::kMse, WeightMethod::kMse, true},
    {"mse", "ranges and weight scales of least squared error",
     RangeMethod::kMse, WeightMethod::kMse},
    {"minmax", "everything calibration saw; weights by their largest",
     RangeMethod::kMinMax, WeightMethod::kAbsMax},
    {"percentile", "99.99% of what calibration saw; weights by their largest",
     RangeMethod::kPercentile, WeightMethod::kAbsMax},
    {"histogram", "PyTorch's histogram observer; weights by their largest",
     RangeMethod::kHistogram, WeightMethod::kAbsMax},
}};

}  // namespace

PtqOptions Recipe::Options() const {
  PtqOptions options;
  options.ranges.method = ranges;
  options.weights = weights;
  return options;
}

std::span<const Recipe> Recipes() { return kRecipes; }

const Recipe& FindRecipe(std::string_view name) {
  std::string names;
  for (const Recipe& recipe : kRecipes) {
    if (recipe.name == name) return recipe;
    names += fmt::format("\n  {:<12}{}", recipe.name, recipe.summary);
  }
  FailUsage(fmt::format("recipe '{}' is not one of:{}", name, names));
}

}  // namespace edge_int8

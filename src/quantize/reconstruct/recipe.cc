#include "src/quantize/reconstruct/recipe.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

namespace edge_int8 {
namespace {

// Chosen on the validation split: docs/quantization.md.
constexpr Repairs kLossless = {.rescue = true,
                               .rounding = true,
                               .compensation = true,
                               .blocks = true,
                               .bias = true};

constexpr std::array<Recipe, 5> kRecipes = {{
    {"lossless",
     "mse, then the worst tensors get more bits and each layer is fitted to "
     "the float outputs",
     RangeMethod::kMse, WeightMethod::kMse, kLossless},
    {"mse", "ranges and weight scales of least squared error",
     RangeMethod::kMse, WeightMethod::kMse},
    {"minmax", "everything calibration saw; weights by their largest",
     RangeMethod::kMinMax, WeightMethod::kAbsMax},
    {"percentile", "99.99% of what calibration saw; weights by their largest",
     RangeMethod::kPercentile, WeightMethod::kAbsMax},
    {"histogram", "PyTorch's histogram observer; weights by their largest",
     RangeMethod::kHistogram, WeightMethod::kAbsMax},
}};

constexpr std::array<std::pair<std::string_view, bool Repairs::*>, 7>
    kRepairNames = {{{"equalize", &Repairs::equalize},
                     {"rescue", &Repairs::rescue},
                     {"rounding", &Repairs::rounding},
                     {"adaround", &Repairs::adaround},
                     {"compensation", &Repairs::compensation},
                     {"blocks", &Repairs::blocks},
                     {"bias", &Repairs::bias}}};

void Switch(Repairs& repairs, std::string_view name) {
  for (const auto& [known, member] : kRepairNames) {
    if (known != name) continue;
    repairs.*member = true;
    return;
  }
  std::string names;
  for (const auto& [known, member] : kRepairNames) {
    names += fmt::format(" {}", known);
  }
  FailUsage(
      fmt::format("repair '{}' is not none or a list of:{}", name, names));
}

}  // namespace

RepairOptions Repairs::Options() const {
  RepairOptions options;
  options.rounding = rounding;
  options.ada = adaround;
  options.compensation = compensation;
  options.blocks = blocks;
  options.bias = bias;
  return options;
}

Repairs ParseRepairs(std::string_view list) {
  Repairs repairs;
  if (list == "none") return repairs;
  std::size_t end = 0;
  for (std::size_t begin = 0; end < list.size(); begin = end + 1) {
    end = std::min(list.find(',', begin), list.size());
    Switch(repairs, list.substr(begin, end - begin));
  }
  if (list.empty()) Switch(repairs, list);
  if (repairs.rounding && repairs.adaround) {
    FailUsage("rounding and adaround are two ways to do one thing");
  }
  return repairs;
}

std::string RepairsText(const Repairs& repairs) {
  std::string text;
  for (const auto& [name, member] : kRepairNames) {
    if (!(repairs.*member)) continue;
    text += text.empty() ? "" : ",";
    text += name;
  }
  return text.empty() ? "none" : text;
}

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

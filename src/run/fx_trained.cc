#include "src/run/fx_trained.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "src/base/error.h"
#include "src/study/fx/fx_fuse.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

constexpr double kLargestFloat = std::numeric_limits<float>::max();

json RangesJson(const std::map<std::string, FxRange>& ranges) {
  json j = json::object();
  for (const auto& [name, range] : ranges) j[name] = {range.min, range.max};
  return j;
}

float FloatOf(const JsonPlace& place) {
  return static_cast<float>(place.NumberIn(-kLargestFloat, kLargestFloat));
}

std::map<std::string, FxRange> RangesOf(const JsonPlace& place) {
  std::map<std::string, FxRange> ranges;
  for (const auto& [name, range] : place.Members()) {
    const std::vector<JsonPlace> ends = range.Items();
    if (ends.size() != 2) range.Fail("expected two numbers");
    ranges[name] = {FloatOf(ends[0]), FloatOf(ends[1])};
  }
  return ranges;
}

std::vector<FxRanges> RangesFor(const FxPlacement& place,
                                const FxTrained& trained) {
  std::vector<FxRanges> ranges;
  for (const FxGrid& grid : place.grids) {
    const auto own = trained.ranges.find(grid.name);
    const auto apart = trained.ranges_apart.find(grid.name);
    if (own == trained.ranges.end() || apart == trained.ranges_apart.end()) {
      FailInput("the trainer's log", "no range for " + grid.name);
    }
    FxRanges all;
    all.moving_average = own->second;
    all.moving_average_apart = apart->second;
    ranges.push_back(all);
  }
  return ranges;
}

}  // namespace

json ToJson(const FxTrained& trained) {
  return {{"ranges", RangesJson(trained.ranges)},
          {"ranges_apart", RangesJson(trained.ranges_apart)},
          {"weights", trained.weights}};
}

FxTrained FxTrainedFromJson(const JsonPlace& log) {
  FxTrained trained;
  trained.ranges = RangesOf(log.At("ranges"));
  trained.ranges_apart = RangesOf(log.At("ranges_apart"));
  for (const auto& [name, reach] : log.At("weights").Members()) {
    for (const JsonPlace& row : reach.Items()) {
      trained.weights[name].push_back(FloatOf(row));
    }
  }
  return trained;
}

std::unique_ptr<Predictor> DeployAsFx(const Model& model,
                                      const FxTrained& trained,
                                      const FxChoices& choices) {
  Check(!choices.fuse_behind_cut, "no ranges of norms behind a cut fused");
  const Model fused = FuseAsFx(model);
  FxPlacement place = PlaceAsFx(fused.graph);
  const std::vector<FxRanges> ranges = RangesFor(place, trained);
  return MakeFxPredictor(
      ShapesOf(fused.graph),
      FxSimulation(fused, std::move(place), ranges, choices, trained.weights));
}

FxChoices FxTrainedChoices() {
  FxChoices choices;
  choices.ranges = FxRangeMethod::kMovingAverage;
  return choices;
}

std::vector<FxVariant> FxTrainedVariants() {
  FxVariant cut{"cut-at-top", "codes end where ranges do", FxTrainedChoices()};
  cut.choices.cut_at_top = true;
  std::vector<FxVariant> variants = {cut};
  for (FxVariant variant : FxVariants()) {
    FxChoices& choices = variant.choices;
    const bool apart = choices.ranges == FxRangeMethod::kMovingAverageApart;
    if (choices.fuse_behind_cut ||
        !(apart || choices.ranges == FxRangeMethod::kHistogram)) {
      continue;
    }
    if (!apart) choices.ranges = FxRangeMethod::kMovingAverage;
    variants.push_back(variant);
  }
  return variants;
}

}  // namespace edge_int8

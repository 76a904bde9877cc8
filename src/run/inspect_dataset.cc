#include "src/run/inspect_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/pose/pairs_description.h"
#include "src/report/text_table.h"

namespace edge_int8 {

using nlohmann::json;

namespace {

// Channels with one value at every frame of every window: guard carriers, dead
// antennas, a smaller recording put into this layout.
int64_t ConstantChannels(const Dataset& dataset) {
  const auto channels = AsSize(dataset.task().window.front());
  std::vector<float> window(dataset.task().window_values());
  const std::size_t row_values = window.size() / channels;
  std::vector<float> first(channels);
  std::vector<uint8_t> varies(channels, 0);
  for (int64_t w = 0; w < dataset.windows(); ++w) {
    dataset.Read(w, window);
    for (std::size_t c = 0; c < varies.size(); ++c) {
      const auto row = std::span(window).subspan(c * row_values, row_values);
      if (w == 0) first[c] = row[0];
      if (varies[c] != 0) continue;
      varies[c] = std::ranges::any_of(
          row, [&](float value) { return value != first[c]; });
    }
  }
  return std::ranges::count(varies, 0);
}

std::string_view ModeName(TargetMode mode) {
  switch (mode) {
    case TargetMode::kNpy:
      return "npy";
    case TargetMode::kCsv:
      return "csv";
    case TargetMode::kPairs:
      return "pairs";
  }
  Check(false, "unknown target mode");
  return {};
}

json TargetJson(const Metric& metric) {
  if (metric.is_classes()) {
    return {{"kind", "classes"}, {"classes", metric.classes}};
  }
  return {{"kind", "poses"}, {"joints", metric.joints}, {"dims", metric.dims}};
}

}  // namespace

json InspectDataset(const Dataset& dataset) {
  const WindowScan& scan = dataset.Scan();
  json splits = json::object();
  for (const Split split : {Split::kTrain, Split::kVal, Split::kTest}) {
    splits[std::string(SplitName(split))] = {
        {"files", dataset.SplitFiles(split)},
        {"windows", dataset.Select(split, Subset::kFull).windows.size()},
        {"clean", dataset.Select(split, Subset::kClean).windows.size()}};
  }
  json corrupt = json::array();
  for (std::size_t i = 0; i < scan.corrupt.size(); ++i) {
    if (scan.corrupt[i] != 0) corrupt.push_back(i);
  }
  return {{"files", dataset.files()},
          {"windows", dataset.windows()},
          {"target_mode", ModeName(dataset.target_mode())},
          {"layout", dataset.target_mode() == TargetMode::kPairs
                         ? std::string(kPairsLayout)
                         : "upstream"},
          {"window_shape", dataset.task().window},
          {"target", TargetJson(dataset.metric())},
          {"metric", MetricText(dataset.metric())},
          {"split_id", dataset.split_id()},
          {"synthetic", dataset.synthetic()},
          {"split", splits},
          {"corrupt_windows", corrupt},
          {"value_min", scan.value_min},
          {"value_max", scan.value_max},
          {"clipped_share", scan.clipped_share},
          {"constant_channels", ConstantChannels(dataset)}};
}

namespace {

std::string TargetText(const json& inspection) {
  if (inspection["target_mode"] == "npy") return "all_keypoints.npy";
  if (inspection["target_mode"] == "csv") return "CSV files";
  const json& target = inspection["target"];
  if (target["kind"] == "classes") {
    return fmt::format("y, {} classes", target["classes"].get<int>());
  }
  return fmt::format("y, {} joints in {}-D", target["joints"].get<int>(),
                     target["dims"].get<int>());
}

}  // namespace

std::string InspectionTable(const json& inspection) {
  std::string text =
      fmt::format("{} files, {} windows, targets from {}{}\n",
                  inspection["files"].get<int64_t>(),
                  inspection["windows"].get<int64_t>(), TargetText(inspection),
                  inspection["synthetic"].get<bool>() ? ", synthetic" : "");
  text += fmt::format("windows {}, scored by {}, split {}\n",
                      inspection["window_shape"].dump(),
                      inspection["metric"].get<std::string>(),
                      Printable(inspection["split_id"].get<std::string>()));
  text += fmt::format("{:<6} {:>7} {:>9} {:>9}\n", "split", "files", "windows",
                      "clean");
  for (const char* name : {"train", "val", "test"}) {
    const json& split = inspection["split"][name];
    text += fmt::format("{:<6} {:>7} {:>9} {:>9}\n", name,
                        split["files"].size(), split["windows"].get<int64_t>(),
                        split["clean"].get<int64_t>());
  }
  text += fmt::format(
      "{} corrupt windows; finite values in [{:g}, {:g}], {:.4f}% outside "
      "[0, 1]\n",
      inspection["corrupt_windows"].size(),
      inspection["value_min"].get<double>(),
      inspection["value_max"].get<double>(),
      100 * inspection["clipped_share"].get<double>());
  const auto constant = inspection["constant_channels"].get<int64_t>();
  if (constant > 0) {
    text += fmt::format("{} channels never vary\n", constant);
  }
  return text;
}

}  // namespace edge_int8

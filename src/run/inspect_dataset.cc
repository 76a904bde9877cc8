#include "src/run/inspect_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

namespace edge_int8 {

using nlohmann::json;

namespace {

// Channels with one value at every frame of every window: guard carriers, dead
// antennas, a smaller recording put into this layout.
int64_t ConstantChannels(const Dataset& dataset) {
  std::vector<float> first(kSubcarriers);
  std::vector<uint8_t> varies(kSubcarriers, 0);
  for (int64_t w = 0; w < dataset.windows(); ++w) {
    const auto window = dataset.Window(w);
    for (std::size_t c = 0; c < varies.size(); ++c) {
      const auto row = std::span(window).subspan(c * kFrames, kFrames);
      if (w == 0) first[c] = row[0];
      if (varies[c] != 0) continue;
      varies[c] = std::ranges::any_of(
          row, [&](float value) { return value != first[c]; });
    }
  }
  return std::ranges::count(varies, 0);
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
          {"target_mode",
           dataset.target_mode() == TargetMode::kNpy ? "npy" : "csv"},
          {"synthetic", dataset.synthetic()},
          {"split", splits},
          {"corrupt_windows", corrupt},
          {"value_min", scan.value_min},
          {"value_max", scan.value_max},
          {"clipped_share", scan.clipped_share},
          {"constant_channels", ConstantChannels(dataset)}};
}

std::string InspectionTable(const json& inspection) {
  std::string text = fmt::format(
      "{} files, {} windows, targets from {}{}\n",
      inspection["files"].get<int64_t>(), inspection["windows"].get<int64_t>(),
      inspection["target_mode"] == "npy" ? "all_keypoints.npy" : "CSV files",
      inspection["synthetic"].get<bool>() ? ", synthetic" : "");
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

#include "src/run/inspect_dataset.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace edge_int8 {

using nlohmann::json;

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
          {"clipped_share", scan.clipped_share}};
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
  return text;
}

}  // namespace edge_int8

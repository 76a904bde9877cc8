#include "src/pose/dataset_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "src/base/error.h"
#include "src/pose/pairs_description.h"

namespace edge_int8 {

bool IsDatasetFile(std::string_view name) {
  return std::ranges::find(kDatasetFiles, name) != kDatasetFiles.end();
}

void CheckDatasetFolder(const std::filesystem::path& folder) {
  constexpr std::pair<std::string_view, std::string_view> kNeeded[] = {
      {kWindowFile, "windows [N, 540, 20] float32 in [0, 1]"},
      {"window_info.npz", "window_to_file, window_to_frame"},
      {"file_info.npz", "keypoints_files, window_ranges"}};
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    FailInput(folder.string(),
              std::filesystem::exists(folder, ignored)
                  ? "is a file, expected a folder in the "
                    "preprocessed_csi_data layout (docs/dataset.md)"
                  : "No such folder");
  }
  std::string missing;
  for (const auto& [name, holds] : kNeeded) {
    if (std::filesystem::exists(folder / name, ignored)) continue;
    missing +=
        fmt::format("{}{} ({})", missing.empty() ? "" : ", ", name, holds);
  }
  if (missing.empty()) return;
  FailInput(folder.string(),
            fmt::format("is no data set in the preprocessed_csi_data layout; "
                        "missing: {}. docs/dataset.md says what each file "
                        "holds",
                        missing));
}

std::vector<std::filesystem::path> PairsFiles(
    const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files = {folder / kPairsFile};
  try {
    const PairsDescription d = ReadPairsDescription(folder);
    for (const std::string& name : {d.x, d.y, d.groups}) {
      if (!name.empty()) files.push_back(folder / name);
    }
  } catch (const Error&) {
    // Whoever opens the folder says what is wrong with it.
  }
  return files;
}

std::vector<std::filesystem::path> SmallDatasetFiles(
    const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code ignored;
  if (IsPairsFolder(folder)) {
    found = PairsFiles(folder);
    if (found.size() > 1) found.erase(found.begin() + 1);
    return found;
  }
  for (const std::string_view name : kDatasetFiles) {
    if (name == kWindowFile) continue;
    std::filesystem::path path = folder / name;
    if (std::filesystem::exists(path, ignored))
      found.push_back(std::move(path));
  }
  return found;
}

}  // namespace edge_int8

#include "src/data/dataset_files.h"

#include <array>
#include <system_error>

namespace edge_int8 {

std::vector<std::filesystem::path> SmallDatasetFiles(
    const std::filesystem::path& folder) {
  constexpr std::array<std::string_view, 6> kNames = {
      "window_info.npz",   "file_info.npz",     "config.npz",
      "all_keypoints.npy", "file_mappings.pkl", "synthetic.json"};
  std::vector<std::filesystem::path> found;
  std::error_code ignored;
  for (const std::string_view name : kNames) {
    std::filesystem::path path = folder / name;
    if (std::filesystem::exists(path, ignored))
      found.push_back(std::move(path));
  }
  return found;
}

}  // namespace edge_int8

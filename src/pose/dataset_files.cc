#include "src/pose/dataset_files.h"

#include <algorithm>
#include <system_error>

namespace edge_int8 {

bool IsDatasetFile(std::string_view name) {
  return std::ranges::find(kDatasetFiles, name) != kDatasetFiles.end();
}

std::vector<std::filesystem::path> SmallDatasetFiles(
    const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code ignored;
  for (const std::string_view name : kDatasetFiles) {
    if (name == kWindowFile) continue;
    std::filesystem::path path = folder / name;
    if (std::filesystem::exists(path, ignored))
      found.push_back(std::move(path));
  }
  return found;
}

}  // namespace edge_int8

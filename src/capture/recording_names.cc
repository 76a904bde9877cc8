#include "src/capture/recording_names.h"

#include <algorithm>

namespace edge_int8 {

std::vector<std::string> RecordingNames(
    std::span<const std::filesystem::path> files) {
  std::vector<std::filesystem::path> whole;
  for (const std::filesystem::path& file : files) {
    whole.push_back(std::filesystem::absolute(file).lexically_normal());
  }
  std::filesystem::path common =
      whole.empty() ? std::filesystem::path() : whole[0].parent_path();
  for (const std::filesystem::path& file : whole) {
    while (common != common.root_path() &&
           std::ranges::mismatch(common, file).in1 != common.end()) {
      common = common.parent_path();
    }
  }
  std::vector<std::string> names;
  for (const std::filesystem::path& file : whole) {
    std::string name =
        file.lexically_relative(common).replace_extension().generic_string();
    // Two files may differ in their extensions alone.
    if (std::ranges::find(names, name) != names.end()) {
      name = file.lexically_relative(common).generic_string();
    }
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace edge_int8

// Folders of the pairs layout for tests, any array as bytes.
#ifndef EDGE_INT8_TESTS_POSE_PAIRS_FOLDER_H_
#define EDGE_INT8_TESTS_POSE_PAIRS_FOLDER_H_

#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/tensor.h"
#include "src/formats/npy_writer.h"

namespace edge_int8 {

template <typename T>
void WriteArray(const std::filesystem::path& path, std::string_view dtype,
                const Shape& shape, const std::vector<T>& values) {
  std::string bytes = NpyHeaderBytes(dtype, shape);
  bytes.append(reinterpret_cast<const char*>(values.data()),
               values.size() * sizeof(T));
  std::ofstream(path, std::ios::binary) << bytes;
}

inline void WriteDescription(const std::filesystem::path& folder,
                             const nlohmann::json& description) {
  std::ofstream(folder / "dataset.json") << description.dump();
}

// `windows` windows of 3 x 4 float32 in 10 recordings "s0/a" .. "s9/a", window
// w in recording w % 10; poses of `joints` joints in `dims` axes. Value v of
// window w is (w + v) / 100, coordinate c of its pose (w + c) / 10.
inline nlohmann::json WritePairsFolder(const std::filesystem::path& folder,
                                       int64_t windows = 40, int64_t joints = 4,
                                       int64_t dims = 3) {
  std::vector<float> x, y;
  std::vector<int64_t> groups;
  nlohmann::json names = nlohmann::json::array();
  for (int64_t w = 0; w < windows; ++w) {
    for (int64_t v = 0; v < 12; ++v) {
      x.push_back(static_cast<float>(w + v) / 100);
    }
    for (int64_t c = 0; c < joints * dims; ++c) {
      y.push_back(static_cast<float>(w + c * c) / 10);
    }
    groups.push_back(w % 10);
  }
  for (int i = 0; i < 10; ++i) names.push_back("s" + std::to_string(i) + "/a");
  WriteArray(folder / "x.npy", "<f4", {windows, 3, 4}, x);
  WriteArray(folder / "y.npy", "<f4", {windows, joints, dims}, y);
  WriteArray(folder / "groups.npy", "<i8", {windows}, groups);
  nlohmann::json description = {
      {"layout", "pairs/1"},
      {"kind", "real"},
      {"x", "x.npy"},
      {"y", "y.npy"},
      {"groups", "groups.npy"},
      {"group_names", names},
      {"unit", "m"},
      {"skeleton", {{0, 1}}},
      {"metric", {{"id", "pair-pck/1"}, {"pair", {0, 1}}, {"floor", 0.05}}}};
  WriteDescription(folder, description);
  return description;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_POSE_PAIRS_FOLDER_H_

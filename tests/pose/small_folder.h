// Small dataset folders in upstream's layout, with one thing wrong on request.
#ifndef EDGE_INT8_TESTS_POSE_SMALL_FOLDER_H_
#define EDGE_INT8_TESTS_POSE_SMALL_FOLDER_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/base/tensor.h"

namespace edge_int8 {

struct FolderSpec {
  int files = 2;
  int windows_per_file = 1;
  std::vector<float> values = {};  // of the windows; empty means zeros
                                   // that take no disk space
  bool csv = false;                // CSV files instead of all_keypoints.npy

  // What the files say, where a test wants them to be wrong.
  std::string windows_dtype = "<f4";
  std::optional<Shape> windows_shape = {};
  std::optional<std::vector<int64_t>> window_to_file = {};
  std::optional<std::vector<int64_t>> window_to_frame = {};
  std::optional<std::vector<int64_t>> window_ranges = {};  // begin, end, ...
  std::optional<std::vector<std::string>> keypoints_files = {};
  std::optional<std::vector<int64_t>> start_idx = {};
  std::optional<std::vector<int64_t>> end_idx = {};  // else not there
  std::optional<int64_t> keypoint_frames = {};
  std::optional<std::vector<int64_t>> window_size = {};  // in config.npz
};

// Joint j of the set's frame f is (f + j, f + j + 0.5) / 1000; file i is
// called "kp/i.csv".
void WriteFolder(const std::filesystem::path& folder, const FolderSpec& spec);

void WriteMask(const std::filesystem::path& path,
               const std::vector<uint8_t>& mask);

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_POSE_SMALL_FOLDER_H_

// What a layout's reader finds in a folder, before splits and corruption: the
// same for upstream's layout and for pairs. Tested by dataset_test.cc and
// pairs_layout_test.cc.
#ifndef EDGE_INT8_SRC_POSE_DATASET_CONTENTS_H_
#define EDGE_INT8_SRC_POSE_DATASET_CONTENTS_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/pose/task.h"
#include "src/pose/window_array.h"
#include "src/pose/window_targets.h"

namespace edge_int8 {

// Where targets come from: all_keypoints.npy, CSV files, or dataset.json's y.
enum class TargetMode { kNpy, kCsv, kPairs };

struct DatasetContents {
  std::unique_ptr<WindowArray> windows;
  std::string window_file;  // its name in the folder
  Task task;
  WindowTargets targets;  // of every window
  TargetMode target_mode = TargetMode::kNpy;
  // Recordings, "files" in upstream's words: names as stored, in index order.
  std::vector<std::string> file_names;
  std::vector<int> window_file_index;  // recording of each window
  bool synthetic = false;
  // Good values are within 1.5 of 0; else a value is bad when not finite.
  bool bounded = false;

  int files() const { return static_cast<int>(file_names.size()); }
};

// Upstream's preprocessed_csi_data; docs/dataset.md says what each file holds.
DatasetContents ReadUpstreamLayout(
    const std::filesystem::path& folder,
    const std::optional<std::filesystem::path>& keypoints_root);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_DATASET_CONTENTS_H_

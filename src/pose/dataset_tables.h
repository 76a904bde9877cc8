// The small tables of a dataset folder: which file and frame each window comes
// from, and where each file's windows and keypoints are. Tested by
// dataset_tables_test.cc.
#ifndef EDGE_INT8_SRC_POSE_DATASET_TABLES_H_
#define EDGE_INT8_SRC_POSE_DATASET_TABLES_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace edge_int8 {

// After reading, all of it agrees: each window is in exactly one file's range,
// and that is the file window_to_file gives it.
struct DatasetTables {
  struct Range {
    int64_t begin;
    int64_t end;
  };
  std::vector<int> window_to_file;
  std::vector<int64_t> window_to_frame;      // >= 0
  std::vector<std::string> keypoints_files;  // one per file
  std::vector<Range> window_ranges;          // one per file

  int files() const { return static_cast<int>(keypoints_files.size()); }
};

// Reads window_info.npz, file_info.npz and, if there is one, config.npz of a
// folder with this many windows. Throws kBadInput.
DatasetTables ReadDatasetTables(const std::filesystem::path& folder,
                                int64_t windows);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_DATASET_TABLES_H_

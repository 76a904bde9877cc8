// Where each file's frames are in all_keypoints.npy: file_mappings.pkl, a dict
// from the name of a keypoint file to a dict with start_idx and perhaps end_idx
// and num_frames. Upstream reads only start_idx, so what the others say is used
// where it can be right and never refused. Tested by file_mappings_test.cc.
#ifndef EDGE_INT8_SRC_POSE_FILE_MAPPINGS_H_
#define EDGE_INT8_SRC_POSE_FILE_MAPPINGS_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace edge_int8 {

struct FileFrames {
  int64_t start = 0;
  std::optional<int64_t> count;  // within the array
};

// Of each name in order; all_keypoints.npy has `frames`. Throws kBadInput,
// naming the entry. A start without a count may lie outside the array.
std::vector<FileFrames> ReadFileMappings(const std::filesystem::path& path,
                                         int64_t frames,
                                         const std::vector<std::string>& names);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_FILE_MAPPINGS_H_

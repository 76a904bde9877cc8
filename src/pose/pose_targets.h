// The target pose of every window, cleaned as upstream cleans it. Tested by
// pose_targets_test.cc, and by dataset_test.cc against upstream's targets.
#ifndef EDGE_INT8_SRC_POSE_POSE_TARGETS_H_
#define EDGE_INT8_SRC_POSE_POSE_TARGETS_H_

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "src/pose/dataset_tables.h"

namespace edge_int8 {

// Both give kPoseValues floats a window and throw kBadInput.
//
// all_keypoints.npy holds every file's frames; file_mappings.pkl says where
// each begins. A joint that is (0, 0) becomes the mean of its frame's others.
std::vector<float> ReadNpyTargets(const std::filesystem::path& folder,
                                  const DatasetTables& tables);
// One CSV per file; unseen joints are repaired along time.
std::vector<float> ReadCsvTargets(
    const std::filesystem::path& folder, const DatasetTables& tables,
    const std::optional<std::filesystem::path>& keypoints_root);

// The npy mode's cleaning of one frame, in place.
template <typename T>
void FillUnseenJoints(std::span<T> frame);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_POSE_TARGETS_H_

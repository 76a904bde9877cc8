// The files a dataset folder consists of, by name: for provenance, and so that
// no output takes the place of one. Tested by dataset_files_test.cc.
#ifndef EDGE_INT8_SRC_POSE_DATASET_FILES_H_
#define EDGE_INT8_SRC_POSE_DATASET_FILES_H_

#include <array>
#include <filesystem>
#include <string_view>
#include <vector>

namespace edge_int8 {

inline constexpr std::string_view kWindowFile = "csi_windows.npy";
// Says that a folder was synthesized.
inline constexpr std::string_view kSynthMark = "synthetic.json";

// Names in the folder itself, the windows first. Keypoint CSVs have any name.
inline constexpr std::array<std::string_view, 7> kDatasetFiles = {
    kWindowFile,         "window_info.npz",   "file_info.npz", "config.npz",
    "all_keypoints.npy", "file_mappings.pkl", kSynthMark};
bool IsDatasetFile(std::string_view name);

// Throws kBadInput when the folder lacks one of the files that every set has,
// naming all that are missing and what they hold.
void CheckDatasetFolder(const std::filesystem::path& folder);

// Of a pairs folder: dataset.json and the arrays that it names, the windows
// second; only itself when it can't be read.
std::vector<std::filesystem::path> PairsFiles(
    const std::filesystem::path& folder);

// Every known file but the windows that is there, in a fixed order, of either
// layout. CSV keypoint files are not among them.
std::vector<std::filesystem::path> SmallDatasetFiles(
    const std::filesystem::path& folder);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_DATASET_FILES_H_

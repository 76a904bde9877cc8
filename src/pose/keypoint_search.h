// Finds the keypoint file that file_info.npz names, on a machine whose folders
// differ from the one that wrote it. Tested by keypoint_search_test.cc.
#ifndef EDGE_INT8_SRC_POSE_KEYPOINT_SEARCH_H_
#define EDGE_INT8_SRC_POSE_KEYPOINT_SEARCH_H_

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace edge_int8 {

// A path is tried as given, below the folder, then both again with its
// backslashes as slashes; last, by its end: of the files below the folder with
// its base name, the one whose path ends as it does for the most parts, if it
// is just one, if need be without looking at capitals. A root takes the place
// of all that: below the root, then by its
// end there.
class KeypointSearch {
 public:
  // `reason` says, after a semicolon, why CSV files are looked for at all.
  KeypointSearch(std::filesystem::path folder,
                 std::optional<std::filesystem::path> root,
                 std::string reason = "");

  // Throws kBadInput when there is no such file, or more than one.
  std::filesystem::path Find(const std::string& name);

 private:
  std::vector<std::filesystem::path> Candidates(const std::string& name) const;
  void IndexBaseNames();

  std::filesystem::path folder_;
  std::optional<std::filesystem::path> root_;
  std::string reason_;
  // Every file below the root or folder, by its name in small letters; filled
  // when first needed.
  std::optional<std::map<std::string, std::vector<std::filesystem::path>>>
      by_base_name_;
};

// Those of a dataset folder's keypoint files that can be found, also where
// all_keypoints.npy stands for them: a user's own, not to be written over.
std::vector<std::filesystem::path> KeypointFiles(
    const std::filesystem::path& folder,
    const std::optional<std::filesystem::path>& root);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_KEYPOINT_SEARCH_H_

// dataset.json: what the pairs layout says of its arrays. Tested by
// pairs_layout_test.cc.
#ifndef EDGE_INT8_SRC_POSE_PAIRS_DESCRIPTION_H_
#define EDGE_INT8_SRC_POSE_PAIRS_DESCRIPTION_H_

#include <array>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edge_int8 {

inline constexpr std::string_view kPairsFile = "dataset.json";
inline constexpr std::string_view kPairsLayout = "pairs/1";

// Fields that are absent are empty or what stands here.
struct PairsDescription {
  bool synthetic = false;
  std::string x = "x.npy";
  std::string y = "y.npy";
  std::string groups;  // empty: every window is a recording of its own
  std::vector<std::string> group_names;
  double x_scale = 1;
  std::vector<std::string> joints;
  std::vector<std::pair<int, int>> skeleton;
  std::vector<std::string> classes;  // names, where y holds classes
  std::string unit;
  std::string metric_id;                   // empty: chosen by the targets
  std::optional<std::array<int, 2>> pair;  // of pair-pck/1
  double floor = 0.01;
};

// Whether the folder is of this layout: whether the file is there.
bool IsPairsFolder(const std::filesystem::path& folder);
// Both throw kBadInput with the place in the file. `file` names it in messages.
PairsDescription ReadPairsDescription(const std::filesystem::path& folder);
PairsDescription ParsePairsDescription(const nlohmann::json& json,
                                       const std::string& file);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_PAIRS_DESCRIPTION_H_

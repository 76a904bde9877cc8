// Poses of a camera over time, from a CSV. Tested by pose_track_test.cc, and by
// the fuzz target fuzz_pose_track.
//
//   host_epoch,head_x,head_y,head_confidence,feet_x,feet_y,feet_confidence
//
// A joint is a pair of columns NAME_x, NAME_y (and NAME_z, if every joint has
// one); NAME_confidence (NAME_conf, NAME_score, NAME_visibility) is optional.
// Other columns are not looked at. A joint of low confidence, without values or
// at (0, 0) was not seen and is repaired along time as in upstream's CSV mode
// (RepairUnseenJoints).
#ifndef EDGE_INT8_SRC_CAPTURE_POSE_TRACK_H_
#define EDGE_INT8_SRC_CAPTURE_POSE_TRACK_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edge_int8 {

struct PoseTrackOptions {
  std::string time;  // column of the time stamps; empty: by its name
  double min_confidence = 0.3;
  double scale = 1;       // of every coordinate
  int64_t offset_ns = 0;  // added to every time
};

struct PoseTrack {
  std::vector<std::string> joints;
  int dims = 2;
  std::vector<int64_t> times_ns;  // ascending
  std::vector<float> poses;       // [time][joint][axis], all finite
  int64_t unsure = 0;             // joints of frames with low confidence
  int64_t unseen = 0;             // without values or at (0, 0)
  int64_t repeated = 0;           // rows with the time of another

  std::size_t pose_values() const {
    return joints.size() * static_cast<std::size_t>(dims);
  }
  // The pose at a time, interpolated between the rows around it; false when
  // the nearest row is further away than `max_gap_ns`.
  bool At(int64_t time_ns, int64_t max_gap_ns, std::span<float> pose) const;
};

// The names of the columns, as ColumnName gives them. Throws kBadInput.
std::vector<std::string> PoseColumns(const std::string& where,
                                     std::string_view text);
PoseTrack ParsePoseTrack(const std::string& where, std::string_view text,
                         const PoseTrackOptions& options);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_POSE_TRACK_H_

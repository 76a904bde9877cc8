// Extents of upstream's layout and of the synthetic set, which writes it. A
// data set says its own (task.h); only these two may know any by heart.
#ifndef EDGE_INT8_SRC_POSE_UPSTREAM_SHAPE_H_
#define EDGE_INT8_SRC_POSE_UPSTREAM_SHAPE_H_

namespace edge_int8 {

inline constexpr int kSubcarriers = 540;  // 18 links x 30 subcarriers
inline constexpr int kFrames = 20;        // packets per window
inline constexpr int kWindowValues = kSubcarriers * kFrames;
inline constexpr int kJoints = 15;
inline constexpr int kPoseValues = kJoints * 2;

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_UPSTREAM_SHAPE_H_

// Refusals of upstream's all_keypoints.npy that say what is wrong with it and
// which line of Python mends it. Tested by pose_targets_test.cc.
#ifndef EDGE_INT8_SRC_POSE_POSE_SHAPE_H_
#define EDGE_INT8_SRC_POSE_POSE_SHAPE_H_

#include "src/formats/npy.h"

namespace edge_int8 {

// Throws kBadInput unless the array is [frames, 15, 2] of floats: other numbers
// of joints, a third coordinate, exchanged and merged axes are named as such.
void ExpectUpstreamPoses(const NpyView& keypoints);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_POSE_SHAPE_H_

// Keypoints of one recording as CSV: a row per frame, whose last 50 columns
// are x, y of 25 joints in pixels; the first 15 joints are kept. Tested by
// keypoint_csv_test.cc, and by the fuzz target fuzz_csv.
#ifndef EDGE_INT8_SRC_POSE_KEYPOINT_CSV_H_
#define EDGE_INT8_SRC_POSE_KEYPOINT_CSV_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/pose/upstream_shape.h"

namespace edge_int8 {

// Pixels / 1000, kPoseValues a frame, in float32 like upstream. A first row
// whose last 50 cells are names, or count the columns 0, 1, 2, ..., is a
// header; any other is frame 0. The ten joints that are not kept may be
// missing. Throws kBadInput with the line.
std::vector<float> ParseKeypointCsv(const std::string& where,
                                    std::string_view text);

// A joint that is exactly (0, 0) was not seen: frame by frame it becomes the
// linear interpolation between the frame before (repaired already) and the
// next in which it was seen, or the one of the two that exists. A joint that
// is never seen stays. `frames` holds `joints` x `dims` values each.
void RepairUnseenJoints(std::span<float> frames, std::size_t joints = kJoints,
                        std::size_t dims = 2);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_KEYPOINT_CSV_H_

// What PCK's thresholds are multiplied by, shared by the files that score. Part
// of pose_metric.cc; tested by pose_metric_test.cc.
#ifndef EDGE_INT8_SRC_POSE_POSE_SCALE_H_
#define EDGE_INT8_SRC_POSE_POSE_SCALE_H_

#include <cstddef>
#include <span>

#include "src/pose/pose_metric.h"

namespace edge_int8 {

// NaN, which no distance is within, when the truth it rests on is not finite:
// an infinite torso must not turn every prediction into a hit.
double PoseScale(std::span<const float> truth, const Metric& metric);

// Between joint i of a and joint j of b, both [joints][dims].
double JointDistance(std::span<const float> a, std::size_t i,
                     std::span<const float> b, std::size_t j, std::size_t dims);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_POSE_SCALE_H_

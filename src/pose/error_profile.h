// How many joints lie within every threshold: the distribution of a model's
// errors. Tested by error_profile_test.cc, which compares it with the locked
// score of the same poses.
//
// Not a metric of its own: at 10, 20, ... 50% `within` is PCK's hits, from the
// same distances and the same scale (pose_scale.h).
#ifndef EDGE_INT8_SRC_POSE_ERROR_PROFILE_H_
#define EDGE_INT8_SRC_POSE_ERROR_PROFILE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "src/pose/pose_metric.h"

namespace edge_int8 {

// Thresholds are i / 2 percent of the scale, i = 0 .. kProfileSteps.
inline constexpr int kProfileSteps = 200;

struct ErrorProfile {
  int64_t samples = 0;          // windows
  std::vector<int64_t> within;  // [i]: joints within i / 2 percent
};

// preds and truths are [n][joints][dims].
ErrorProfile ProfileErrors(std::span<const float> preds,
                           std::span<const float> truths,
                           const Metric& metric = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_ERROR_PROFILE_H_

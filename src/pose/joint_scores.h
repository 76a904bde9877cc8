// The locked metric joint by joint: which of them a model loses. Tested by
// joint_scores_test.cc, which adds them up to TallyPoses.
#ifndef EDGE_INT8_SRC_POSE_JOINT_SCORES_H_
#define EDGE_INT8_SRC_POSE_JOINT_SCORES_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "src/pose/pose_metric.h"

namespace edge_int8 {

// What JSON calls the axes of a pose.
inline constexpr std::array kAxisNames = {"x", "y", "z"};

struct JointScore {
  int64_t samples = 0;
  std::array<int64_t, kPckThresholds> hits = {};  // by kPckPercents
  double error_sum = 0;  // of finite distances, in the order of the windows

  double Pck(int percent) const;  // 10, 20, ... 50; 0 without samples
};

// By joint, of two arrays [n][joints][dims]. Hits over all joints are those of
// TallyPoses.
std::vector<JointScore> ScoreJoints(std::span<const float> preds,
                                    std::span<const float> truths,
                                    const Metric& metric = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_JOINT_SCORES_H_

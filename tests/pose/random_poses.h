// Poses to score.
#ifndef EDGE_INT8_TESTS_POSE_RANDOM_POSES_H_
#define EDGE_INT8_TESTS_POSE_RANDOM_POSES_H_

#include <cstdint>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/random.h"
#include "src/pose/pose_metric.h"

namespace edge_int8 {

// count x kPoseFloats, uniform in [0, 1).
inline std::vector<float> RandomPoses(int count, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> poses(AsSize(count) * kPoseFloats);
  for (float& value : poses) value = static_cast<float>(rng.Uniform());
  return poses;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_POSE_RANDOM_POSES_H_

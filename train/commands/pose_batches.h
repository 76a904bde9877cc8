// Windows and poses of a split as batches laid out for the trainer, shuffled
// by seed and epoch. Tested by pose_batches_test.cc.
#ifndef EDGE_INT8_TRAIN_POSE_BATCHES_H_
#define EDGE_INT8_TRAIN_POSE_BATCHES_H_

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

#include "src/pose/window_source.h"

namespace edge_int8::train {

// Both stay the caller's and outlive this.
struct PoseData {
  const WindowSource& windows;
  std::span<const float> targets;  // [window][joint][x, y]
};

struct PoseBatch {
  at::Tensor windows;  // [subcarrier][window][1][frame]
  at::Tensor targets;  // [joint][window][2]
};
PoseBatch GatherBatch(const PoseData& data, std::span<const int64_t> indices,
                      at::Device device);

// 0 .. count - 1 in an order that depends on these two alone, so that a
// resumed run sees what an uninterrupted one would.
std::vector<int64_t> ShuffledOrder(int64_t count, uint64_t seed, int epoch);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_POSE_BATCHES_H_

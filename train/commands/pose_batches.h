// Windows and poses of a split as batches laid out for the trainer, shuffled
// by seed and epoch. Tested by pose_batches_test.cc.
#ifndef EDGE_INT8_TRAIN_COMMANDS_POSE_BATCHES_H_
#define EDGE_INT8_TRAIN_COMMANDS_POSE_BATCHES_H_

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

#include "src/graph/graph.h"
#include "src/pose/task.h"
#include "src/pose/window_source.h"
#include "src/pose/window_targets.h"

namespace edge_int8::train {

// All stay the caller's and outlive this.
struct PoseData {
  const WindowSource& windows;
  const WindowTargets& targets;
  const Task& task;
  const Graph& graph;  // of the network that takes and answers what these are
};

struct PoseBatch {
  at::Tensor windows;  // [channel][window][height][width]
  at::Tensor targets;  // [joint][window][2 or 3]; of classes [window], int64
};
PoseBatch GatherBatch(const PoseData& data, std::span<const int64_t> indices,
                      at::Device device);

// 0 .. count - 1 in an order that depends on these two alone, so that a
// resumed run sees what an uninterrupted one would.
std::vector<int64_t> ShuffledOrder(int64_t count, uint64_t seed, int epoch);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_POSE_BATCHES_H_

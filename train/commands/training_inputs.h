// What every training verb begins with: a device, and the clean windows of a
// split with the poses beside them. Tested by train_command_test.cc.
#ifndef EDGE_INT8_TRAIN_COMMANDS_TRAINING_INPUTS_H_
#define EDGE_INT8_TRAIN_COMMANDS_TRAINING_INPUTS_H_

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "src/pose/dataset.h"
#include "train/commands/pose_batches.h"

namespace edge_int8::train {

// "cpu", "cuda" or "auto": CUDA where there is one, of a job this rank's.
// Throws kUsage.
at::Device ChooseDevice(const std::string& name);
// Which GPU of a machine one of its ranks takes: one each while there are
// enough, then in turn.
int DeviceOfRank(int local_rank, int devices);

// A split's windows and the poses beside them. Throws kBadInput when there is
// none. The dataset must outlive it.
struct SplitPoses {
  SplitPoses(const Dataset& dataset, Split split,
             Subset subset = Subset::kClean);
  // For a network of this graph. Both must outlive it.
  PoseData data(const Graph& graph) const {
    return {windows, targets, task, graph};
  }

  Selection selection;
  SelectionSource windows;
  WindowTargets targets;
  const Task& task;
};

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_TRAINING_INPUTS_H_

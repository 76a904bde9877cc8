// A file of weights as a Model of the WiFlow family: finds the set of weights
// in the file, recognises the network from the shapes, and insists on every
// tensor. Tested by checkpoint_test.cc.
#ifndef EDGE_INT8_SRC_NETS_CHECKPOINT_H_
#define EDGE_INT8_SRC_NETS_CHECKPOINT_H_

#include <filesystem>
#include <string>
#include <vector>

#include "src/formats/checkpoint_file.h"
#include "src/formats/state_dict.h"
#include "src/graph/model.h"
#include "src/nets/network_options.h"

namespace edge_int8 {

struct WeightSetInfo {
  std::string key;  // for --weights
  int64_t tensors = 0;
  bool used = false;
};

struct Checkpoint {
  Model model;
  std::vector<WeightSetInfo> sets;  // in the file's order
};

// Throws kBadInput with a diagnosis (checkpoint_faults.h) when the file is no
// checkpoint, or its network none of the family, or a value is none that a
// network has (not finite, a negative variance); kUsage for an unknown variant
// or set. options.note is told which of several sets is used and what was left
// out.
Checkpoint ReadCheckpoint(const std::filesystem::path& path,
                          const NetworkOptions& options = {});
Checkpoint ReadCheckpoint(CheckpointFile file,
                          const NetworkOptions& options = {});

// The model alone.
Model LoadCheckpoint(const std::filesystem::path& path,
                     const NetworkOptions& options = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_CHECKPOINT_H_

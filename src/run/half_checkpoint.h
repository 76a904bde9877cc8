// A checkpoint at two bytes a weight: what people ship when int8 fails. Every
// float of the state dict, running statistics included, becomes the nearest
// float16; whoever reads the file back computes in float32. Tested by
// half_checkpoint_test.cc.
#ifndef EDGE_INT8_SRC_RUN_HALF_CHECKPOINT_H_
#define EDGE_INT8_SRC_RUN_HALF_CHECKPOINT_H_

#include <filesystem>

#include "src/base/output_file.h"
#include "src/graph/model.h"
#include "src/nets/network_options.h"

namespace edge_int8 {

// Writes `out` in PyTorch's format: the network's own names, counters at 0.
// Throws kBadInput, naming the tensor, when a value is beyond float16.
// Returns the network with the values that were written.
Model WriteHalfCheckpoint(const std::filesystem::path& checkpoint,
                          const NetworkOptions& network,
                          const std::filesystem::path& out, IfExists if_exists);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_HALF_CHECKPOINT_H_

// The refusal of a checkpoint whose tensors are not those of a network that can
// be built: what a person would say is wrong, then some of the tensors, then
// the lines of Python that export any network to ONNX. Tested by
// checkpoint_test.cc.
#ifndef EDGE_INT8_SRC_NETS_CHECKPOINT_FAULTS_H_
#define EDGE_INT8_SRC_NETS_CHECKPOINT_FAULTS_H_

#include <string>
#include <vector>

#include "src/formats/checkpoint_file.h"
#include "src/nets/network_options.h"
#include "src/nets/weight_sets.h"

namespace edge_int8 {

inline constexpr std::size_t kMostFaultsShown = 10;

struct CheckpointFaults {
  std::vector<std::string> diagnosis;  // "input of 342 channels where ..."
  std::vector<std::string> tensors;    // "wrong decoder.3.weight: expected ..."
  std::string nearest;                 // the network that fits best
  bool named = false;                  // by --variant
};

// Throws kBadInput.
[[noreturn]] void FailNetwork(const CheckpointFile& file, const WeightSet& set,
                              const CheckpointFaults& faults,
                              const NetworkOptions& options);

// Throws kBadInput for a file in which no tensor has a name of the family.
[[noreturn]] void FailOtherNetwork(const CheckpointFile& file,
                                   const NetworkOptions& options);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_CHECKPOINT_FAULTS_H_

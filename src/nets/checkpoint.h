// A .pth file as a Model: recognises the variant from the shapes, renames the
// published `att.*` and `final_conv.*`, and insists on every tensor. Tested by
// checkpoint_test.cc.
#ifndef EDGE_INT8_SRC_MODEL_CHECKPOINT_H_
#define EDGE_INT8_SRC_MODEL_CHECKPOINT_H_

#include <filesystem>
#include <string>
#include <vector>

#include "src/formats/state_dict.h"
#include "src/graph/model.h"
#include "src/nets/network_options.h"

namespace edge_int8 {

// Throws kBadInput listing every missing, extra and wrong-shaped tensor at
// once, and those with values no network has (not finite, a negative
// variance). `variant` overrides recognition; kUsage for an unknown one.
Model LoadCheckpoint(const std::filesystem::path& path,
                     const NetworkOptions& options = {});

// As LoadCheckpoint, of what ReadStateDict made of `where`.
Model ModelOfStateDict(const std::string& where, std::vector<NamedTensor> dict,
                       const NetworkOptions& options = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_MODEL_CHECKPOINT_H_

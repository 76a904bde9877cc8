// The embedded default of `bench`: the demo checkpoint and a part of the
// synthetic set it was trained on. Tested by demo_data_test.cc, which checks by
// content hash that no window of one split is in another.
//
// The set is that of training (assets/half.json), only with fewer files
// written; the split is computed over all of them, so no file changes side.
#ifndef EDGE_INT8_SRC_RUN_DEMO_DATA_H_
#define EDGE_INT8_SRC_RUN_DEMO_DATA_H_

#include <filesystem>
#include <vector>

#include "src/pose/synth_dataset.h"

namespace edge_int8 {

// The demo checkpoint: beside the sources it was built from, or installed.
// Throws kBadInput when it is in neither place.
std::filesystem::path DemoCheckpoint();

struct DemoFiles {
  int train = 110;  // calibrates: 64 batches of 64 clean windows
  int val = 10;
  int test = 75;  // all of it: at least 2,000 clean windows
};

// The first files of each split, in the split's order, of the set that the demo
// checkpoint was trained on.
SynthOptions DemoSynthOptions(const DemoFiles& files = {});

// Generates the folder unless a complete one with the same options is there.
void EnsureDemoData(const std::filesystem::path& folder,
                    const SynthOptions& options);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_DEMO_DATA_H_

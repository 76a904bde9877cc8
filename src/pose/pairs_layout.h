// The pairs layout: dataset.json beside arrays of windows, targets and
// recordings, of any window shape, any number of joints, or classes.
// docs/dataset.md, "Pairs". Tested by pairs_layout_test.cc.
#ifndef EDGE_INT8_SRC_POSE_PAIRS_LAYOUT_H_
#define EDGE_INT8_SRC_POSE_PAIRS_LAYOUT_H_

#include <filesystem>

#include "src/pose/dataset_contents.h"

namespace edge_int8 {

// Everything but the windows is read and checked. Throws kBadInput.
DatasetContents ReadPairsLayout(const std::filesystem::path& folder);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_PAIRS_LAYOUT_H_

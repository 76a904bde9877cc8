// What `dataset inspect` says. Tested by inspect_dataset_test.cc on the
// fixtures.
#ifndef EDGE_INT8_SRC_RUN_INSPECT_DATASET_H_
#define EDGE_INT8_SRC_RUN_INSPECT_DATASET_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "src/pose/dataset.h"

namespace edge_int8 {

// {files, windows, target_mode, split_id, split {train|val|test: {files
// [indices in order], windows, clean}}, corrupt_windows [indices], value_min,
// value_max (of finite values), clipped_share, constant_channels, synthetic,
// layout, window_shape, target {kind, joints, dims | classes}, metric}. Reads
// every window once.
nlohmann::json InspectDataset(const Dataset& dataset);

std::string InspectionTable(const nlohmann::json& inspection);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_INSPECT_DATASET_H_

// What `dataset windows` does: a selection's CSI as one bare .npy, for
// `predict` and for other runtimes (bench/peers). Tested by
// extract_windows_test.cc.
#ifndef EDGE_INT8_SRC_RUN_EXTRACT_WINDOWS_H_
#define EDGE_INT8_SRC_RUN_EXTRACT_WINDOWS_H_

#include <cstdint>
#include <filesystem>

#include "src/base/output_file.h"
#include "src/pose/dataset.h"

namespace edge_int8 {

// Writes [n, ...] float32 in the selection's order, window by window, so
// that memory does not grow with the set; returns n. Corrupt windows of the
// full subset are zeros, as everywhere.
int64_t ExtractWindows(const Dataset& dataset, Split split, Subset subset,
                       const std::filesystem::path& output, IfExists if_exists);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_EXTRACT_WINDOWS_H_

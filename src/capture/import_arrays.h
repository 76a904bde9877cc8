// Arrays of windows and targets to a folder of the pairs layout: .npy files,
// and arrays inside of MATLAB and HDF5 files. Tested by import_arrays_test.cc.
#ifndef EDGE_INT8_SRC_CAPTURE_IMPORT_ARRAYS_H_
#define EDGE_INT8_SRC_CAPTURE_IMPORT_ARRAYS_H_

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "src/base/output_file.h"
#include "src/capture/array_file.h"
#include "src/capture/value_scale.h"

namespace edge_int8 {

struct ArrayOptions {
  std::string kind;  // "npy", "mat", "hdf5": for the provenance
  // Files that hold arrays under the names below; empty: x, y and groups are
  // paths of .npy files, of as many recordings as there are.
  std::vector<std::filesystem::path> files;
  std::vector<std::string> x, y;
  std::string groups;  // optional: the recording of each window
  std::optional<WindowAxis> axis;
  int dims = 0;  // of y [N, joints * dims]; 0: y says it itself
  std::vector<std::string> joints;
  std::string unit;
  ScaleChoice scale;
};

// As ImportCaptures.
nlohmann::ordered_json ImportArrays(const ArrayOptions& options,
                                    const std::filesystem::path& out,
                                    IfExists if_exists,
                                    const std::string& tool);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_IMPORT_ARRAYS_H_

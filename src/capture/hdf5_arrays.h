// Datasets of HDF5 files by HDF5's library. Called in a process of its own.
#ifndef EDGE_INT8_SRC_CAPTURE_HDF5_ARRAYS_H_
#define EDGE_INT8_SRC_CAPTURE_HDF5_ARRAYS_H_

#include <filesystem>
#include <string>
#include <vector>

#include "src/capture/array_file.h"

namespace edge_int8 {

// `matlab`: shapes are MATLAB's, which are stored the other way around.
std::vector<ArrayInfo> ListHdf5(const std::filesystem::path& file, bool matlab);
void ExtractHdf5(const std::filesystem::path& file, bool matlab,
                 const std::string& name, WindowAxis axis,
                 const std::filesystem::path& out);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_HDF5_ARRAYS_H_

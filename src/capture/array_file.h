// Arrays inside of MATLAB and HDF5 files, brought to .npy. Tested by
// import_arrays_test.cc, and by the fuzz targets fuzz_mat and fuzz_hdf5.
//
// matio and HDF5's library read them in a process of their own
// (isolated_call.h), block by block where the format allows it.
#ifndef EDGE_INT8_SRC_CAPTURE_ARRAY_FILE_H_
#define EDGE_INT8_SRC_CAPTURE_ARRAY_FILE_H_

#include <filesystem>
#include <string>
#include <vector>

#include "src/base/tensor.h"

namespace edge_int8 {

struct ArrayInfo {
  std::string name;   // "csi", "/data/csi"
  Shape shape;        // as MATLAB or h5py say it
  std::string dtype;  // NumPy's of what is extracted: "<f4", "|u1"
};

enum class WindowAxis { kFirst, kLast };

// Arrays of numbers in the file, in its order; others are not named. MATLAB 7.3
// files are HDF5 and recognised by their bytes. Throws kBadInput.
std::vector<ArrayInfo> ListArrays(const std::filesystem::path& file);

// The array with its windows' axis first, the others in their order, to a new
// .npy `out`. float64 and integers of more than 16 bits become float32,
// complex numbers their amplitudes.
void ExtractArray(const std::filesystem::path& file, const std::string& name,
                  WindowAxis axis, const std::filesystem::path& out);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_ARRAY_FILE_H_

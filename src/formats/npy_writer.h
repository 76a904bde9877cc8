// Writes .npy arrays (format 1.0, C order) that NumPy and npy.h read. Tested by
// npy_writer_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_NPY_WRITER_H_
#define EDGE_INT8_SRC_FORMATS_NPY_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/tensor.h"

namespace edge_int8 {

// Everything before the data: magic, version, the dictionary, padding to a
// multiple of 64 bytes, and to `least` of them. `dtype` is NumPy's: "<f4",
// "<i8", "|u1", "|O".
std::string NpyHeaderBytes(std::string_view dtype, const Shape& shape,
                           std::size_t least = 0);

// A whole file as bytes; `shape` must hold exactly the values given.
std::string NpyBytes(const Shape& shape, std::span<const float> values);
std::string NpyBytes(const Shape& shape, std::span<const int64_t> values);
// An object array of str, as np.save(allow_pickle=True) writes it.
std::string NpyBytes(const std::vector<std::string>& values);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_NPY_WRITER_H_

// What a .npy file says of its array before the values: a Python dict of type,
// order and shape. Tested by npy_test.cc, and by the fuzz target fuzz_npy.
// Format: numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#ifndef EDGE_INT8_SRC_FORMATS_NPY_HEADER_H_
#define EDGE_INT8_SRC_FORMATS_NPY_HEADER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/tensor.h"
#include "src/formats/byte_reader.h"

namespace edge_int8 {

enum class NpyType {
  kFloat16,
  kFloat32,
  kFloat64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kBool,
  kText,   // UTF-32, a fixed width for every item; see string_array.h
  kObject  // The values are one pickle; see string_array.h.
};

struct NpyHeader {
  NpyType type = NpyType::kFloat32;
  std::string type_name;  // NumPy's: "<f4", "<U9", "|O"
  int64_t item_size = 4;  // bytes; 0 for objects
  Shape shape;            // () for a scalar
  bool big_endian = false;
  bool fortran = false;  // the first axis is the fastest
};
std::string_view NpyTypeName(NpyType type);  // "<f4"; not of kText
// Reads up to the first byte of data. Throws kBadInput.
NpyHeader ReadNpyHeader(ByteReader& in);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_NPY_HEADER_H_

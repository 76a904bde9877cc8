// NumPy object arrays of str: a pickle inside an .npy. Tested by npz_test.cc.
#ifndef EDGE_INT8_SRC_DATA_OBJECT_ARRAY_H_
#define EDGE_INT8_SRC_DATA_OBJECT_ARRAY_H_

#include <string>
#include <vector>

#include "src/data/npy.h"

namespace edge_int8 {

// In C order. Throws kBadInput when any value is not a str.
std::vector<std::string> ReadObjectStrings(const NpyView& array);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_DATA_OBJECT_ARRAY_H_

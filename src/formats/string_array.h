// NumPy arrays of str: objects, which are a pickle inside an .npy, or text of a
// fixed width (<U9). Tested by string_array_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_STRING_ARRAY_H_
#define EDGE_INT8_SRC_FORMATS_STRING_ARRAY_H_

#include <string>
#include <vector>

#include "src/formats/npy.h"

namespace edge_int8 {

// As UTF-8, in C order. Throws kBadInput when any value is not a str.
std::vector<std::string> ReadStrings(const NpyView& array);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_STRING_ARRAY_H_

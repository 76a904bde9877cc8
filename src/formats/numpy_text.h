// The bytes of NumPy's text type: UTF-32, little-endian, filled up with zeros
// to the array's width. Tested by numpy_text_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_NUMPY_TEXT_H_
#define EDGE_INT8_SRC_FORMATS_NUMPY_TEXT_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace edge_int8 {

// As UTF-8; nothing when the bytes are no whole code points of Unicode.
std::optional<std::string> TextOfNumpy(std::span<const std::byte> bytes);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_NUMPY_TEXT_H_

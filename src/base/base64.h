// Bytes as text for JSON and data: addresses (RFC 4648). Tested by
// base64_test.cc.
#ifndef EDGE_INT8_SRC_BASE_BASE64_H_
#define EDGE_INT8_SRC_BASE_BASE64_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace edge_int8 {

std::string Base64(std::span<const std::byte> bytes);

// True when `text` is whole groups of four of the alphabet's characters with
// padding only at the end: it can stand in a data: address as it is.
bool IsBase64(std::string_view text);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_BASE64_H_

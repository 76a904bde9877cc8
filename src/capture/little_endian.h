// Numbers of captures, whose first byte is the least.
#ifndef EDGE_INT8_SRC_CAPTURE_LITTLE_ENDIAN_H_
#define EDGE_INT8_SRC_CAPTURE_LITTLE_ENDIAN_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace edge_int8 {

// The `count` bytes (4 at most) that begin at `at`, which are there.
inline uint32_t LittleEndian(std::span<const uint8_t> bytes, std::size_t at,
                             std::size_t count) {
  uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value |= static_cast<uint32_t>(bytes[at + i]) << 8 * i;
  }
  return value;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_LITTLE_ENDIAN_H_

// 4-bit weights, two in a byte: weight 2k is the low nibble of byte k and
// weight 2k + 1 the high one, both two's complement; an odd count leaves the
// last high nibble 0. Tested by nibbles_test.cc.
#ifndef EDGE_INT8_CORE_CONTAINER_NIBBLES_H_
#define EDGE_INT8_CORE_CONTAINER_NIBBLES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace edge_int8::core {

constexpr std::size_t NibbleBytes(std::size_t count) { return (count + 1) / 2; }

// Each weight in [-8, 7].
inline std::vector<uint8_t> PackNibbles(std::span<const int8_t> weights) {
  std::vector<uint8_t> bytes(NibbleBytes(weights.size()));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const int nibble = weights[i] & 15;
    const int shifted = i % 2 == 0 ? nibble : nibble << 4;
    bytes[i / 2] = static_cast<uint8_t>(bytes[i / 2] | shifted);
  }
  return bytes;
}

// bytes.size() == NibbleBytes(count).
inline std::vector<int8_t> UnpackNibbles(std::span<const uint8_t> bytes,
                                         std::size_t count) {
  std::vector<int8_t> weights(count);
  for (std::size_t i = 0; i < count; ++i) {
    const int nibble = i % 2 == 0 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4;
    weights[i] = static_cast<int8_t>(nibble < 8 ? nibble : nibble - 16);
  }
  return weights;
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_NIBBLES_H_

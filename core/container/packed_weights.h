// Weights of 4, 3 and 2 bits as a stream of bits: weight i is bits i * b to
// i * b + b - 1, two's complement, bit n being bit n % 8 of byte n / 8. So at 4
// bits weight 2k is the low half of byte k. Bits after the last weight are 0.
// Tested by packed_weights_test.cc.
#ifndef EDGE_INT8_CORE_CONTAINER_PACKED_WEIGHTS_H_
#define EDGE_INT8_CORE_CONTAINER_PACKED_WEIGHTS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace edge_int8::core {

constexpr bool IsWeightBits(int bits) {
  return bits == 8 || bits == 4 || bits == 3 || bits == 2;
}

constexpr std::size_t PackedBytes(std::size_t count, int bits) {
  return (count * static_cast<std::size_t>(bits) + 7) / 8;
}

// Each weight in [-2^(bits - 1), 2^(bits - 1)), bits in [2, 7].
inline std::vector<uint8_t> PackWeights(std::span<const int8_t> weights,
                                        int bits) {
  std::vector<uint8_t> bytes;
  bytes.reserve(PackedBytes(weights.size(), bits));
  unsigned waiting = 0;  // the lowest bits come first
  int count = 0;
  for (const int8_t weight : weights) {
    waiting |= (static_cast<unsigned>(weight) & ((1u << bits) - 1)) << count;
    count += bits;
    if (count < 8) continue;
    bytes.push_back(static_cast<uint8_t>(waiting));
    waiting >>= 8;
    count -= 8;
  }
  if (count > 0) bytes.push_back(static_cast<uint8_t>(waiting));
  return bytes;
}

// bytes.size() == PackedBytes(count, bits); false where a bit after the last
// weight is not 0.
inline bool UnpackWeights(std::span<const uint8_t> bytes, std::size_t count,
                          int bits, std::vector<int8_t>* weights) {
  weights->clear();
  weights->reserve(count);
  const int sign = 1 << (bits - 1);
  unsigned waiting = 0;
  int available = 0;
  std::size_t next = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (available < bits) {
      waiting |= unsigned{bytes[next++]} << available;
      available += 8;
    }
    const int value = static_cast<int>(waiting & ((1u << bits) - 1));
    weights->push_back(
        static_cast<int8_t>(value < sign ? value : value - 2 * sign));
    waiting >>= bits;
    available -= bits;
  }
  return waiting == 0;
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_PACKED_WEIGHTS_H_

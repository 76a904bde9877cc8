// Golden vectors: an artifact carries outputs for inputs that anyone can make
// from a seed, so an engine on any machine can prove itself without data.
// Tested by golden_test.cc.
//
//   state  = seed + (i + 1) * 0x9e3779b97f4a7c15                 (mod 2^64)
//   z      = (state ^ state >> 30) * 0xbf58476d1ce4e5b9
//   z      = (z ^ z >> 27) * 0x94d049bb133111eb
//   byte i = (z ^ z >> 31) >> 56
//
// SplitMix64 (Steele, Lea, Flood 2014), its highest byte.
#ifndef EDGE_INT8_CORE_CONTAINER_GOLDEN_H_
#define EDGE_INT8_CORE_CONTAINER_GOLDEN_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/container/artifact.h"
#include "core/container/status.h"

namespace edge_int8::core {

constexpr uint8_t GoldenByte(uint64_t seed, uint64_t i) {
  uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return static_cast<uint8_t>((z ^ (z >> 31)) >> 56);
}

// Tensor 0 for this seed, `size` bytes of it.
std::vector<uint8_t> GoldenInput(uint64_t seed, std::size_t size);

// Runs one window: fills `output`, the graph's output tensor, from `input`, its
// tensor 0. The reference, an engine with any instruction set, or an export.
using WindowRunner = std::function<void(std::span<const uint8_t> input,
                                        std::span<int32_t> output)>;

std::vector<GoldenVector> MakeGolden(const IntegerGraph& graph,
                                     std::span<const uint64_t> seeds,
                                     const WindowRunner& run);

// kGoldenMismatch with the number of the first vector that `run` gets wrong.
Result CheckGolden(const Artifact& artifact, const WindowRunner& run);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_GOLDEN_H_

// Everything the engine, the reference and the exporters trust about a graph,
// checked once where it enters; they then run without a test in any loop. The
// rules are listed in docs/container.md, "What a valid graph is". The tests of
// tests/core_container that begin with validate_ break each rule once.
#ifndef EDGE_INT8_CORE_CONTAINER_VALIDATE_H_
#define EDGE_INT8_CORE_CONTAINER_VALIDATE_H_

#include <cstddef>
#include <cstdint>

#include "core/container/integer_graph.h"
#include "core/container/status.h"

namespace edge_int8::core {

inline constexpr std::size_t kMaxTensors = 2048;
inline constexpr std::size_t kMaxOps = 1024;
inline constexpr std::size_t kMaxAddTerms = 8;
inline constexpr int kMaxFractionBits = 15;
inline constexpr int64_t kMaxTensorElements = int64_t{1} << 24;
inline constexpr int64_t kMaxTotalElements = int64_t{1} << 26;
inline constexpr int64_t kMaxMacs = int64_t{1} << 36;  // of one window
// Kernel, stride, dilation and padding of a convolution.
inline constexpr int32_t kMaxGeometry = 1 << 16;
inline constexpr int32_t kMaxGain = 8191;
inline constexpr std::size_t kMaxShapeAxes = 8;

Result ValidateGraph(const IntegerGraph& graph);

// The number of weights that a convolution's bias count, geometry and input
// imply; -1 when they make no sense or the number is above 2^31.
int64_t WeightCount(const IntegerGraph& graph, const ConvOp& op);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_VALIDATE_H_

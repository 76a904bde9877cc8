// Which version of the format a graph needs: the first one unless it has
// something that came with the second. Files are written in the lowest. Tested
// by artifact_test.cc.
#ifndef EDGE_INT8_CORE_CONTAINER_FORMAT_VERSION_H_
#define EDGE_INT8_CORE_CONTAINER_FORMAT_VERSION_H_

#include <cstdint>

#include "core/container/integer_graph.h"

namespace edge_int8::core {

inline constexpr uint32_t kFirstVersion = 1;
inline constexpr uint32_t kLastVersion = 2;

// The graph's tensor numbers are valid (ValidateGraph()).
uint32_t FormatVersion(const IntegerGraph& graph);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_FORMAT_VERSION_H_

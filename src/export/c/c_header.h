// The public header of a C export: sizes, scales, functions. Tested by
// c_project_test.cc, which compiles against it.
#ifndef EDGE_INT8_SRC_EXPORT_C_HEADER_H_
#define EDGE_INT8_SRC_EXPORT_C_HEADER_H_

#include <cstdint>
#include <string>

#include "core/container/integer_graph.h"

namespace edge_int8 {

// With `ei8_` and `EI8_` as the prefix.
std::string CHeader(const core::IntegerGraph& graph, int64_t arena_bytes);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_C_HEADER_H_

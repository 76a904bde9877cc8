// The public header of a C export: sizes, scales, functions. Tested by
// c_project_test.cc, which compiles against it.
#ifndef EDGE_INT8_SRC_EXPORT_C_C_HEADER_H_
#define EDGE_INT8_SRC_EXPORT_C_C_HEADER_H_

#include <cstdint>
#include <set>
#include <string>

#include "core/container/integer_graph.h"

namespace edge_int8 {

// The conditions (WithConditions() in c_text.h) of the templates that hold for
// a graph: EI8_FRAMES (the input is [channels][1][frames], so that a window can
// come frame by frame), EI8_CONSTANTS, EI8_WIDENS (the output is stored in less
// than 32 bits), EI8_INPUT_ZERO and EI8_OUTPUT_ZERO (zero points).
std::set<std::string> CConditions(const core::IntegerGraph& graph);

// With `ei8_` and `EI8_` as the prefix.
std::string CHeader(const core::IntegerGraph& graph, int64_t arena_bytes);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_C_C_HEADER_H_

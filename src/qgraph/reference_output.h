// The output integers of one window by the scalar reference.
#ifndef EDGE_INT8_SRC_QGRAPH_REFERENCE_OUTPUT_H_
#define EDGE_INT8_SRC_QGRAPH_REFERENCE_OUTPUT_H_

#include <cstdint>
#include <span>
#include <vector>

#include "core/reference/run_reference.h"

namespace edge_int8 {

inline std::vector<int32_t> ReferenceOutput(const core::IntegerGraph& graph,
                                            std::span<const uint8_t> input) {
  return core::RunReference(graph,
                            input)[static_cast<std::size_t>(graph.output)];
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QGRAPH_REFERENCE_OUTPUT_H_

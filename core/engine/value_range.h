// How large the values of a tensor can get. Tested by value_range_test.cc.
#ifndef EDGE_INT8_CORE_ENGINE_VALUE_RANGE_H_
#define EDGE_INT8_CORE_ENGINE_VALUE_RANGE_H_

#include <cstdint>

#include "core/container/integer_graph.h"

namespace edge_int8::core {

// No |value| that the operators of a valid graph store in `tensor`, of type
// kS16, is larger. Convolutions and sums are only asked for their clamp or
// their table; attention also for what its values add up to.
int32_t LargestValue(const IntegerGraph& graph, int32_t tensor);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_VALUE_RANGE_H_

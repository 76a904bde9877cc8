// SiLU of many floats. Tested by silu_values_test.cc.
#ifndef EDGE_INT8_SRC_GRAPH_SILU_VALUES_H_
#define EDGE_INT8_SRC_GRAPH_SILU_VALUES_H_

#include <span>

namespace edge_int8 {

// x / (1 + exp(-x)) of each value, the exponential to 2 units in the last
// place (Cephes' expf, Moshier 1992); may be done in place. The same bits on
// every machine. What is not finite stays so.
void ComputeSilu(std::span<const float> input, std::span<float> output);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_SILU_VALUES_H_

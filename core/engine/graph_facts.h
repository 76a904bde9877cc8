// What the engine asks about a graph before it builds: its work, and
// the sums that a convolution can absorb. Tested by graph_facts_test.cc.
#ifndef EDGE_INT8_CORE_ENGINE_GRAPH_FACTS_H_
#define EDGE_INT8_CORE_ENGINE_GRAPH_FACTS_H_

#include <cstdint>

#include "core/container/integer_graph.h"

namespace edge_int8::core {

// Multiply-accumulates of one operator and of a graph: weights times output
// places, products of activations, both products of an attention. Positions
// that padding makes count like any other.
int64_t CountMacs(const IntegerGraph& graph, const IntegerOp& op);
int64_t CountMacs(const IntegerGraph& graph);

// The sum after convolution `op`, if the convolution's result is read by
// nothing else and both terms are already in the sum's units; else null.
const AddOp* FusableSum(const IntegerGraph& graph, std::size_t op);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_GRAPH_FACTS_H_

// The specification of the integer engine: every operator as the plainest
// loops that are right. Nobody optimizes it; a kernel that disagrees in one bit
// is wrong until docs/arithmetic.md changes. Tested by reference_test.cc with
// hand-computed cases.
#ifndef EDGE_INT8_CORE_REFERENCE_RUN_REFERENCE_H_
#define EDGE_INT8_CORE_REFERENCE_RUN_REFERENCE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "core/container/integer_graph.h"

namespace edge_int8::core {

// A tensor's values in [channels][height][width] order, whatever its type.
using Values = std::vector<int32_t>;

// Values of every tensor of one window. input: bytes of tensor 0.
std::vector<Values> RunReference(const IntegerGraph& graph,
                                 std::span<const uint8_t> input);

// The operators one by one. `tensors` holds the values known so far.
Values ReferenceConv(const IntegerGraph& graph, const ConvOp& op,
                     const Values& x);
Values ReferenceAdd(const IntegerGraph& graph, const AddOp& op,
                    const std::vector<Values>& tensors);
Values ReferenceAttention(const IntegerGraph& graph, const AttentionOp& op,
                          const Values& qkv);
Values ReferencePool(const IntegerGraph& graph, const PoolOp& op,
                     const Values& x);
Values ReferenceTranspose(const IntegerGraph& graph, const TransposeOp& op,
                          const Values& x);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_REFERENCE_RUN_REFERENCE_H_

// The specification of the integer engine: every operator as the plainest
// loops that are right. Nobody optimizes it; a kernel that disagrees in one bit
// is wrong until docs/arithmetic.md changes. Tested by tests/core_reference
// with hand-computed cases. Graphs are valid (core/container/validate.h): no
// bound is checked here.
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

// One operator of any kind; `tensors` holds the values known so far.
Values RunReferenceOperator(const IntegerGraph& graph, const IntegerOp& any,
                            const std::vector<Values>& tensors);

// The operators one by one.
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
Values ReferenceRequantize(const IntegerGraph& graph, const RequantizeOp& op,
                           const std::vector<Values>& tensors);
Values ReferenceMultiply(const IntegerGraph& graph, const MultiplyOp& op,
                         const std::vector<Values>& tensors);
Values ReferenceMatMul(const IntegerGraph& graph, const MatMulOp& op,
                       const std::vector<Values>& tensors);
Values ReferenceSoftmax(const IntegerGraph& graph, const SoftmaxOp& op,
                        const std::vector<Values>& tensors);
Values ReferenceNormalize(const IntegerGraph& graph, const NormalizeOp& op,
                          const std::vector<Values>& tensors);
Values ReferenceWindowPool(const IntegerGraph& graph, const WindowPoolOp& op,
                           const std::vector<Values>& tensors);
Values ReferenceMove(const IntegerGraph& graph, const MoveOp& op,
                     const std::vector<Values>& tensors);
Values ReferenceResize(const IntegerGraph& graph, const ResizeOp& op,
                       const std::vector<Values>& tensors);
Values ReferenceRecurrent(const IntegerGraph& graph, const RecurrentOp& op,
                          const std::vector<Values>& tensors);
Values ReferenceConstant(const ConstantOp& op);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_REFERENCE_RUN_REFERENCE_H_

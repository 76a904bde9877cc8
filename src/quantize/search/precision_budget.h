// What finer tensors cost: bytes of tables and constants in the file, and work
// in 16 bits. Tested by precision_budget_test.cc.
#ifndef EDGE_INT8_SRC_QUANTIZE_SEARCH_PRECISION_BUDGET_H_
#define EDGE_INT8_SRC_QUANTIZE_SEARCH_PRECISION_BUDGET_H_

#include <cstdint>
#include <vector>

#include "src/graph/graph.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/qgraph.h"

namespace edge_int8 {

// Bytes that a plan's quantizers of more than 8 bits add to the file: tables
// of 4,096 entries and more, and constants of 16 bits.
int64_t WideBytes(const Graph& folded, const QGraph& qgraph, const Plan& plan);

// Bytes of all weights as the plan has them.
int64_t WeightBytes(const Graph& folded, const Plan& plan);

// Share of the multiply-accumulates of whatever reads each tensor, moves looked
// through; by TensorId. Attention's products read q, k and v, which are always
// 8 bits, and do not count.
std::vector<double> ReaderShares(const Graph& folded);

// Of a quantizer, with all tensors that have it.
double ReaderShare(const Quantizer& quantizer,
                   const std::vector<double>& shares);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_SEARCH_PRECISION_BUDGET_H_

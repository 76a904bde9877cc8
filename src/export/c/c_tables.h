// The generated file of a C export: weights and tables as const arrays, a
// descriptor for each operator, the list of steps. Tested by c_project_test.cc,
// which compiles and runs it.
#ifndef EDGE_INT8_SRC_EXPORT_C_C_TABLES_H_
#define EDGE_INT8_SRC_EXPORT_C_C_TABLES_H_

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/container/integer_graph.h"
#include "src/export/c/c_memory.h"

namespace edge_int8 {

// A convolution's weights as the C kernels read them: rows of [kernel_h]
// [kernel_w][in / groups] for each output channel, or, when every group is one
// channel, rows of [channels] for each tap. Rows of 4 bits and fewer are packed
// as packed_weights.h does it, each padded to a whole byte.
struct CWeights {
  int bits = 8;                // 8, 4, 3 or 2
  std::vector<int64_t> bytes;  // as the array's type: int8 or uint8
  int64_t row_bytes = 0;
  int64_t row_values = 0;
};
CWeights PackCWeights(const core::IntegerGraph& graph, const core::ConvOp& op);

// The same of a matrix: `rows` equal rows.
CWeights PackCRows(const std::vector<int8_t>& weights, std::size_t rows,
                   int weight_bits);

// The bias with the zero point taken off, modulo 2^32:
// sum w * (x - z) + b = sum w * x + (b - z * sum w). A kernel that multiplies
// x - moved instead of x says so.
std::vector<int64_t> FoldedBias(const core::IntegerGraph& graph,
                                const core::ConvOp& op, int32_t moved = 0);

// The same rows as words, for ei8_cortex_m4.h.
std::vector<int64_t> PackWordWeights(const core::IntegerGraph& graph,
                                     const core::ConvOp& op);

struct CTableFile {
  std::string text;               // of ei8_tables.c, with `ei8_` as the prefix
  std::set<std::string> kernels;  // ei8_<kernel>.c that it needs
};
CTableFile CTables(const core::IntegerGraph& graph, const CMemory& memory,
                   CTarget target = CTarget::kGeneric);

// Whether a kernel is one of ei8_operators.h: an export has only those of them
// that it needs.
bool IsGeneralCKernel(std::string_view kernel);
// Of convolutions whose weights have 3 or 2 bits.
inline constexpr std::string_view kFewBitsCKernel = "dot_few";

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_C_C_TABLES_H_

// The SiLU, the WiFlow family's activation, and its tables. Tested by
// silu_table_test.cc.
#ifndef EDGE_INT8_SRC_QGRAPH_SILU_TABLE_H_
#define EDGE_INT8_SRC_QGRAPH_SILU_TABLE_H_

#include <cstdint>
#include <vector>

#include "src/qgraph/function_table.h"

namespace edge_int8 {

double SiluReal(double x);   // x / (1 + exp(-x)), in double
double SiluSlope(double x);  // its derivative

// As FunctionLookup() and FunctionInterpolated().
std::vector<int16_t> SiluLookup(int bits, double scale, int32_t zero,
                                const TableOutput& out);
std::vector<int16_t> SiluInterpolated(double scale, const TableOutput& out);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QGRAPH_SILU_TABLE_H_

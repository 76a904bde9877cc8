// Any function of one number as a table of integers: the real maths behind the
// integer engine's activations, done once at lowering. Tested by
// function_table_test.cc.
#ifndef EDGE_INT8_SRC_QGRAPH_FUNCTION_TABLE_H_
#define EDGE_INT8_SRC_QGRAPH_FUNCTION_TABLE_H_

#include <cstdint>
#include <vector>

#include "core/arith/activation.h"
#include "core/arith/softmax.h"
#include "src/graph/function.h"

namespace edge_int8 {

// function(x), finite for every x: where it is not (1 / 0, log(-1)) a number
// beyond every range takes its place, or 0 where it is no number.
double FunctionValue(const Function& function, double x);
// Its derivative; of most functions by differences.
double FunctionSlope(const Function& function, double x);

// What a table writes: stored = clamp(round(y / scale) + zero, low, high).
struct TableOutput {
  double scale = 1;
  int32_t zero = 0;
  int32_t low = 0;
  int32_t high = 255;
};

// One entry per pre-activation code 0 .. 2^bits - 1, whose real value is
// (code - zero) * scale. bits 8 or 12.
std::vector<int16_t> FunctionLookup(const Function& function, int bits,
                                    double scale, int32_t zero,
                                    const TableOutput& out);

// core::kInterpolateEntries entries at pre = -32768 + 16 * i, real pre * scale.
std::vector<int16_t> FunctionInterpolated(const Function& function,
                                          double scale, const TableOutput& out);

core::ExpTables MakeExpTables();

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QGRAPH_FUNCTION_TABLE_H_

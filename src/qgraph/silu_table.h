// SiLU and exp as integer tables: the real maths behind the integer engine's
// activations, done once at lowering. Tested by silu_table_test.cc.
#ifndef EDGE_INT8_SRC_QUANT_SILU_TABLE_H_
#define EDGE_INT8_SRC_QUANT_SILU_TABLE_H_

#include <cstdint>
#include <vector>

#include "core/arith/activation.h"
#include "core/arith/softmax.h"

namespace edge_int8 {

double SiluReal(double x);   // x / (1 + exp(-x)), in double
double SiluSlope(double x);  // its derivative

// What a table writes: stored = clamp(round(y / scale) + zero, low, high).
struct TableOutput {
  double scale = 1;
  int32_t zero = 0;
  int32_t low = 0;
  int32_t high = 255;
};

// One entry per pre-activation code 0 .. 2^bits - 1, whose real value is
// (code - zero) * scale. bits 8 or 12.
std::vector<int16_t> SiluLookup(int bits, double scale, int32_t zero,
                                const TableOutput& out);

// core::kInterpolateEntries entries at pre = -32768 + 16 * i, real pre * scale.
std::vector<int16_t> SiluInterpolated(double scale, const TableOutput& out);

core::ExpTables MakeExpTables();

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANT_SILU_TABLE_H_

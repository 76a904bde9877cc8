// Real numbers to integers, once, at lowering. Tested by multiplier_test.cc.
#ifndef EDGE_INT8_SRC_QGRAPH_MULTIPLIER_H_
#define EDGE_INT8_SRC_QGRAPH_MULTIPLIER_H_

#include <cstdint>

#include "core/arith/fixed_point.h"

namespace edge_int8 {

// floor(x + 1/2): the project's one rounding rule in real arithmetic.
double RoundHalfUp(double x);

// As RoundHalfUp, clamped to [low, high]; NaN is not allowed.
int32_t RoundToInt(double x, int32_t low, int32_t high);

// Whether there is one: not if negative, not finite or 2^30 and more. Then a
// scale is absurd.
bool IsMultiplier(double real);

// The Multiplier nearest to `real` (relative error at most 2^-31). A real below
// 2^-32 becomes exactly zero: no int32 times it reaches one half. Throws
// kBadInput where there is none.
core::Multiplier MakeMultiplier(double real);

// As MakeMultiplier, its mantissa m replaced by (m & ~255) | 128: 24
// significant bits, the last of them set (relative error at most 2^-23 +
// 2^-31). Then float32 holds the multiplier, and engines may requantize in
// floats without meeting a tie (core/engine/channel_scales.h).
core::Multiplier MakeFloatMultiplier(double real);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QGRAPH_MULTIPLIER_H_

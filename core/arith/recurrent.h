// One step of one unit of a recurrent layer, after its products. The scalar
// code is the specification (docs/arithmetic.md, "Recurrent layers"); tested by
// recurrent_test.cc against real arithmetic.
//
// Pre-activations, sums of them and a cell's state are int16 in units of 2^-11
// (so to +-16, where sigmoid and tanh are 0 and 1 to 2^-16); gates and h are
// int16 in units of 2^-15. Every product of two of those fits 32 bits and is
// rounded once.
#ifndef EDGE_INT8_CORE_ARITH_RECURRENT_H_
#define EDGE_INT8_CORE_ARITH_RECURRENT_H_

#include <cstdint>

#include "core/arith/activation.h"
#include "core/arith/fixed_point.h"

namespace edge_int8::core {

inline constexpr int kGateBits = 15;   // of gates and h
inline constexpr int kStateBits = 11;  // of pre-activations and c
inline constexpr int32_t kGateOne = 32767;

constexpr int32_t ClampToInt16(int64_t value) {
  return Clamp(value, -32768, 32767);
}

// Tables of Interpolate() from units of 2^-11 to units of 2^-15: kSigmoid in
// [0, 32767], kTanh in [-32767, 32767].
struct GateTables {
  const int16_t* sigmoid;
  const int16_t* tanh;

  int32_t Sigmoid(int64_t sum) const {
    return Interpolate(sigmoid, ClampToInt16(sum));
  }
  int32_t Tanh(int64_t sum) const {
    return Interpolate(tanh, ClampToInt16(sum));
  }
};

// from_x, from_h: int16 products of the gates r, z, n. Returns the new h, which
// lies between n and the old one: |h - n| < 2^16 and z < 2^15.
inline int32_t GruStep(const GateTables& tables, const int32_t (&from_x)[3],
                       const int32_t (&from_h)[3], int32_t h) {
  const int32_t r = tables.Sigmoid(from_x[0] + from_h[0]);
  const int32_t z = tables.Sigmoid(from_x[1] + from_h[1]);
  const int32_t n =
      tables.Tanh(from_x[2] + RoundShift(r * from_h[2], kGateBits));
  return n + RoundShift(z * (h - n), kGateBits);
}

// sums: of the gates i, f, g, o. Returns the new h, replaces *c. The product
// i * g is brought to f * c's units (2^-26) first, so that c is rounded once.
inline int32_t LstmStep(const GateTables& tables, const int32_t (&sums)[4],
                        int32_t* c) {
  const int32_t i = tables.Sigmoid(sums[0]);
  const int32_t f = tables.Sigmoid(sums[1]);
  const int32_t g = tables.Tanh(sums[2]);
  const int32_t o = tables.Sigmoid(sums[3]);
  const int32_t added = RoundShift(i * g, kGateBits - kStateBits);
  *c = ClampToInt16(RoundShift(f * *c + added, kGateBits));
  return RoundShift(o * tables.Tanh(*c), kGateBits);
}

inline int32_t RnnStep(const GateTables& tables, int32_t sum) {
  return tables.Tanh(sum);
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ARITH_RECURRENT_H_

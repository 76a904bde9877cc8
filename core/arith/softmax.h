// Softmax in integers: one row of logits to 16-bit probabilities. The scalar
// code is the specification (docs/arithmetic.md, "Softmax"); tested by
// softmax_test.cc against real arithmetic.
//
//   u_j = min(Requantize(max - acc_j, logit), 65535)       unit 2^-12 nat
//   e_j = (coarse[u_j >> 8] * fine[u_j & 255] + 2^14) >> 15    exp in 1/2^15
//   r   = floor((32767 * 2^16 + floor(sum / 2)) / sum)     sum over e_j
//   p_j = (e_j * r + 2^15) >> 16                           unit 1/32767
//
// The largest e_j is 2^15 (tables start with 2^15), so sum >= 2^15 and r <
// 2^16, and every product fits 32 bits unsigned for rows up to kMaxSoftmaxRow.
#ifndef EDGE_INT8_CORE_ARITH_SOFTMAX_H_
#define EDGE_INT8_CORE_ARITH_SOFTMAX_H_

#include <array>
#include <cstdint>

#include "core/arith/fixed_point.h"

namespace edge_int8::core {

inline constexpr int kMaxSoftmaxRow = 256;
inline constexpr int32_t kProbabilityOne = 32767;
inline constexpr int kExpUnitBits = 12;  // u counts 2^-12 nats

// exp(-i / 16) and exp(-i / 4096), both times 2^15, i = 0 .. 255.
struct ExpTables {
  std::array<uint16_t, 256> coarse = {};
  std::array<uint16_t, 256> fine = {};
};

inline uint32_t IntegerExp(const ExpTables& tables, uint32_t u) {
  const uint32_t product =
      uint32_t{tables.coarse[u >> 8]} * tables.fine[u & 255];
  return (product + (1u << 14)) >> 15;
}

// acc: n logits in accumulator units; p: n probabilities in [0, 32767] whose
// sum is 32767 but for rounding. n in [1, kMaxSoftmaxRow].
inline void SoftmaxRow(const ExpTables& tables, Multiplier logit,
                       const int32_t* acc, int n, int16_t* p) {
  int32_t max = acc[0];
  for (int j = 1; j < n; ++j) max = acc[j] > max ? acc[j] : max;
  uint32_t exps[kMaxSoftmaxRow];
  uint32_t sum = 0;
  for (int j = 0; j < n; ++j) {
    const int32_t u = Clamp(Requantize(max - acc[j], logit), 0, 65535);
    exps[j] = IntegerExp(tables, static_cast<uint32_t>(u));
    sum += exps[j];
  }
  const uint32_t one = uint32_t{kProbabilityOne} << 16;
  const uint32_t reciprocal = (one + sum / 2) / sum;
  for (int j = 0; j < n; ++j) {
    p[j] = static_cast<int16_t>((exps[j] * reciprocal + (1u << 15)) >> 16);
  }
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ARITH_SOFTMAX_H_

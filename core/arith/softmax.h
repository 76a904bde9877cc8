// Softmax in integers: one row of logits to 16-bit probabilities. The scalar
// code is the specification (docs/arithmetic.md, "Softmax"); tested by
// softmax_test.cc against real arithmetic.
//
//   u_j = min(Requantize(max - acc_j, logit), 65535)       unit 2^-12 nat
//   e_j = (coarse[u_j >> 8] * fine[u_j & 255] + 2^14) >> 15    exp in 1/2^15
//   r   = min(floor((32767 * 2^(16 + b) + floor(sum / 2)) / sum), 65534)
//   p_j = (e_j * r + 2^15) >> 16                 unit 1 / (32767 * 2^b)
//
// The sum is over e_j, b is `extra_bits`. A row of n values needs b > 0 where
// n is large: 1/1000 would be 33 of 32767. The largest e_j is 2^15 (tables
// start with 2^15), so 2^15 <= sum <= 2^31 and, with r at most 65534, every
// product fits 32 bits unsigned and p_j is at most 32767. Without extra bits r
// is below 65535 by itself. With them it is where the largest probability is
// below 2^-b; a row where it is not comes out smaller as a whole, its largest
// value 32767 and all ratios kept.
#ifndef EDGE_INT8_CORE_ARITH_SOFTMAX_H_
#define EDGE_INT8_CORE_ARITH_SOFTMAX_H_

#include <array>
#include <cstdint>

#include "core/arith/fixed_point.h"

namespace edge_int8::core {

inline constexpr int kMaxSoftmaxRow = 256;         // of attention
inline constexpr int kMaxSoftmaxLength = 1 << 16;  // of SoftmaxOp
inline constexpr int kMaxExtraBits = 12;
inline constexpr uint32_t kMaxReciprocal = 65534;
inline constexpr int32_t kProbabilityOne = 32767;
inline constexpr int kExpUnitBits = 12;  // u counts 2^-12 nats

// exp(-i / 16) and exp(-i / 4096), both times 2^15, i = 0 .. 255.
struct ExpTables {
  std::array<uint16_t, 256> coarse = {};
  std::array<uint16_t, 256> fine = {};
  bool operator==(const ExpTables&) const = default;
};

inline uint32_t IntegerExp(const ExpTables& tables, uint32_t u) {
  const uint32_t product =
      uint32_t{tables.coarse[u >> 8]} * tables.fine[u & 255];
  return (product + (1u << 14)) >> 15;
}

// x: n logits whose differences fit 32 bits; p: n probabilities in [0, 32767]
// whose sum is 32767 * 2^extra_bits but for rounding. exps: room for n values.
// n in [1, kMaxSoftmaxLength], extra_bits in [0, kMaxExtraBits].
inline void SoftmaxRow(const ExpTables& tables, Multiplier logit,
                       int extra_bits, const int32_t* x, int n, uint32_t* exps,
                       int16_t* p) {
  int32_t max = x[0];
  for (int j = 1; j < n; ++j) max = x[j] > max ? x[j] : max;
  uint32_t sum = 0;
  for (int j = 0; j < n; ++j) {
    const int32_t u = Clamp(Requantize(max - x[j], logit), 0, 65535);
    exps[j] = IntegerExp(tables, static_cast<uint32_t>(u));
    sum += exps[j];
  }
  const uint64_t one = uint64_t{kProbabilityOne} << (16 + extra_bits);
  const uint64_t quotient = (one + sum / 2) / sum;
  const uint32_t reciprocal = quotient < kMaxReciprocal
                                  ? static_cast<uint32_t>(quotient)
                                  : kMaxReciprocal;
  for (int j = 0; j < n; ++j) {
    p[j] = static_cast<int16_t>((exps[j] * reciprocal + (1u << 15)) >> 16);
  }
}

// The same for a row of attention: n in [1, kMaxSoftmaxRow].
inline void SoftmaxRow(const ExpTables& tables, Multiplier logit,
                       const int32_t* acc, int n, int16_t* p) {
  uint32_t exps[kMaxSoftmaxRow];
  SoftmaxRow(tables, logit, 0, acc, n, exps, p);
}

// At least the sum of a row's p: e_j * r sums to at most 32767 * 2^(16 + b) +
// sum / 2 <= 32767 * 2^(16 + b) + n * 2^14, and each rounds up by half at most.
constexpr int64_t SoftmaxRowSum(int64_t n, int extra_bits) {
  return (int64_t{kProbabilityOne} << extra_bits) + n;
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ARITH_SOFTMAX_H_

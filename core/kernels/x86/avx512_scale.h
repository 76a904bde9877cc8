// Requantizing 16 channels on AVX-512. Only for avx512_*.cc: everything here
// has internal linkage, so that no copy compiled for one instruction set is
// linked into a file of another. Tested by kernels_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_X86_AVX512_SCALE_H_
#define EDGE_INT8_CORE_KERNELS_X86_AVX512_SCALE_H_

#include <immintrin.h>

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {
namespace {

// Which of ScaleRow's forms a row has. kRealInt16 only where the kernel asks
// for it: its vectors hold the value in the low 16 bits, and anything above.
enum class Scaling { kPlain, kLimited, kReal, kRealInt16 };

[[maybe_unused]] Scaling ScalingOf(const ScaleRow& row) {
  if (row.real != nullptr) return Scaling::kReal;
  return row.limit != nullptr ? Scaling::kLimited : Scaling::kPlain;
}

// Calls run with the form as a constant.
template <class Run>
void WithScaling(const ScaleRow& row, const Run& run) {
  switch (ScalingOf(row)) {
    case Scaling::kPlain:
      return run.template operator()<Scaling::kPlain>();
    case Scaling::kLimited:
      return run.template operator()<Scaling::kLimited>();
    case Scaling::kReal:
    case Scaling::kRealInt16:
      return run.template operator()<Scaling::kReal>();
  }
}

// One fused product and sum, whose low bits are the value.
[[gnu::always_inline]] inline __m512i RealBits(__m512i acc, __m512 real,
                                               __m512 real_add) {
  return _mm512_castps_si512(
      _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc), real, real_add));
}
[[gnu::always_inline]] inline __m512i RealValue(__m512i acc, __m512 real,
                                                __m512 real_add) {
  return _mm512_sub_epi32(RealBits(acc, real, real_add),
                          _mm512_set1_epi32(kRealAddBits));
}

// 64-bit products of the even and of the odd lanes; their high words put side
// by side are the high words of all 16 (channel_scales.h: the low ones never
// matter). next_mantissa: of the lane after each.
[[gnu::always_inline]] inline __m512i IntegerValue(__m512i acc,
                                                   __m512i mantissa,
                                                   __m512i next_mantissa,
                                                   __m512i add, __m512i shift) {
  const __m512i even = _mm512_mul_epi32(acc, mantissa);
  const __m512i odd =
      _mm512_mul_epi32(_mm512_srli_epi64(acc, 32), next_mantissa);
  const __m512i high =
      _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
  return _mm512_srav_epi32(_mm512_add_epi32(high, add), shift);
}

// A row's parameters for 16 channels, in registers while several positions
// are requantized.
template <Scaling kScaling>
struct Scale16 {
  __m512i mantissa, next_mantissa, add, shift, limit, left;

  Scale16(const ScaleRow& row, int c)
      : mantissa(_mm512_loadu_si512(row.mantissa + c)),
        next_mantissa(_mm512_loadu_si512(row.next_mantissa + c)),
        add(_mm512_loadu_si512(row.add + c)),
        shift(_mm512_loadu_si512(row.shift + c)) {
    if (kScaling == Scaling::kLimited) {
      limit = _mm512_loadu_si512(row.limit + c);
      left = _mm512_loadu_si512(row.left + c);
    }
  }

  __m512i operator()(__m512i acc) const {
    if (kScaling == Scaling::kLimited) {
      const __m512i zero = _mm512_setzero_si512();
      acc = _mm512_min_epi32(acc, limit);
      acc = _mm512_max_epi32(acc, _mm512_sub_epi32(zero, limit));
      acc = _mm512_sllv_epi32(acc, left);
    }
    return IntegerValue(acc, mantissa, next_mantissa, add, shift);
  }
};

template <>
struct Scale16<Scaling::kRealInt16> {
  __m512 real, real_add;

  Scale16(const ScaleRow& row, int c)
      : real(_mm512_loadu_ps(row.real + c)),
        real_add(_mm512_set1_ps(row.real_add)) {}

  __m512i operator()(__m512i acc) const {
    return RealBits(acc, real, real_add);
  }
};

template <>
struct Scale16<Scaling::kReal> : Scale16<Scaling::kRealInt16> {
  using Scale16<Scaling::kRealInt16>::Scale16;

  __m512i operator()(__m512i acc) const {
    return RealValue(acc, real, real_add);
  }
};

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_AVX512_SCALE_H_

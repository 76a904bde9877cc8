// Rows and columns of four dwords exchanged in every 128-bit lane. Only for
// avx512_attention*: internal linkage, as in avx512_scale.h. Tested by
// attention_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_X86_AVX512_TURN_H_
#define EDGE_INT8_CORE_KERNELS_X86_AVX512_TURN_H_

#include <immintrin.h>

namespace edge_int8::core {
namespace {

// Dword i of lane l of y[r] is dword r of lane l of x[i].
[[gnu::always_inline]] inline void TurnFours(const __m512i (&x)[4],
                                             __m512i (&y)[4]) {
  const __m512i low0 = _mm512_unpacklo_epi32(x[0], x[1]);
  const __m512i low1 = _mm512_unpacklo_epi32(x[2], x[3]);
  const __m512i high0 = _mm512_unpackhi_epi32(x[0], x[1]);
  const __m512i high1 = _mm512_unpackhi_epi32(x[2], x[3]);
  y[0] = _mm512_unpacklo_epi64(low0, low1);
  y[1] = _mm512_unpackhi_epi64(low0, low1);
  y[2] = _mm512_unpacklo_epi64(high0, high1);
  y[3] = _mm512_unpackhi_epi64(high0, high1);
}

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_AVX512_TURN_H_

// Products on 256-bit VNNI (ymm_block.h), in either of its two encodings.
// vpdpbusd and vpdpwssd wrap, they don't saturate.
//
// Vnni says how: Bytes(acc, x, w) adds products of four uint8 and int8, and
// Words(acc, x, w) those of two int16. Only for the files of an instruction
// set: internal linkage. Tested by kernels_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_X86_YMM_VNNI_H_
#define EDGE_INT8_CORE_KERNELS_X86_YMM_VNNI_H_

#include <immintrin.h>

#include "core/kernels/kernel_table.h"
#include "core/kernels/x86/ymm_block.h"

namespace edge_int8::core {
namespace {

struct PlainWeights {
  static __m256i Weights(const std::byte* w) {
    return _mm256_loadu_si256(Vector(w));
  }
};
template <class Vnni>
struct OfBytes : PlainWeights {
  static void AddTo(__m256i* acc, __m256i x, __m256i w) {
    *acc = Vnni::Bytes(*acc, x, w);
  }
};
template <class Vnni>
struct OfWords : PlainWeights {
  static void AddTo(__m256i* acc, __m256i x, __m256i w) {
    *acc = Vnni::Words(*acc, x, w);
  }
};

// The same block without memory: what vpdpbusd can do at best.
template <class Vnni>
int64_t Peak(int64_t rounds, int32_t* sink) {
  constexpr int kAccumulators = 12;
  __m256i acc[kAccumulators];
  __m256i x = _mm256_set1_epi32(*sink + 0x01020304);
  const __m256i w = _mm256_set1_epi32(*sink + 0x04030201);
#pragma GCC unroll 12
  for (int i = 0; i < kAccumulators; ++i) acc[i] = _mm256_set1_epi32(i);
  for (int64_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
    for (int i = 0; i < kAccumulators; ++i) {
      acc[i] = Vnni::Bytes(acc[i], x, w);
    }
    // Keeps the compiler from merging rounds.
    __asm__ volatile("" : "+x"(x));
  }
  __m256i mixed = acc[0];
#pragma GCC unroll 12
  for (int i = 1; i < kAccumulators; ++i) {
    mixed = _mm256_xor_si256(mixed, acc[i]);
  }
  *sink = _mm_cvtsi128_si32(_mm256_castsi256_si128(mixed));
  return rounds * kAccumulators * 32;
}

// Pairs of ymm_attention.h.
template <class Vnni>
struct VnniPairs {
  static __m256i AddTo(__m256i acc, __m256i x, __m256i y) {
    return Vnni::Words(acc, x, y);
  }
};

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_YMM_VNNI_H_

// Products on 256-bit VNNI, in either of its two encodings: register blocks of
// up to 6 positions by one panel. 12 accumulators, two vectors of weights and
// one of input fit the 16 registers that AVX has; a step costs 8 loads for 12
// multiplications. vpdpbusd and vpdpwssd wrap, they don't saturate.
//
// Vnni says how: Bytes(acc, x, w) adds products of four uint8 and int8, and
// Words(acc, x, w) those of two int16. Only for the files of an instruction
// set: internal linkage. Tested by kernels_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_X86_YMM_VNNI_H_
#define EDGE_INT8_CORE_KERNELS_X86_YMM_VNNI_H_

#include <immintrin.h>

#include "core/kernels/even_blocks.h"
#include "core/kernels/kernel_table.h"

namespace edge_int8::core {
namespace {

typedef int32_t Unaligned32 __attribute__((aligned(1), may_alias));

constexpr int kMaxPositions = 6;
constexpr int kPanelBytes = kPanel * kStepBytes;

template <class Vnni>
struct OfBytes {
  static __m256i Multiply(__m256i acc, __m256i x, __m256i w) {
    return Vnni::Bytes(acc, x, w);
  }
};
template <class Vnni>
struct OfWords {
  static __m256i Multiply(__m256i acc, __m256i x, __m256i w) {
    return Vnni::Words(acc, x, w);
  }
};

inline __m256i LoadVector(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}

// Up to eight columns. Not inlined: a tail is rare.
[[gnu::noinline]] inline void StoreColumns(__m256i acc, int columns,
                                           int32_t* out) {
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  _mm256_maskstore_epi32(
      out, _mm256_cmpgt_epi32(_mm256_set1_epi32(columns), lanes), acc);
}

template <class Type, int kPositions, int kHalves>
void Block(const GemmArgs& a, int first_position, int first_column) {
  const std::byte* x[kPositions];
  __m256i acc[kPositions][kHalves];
#pragma GCC unroll 6
  for (int p = 0; p < kPositions; ++p) {
    x[p] = a.x + a.position[first_position + p];
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h) {
      acc[p][h] = LoadVector(a.bias + first_column + 8 * h);
    }
  }
  const std::byte* w =
      a.weights + int64_t{first_column / kPanel} * a.steps * kPanelBytes;
  for (int s = 0; s < a.steps; ++s, w += kPanelBytes) {
    const int64_t offset = a.step[s];
    __m256i weights[kHalves];
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h) weights[h] = LoadVector(w + 32 * h);
#pragma GCC unroll 6
    for (int p = 0; p < kPositions; ++p) {
      const __m256i four = _mm256_set1_epi32(
          *reinterpret_cast<const Unaligned32*>(x[p] + offset));
#pragma GCC unroll 2
      for (int h = 0; h < kHalves; ++h) {
        acc[p][h] = Type::Multiply(acc[p][h], four, weights[h]);
      }
    }
  }
  const bool whole = a.columns - first_column >= 8 * kHalves;
#pragma GCC unroll 6
  for (int p = 0; p < kPositions; ++p) {
    int32_t* out =
        a.acc + int64_t{first_position + p} * a.acc_stride + first_column;
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h, out += 8) {
      if (whole) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), acc[p][h]);
      } else {
        StoreColumns(acc[p][h], a.columns - first_column - 8 * h, out);
      }
    }
  }
}

template <class Type, int kHalves>
void Panel(const GemmArgs& a, int first_column) {
  constexpr void (*kBlocks[kMaxPositions + 1])(const GemmArgs&, int, int) = {
      nullptr,
      Block<Type, 1, kHalves>,
      Block<Type, 2, kHalves>,
      Block<Type, 3, kHalves>,
      Block<Type, 4, kHalves>,
      Block<Type, 5, kHalves>,
      Block<Type, 6, kHalves>};
  ForEvenBlocks(a.positions, kMaxPositions, [&](int p, int positions) {
    kBlocks[positions](a, p, first_column);
  });
}

template <class Type>
void Gemm(const GemmArgs& a) {
  for (int c = 0; c < a.columns; c += kPanel) {
    if (a.columns - c > 8) {
      Panel<Type, 2>(a, c);
    } else {
      Panel<Type, 1>(a, c);
    }
  }
}

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

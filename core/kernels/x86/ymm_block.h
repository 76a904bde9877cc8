// Products on 256-bit registers: register blocks of up to 6 positions by one
// panel. 12 accumulators, two vectors of weights and one of input fit the 16
// registers that AVX has; a step costs 8 loads for 12 multiplications.
//
// Type says how four bytes of input, two or four values, are multiplied:
// AddTo(&acc, x, w) adds the sums of each lane's products, and Weights(p) loads
// w. Only for the files of an instruction set: internal linkage. Tested by
// kernels_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_X86_YMM_BLOCK_H_
#define EDGE_INT8_CORE_KERNELS_X86_YMM_BLOCK_H_

#include <immintrin.h>

#include "core/kernels/even_blocks.h"
#include "core/kernels/kernel_table.h"

namespace edge_int8::core {
namespace {

typedef int32_t Unaligned32 __attribute__((aligned(1), may_alias));

inline const __m256i* Vector(const void* p) {
  return static_cast<const __m256i*>(p);
}

// The first n < 8 lanes.
inline void StoreFew(__m256i v, int n, int32_t* out) {
  __m128i lanes = _mm256_castsi256_si128(v);
  if ((n & 4) != 0) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), lanes);
    lanes = _mm256_extracti128_si256(v, 1);
    out += 4;
  }
  if ((n & 2) != 0) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), lanes);
    lanes = _mm_srli_si128(lanes, 8);
    out += 2;
  }
  if ((n & 1) != 0) *out = _mm_cvtsi128_si32(lanes);
}

// Up to eight columns; by value, so that accumulators stay in registers. Not
// inlined: a tail is rare, and its branches are many.
[[gnu::noinline]] inline void StoreHalf(__m256i acc, int columns,
                                        int32_t* out) {
  if (columns >= 8) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), acc);
  } else if (columns > 0) {
    StoreFew(acc, columns, out);
  }
}

constexpr int kMaxPositions = 6;  // 12 of the 16 registers
constexpr int kPanelBytes = kPanel * kStepBytes;

template <class Type, int kPositions, int kHalves>
void Block(const GemmArgs& a, int first_position, int first_column) {
  const std::byte* x[kPositions];
  __m256i acc[kPositions][kHalves];
#pragma GCC unroll 6
  for (int p = 0; p < kPositions; ++p) {
    x[p] = a.x + a.position[first_position + p];
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h) {
      acc[p][h] = _mm256_loadu_si256(Vector(a.bias + first_column + 8 * h));
    }
  }
  const std::byte* w =
      a.weights + int64_t{first_column / kPanel} * a.steps * kPanelBytes;
  for (int s = 0; s < a.steps; ++s, w += kPanelBytes) {
    const int64_t offset = a.step[s];
    __m256i weights[kHalves];
#pragma GCC unroll 2
    for (int h = 0; h < kHalves; ++h) weights[h] = Type::Weights(w + 32 * h);
#pragma GCC unroll 6
    for (int p = 0; p < kPositions; ++p) {
      const __m256i values = _mm256_set1_epi32(
          *reinterpret_cast<const Unaligned32*>(x[p] + offset));
#pragma GCC unroll 2
      for (int h = 0; h < kHalves; ++h) {
        Type::AddTo(&acc[p][h], values, weights[h]);
      }
    }
  }
  // Tested once: a short product is a third stores.
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
        StoreHalf(acc[p][h], a.columns - first_column - 8 * h, out);
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

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_YMM_BLOCK_H_

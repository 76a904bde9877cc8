// The product of one register block on AVX-512 VNNI. Only for avx512_*.cc:
// internal linkage, as in avx512_scale.h. Tested by kernels_test.cc.
//
// A block is up to 10 positions by 2 panels: 20 accumulators hide the latency
// of vpdpbusd, and a step costs 12 vector loads (2 of weights, 10 broadcasts of
// 4 input bytes) for 20 multiplications, so the multipliers are the limit.
// vpdpbusd and vpdpwssd wrap, they don't saturate (the ...ds forms do).
#ifndef EDGE_INT8_CORE_KERNELS_X86_AVX512_BLOCK_H_
#define EDGE_INT8_CORE_KERNELS_X86_AVX512_BLOCK_H_

#include <immintrin.h>

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {
namespace {

constexpr int kMaxPositions = 10;
constexpr int kMaxPanels = 2;

typedef int32_t Unaligned32 __attribute__((aligned(1), may_alias));

struct Bytes {
  static __m512i Multiply(__m512i acc, __m512i x, __m512i w) {
    return _mm512_dpbusd_epi32(acc, x, w);
  }
};
struct Words {
  static __m512i Multiply(__m512i acc, __m512i x, __m512i w) {
    return _mm512_dpwssd_epi32(acc, x, w);
  }
};

// Always inlined: the accumulators must stay in registers for what follows.
template <class Type, int kPositions, int kPanels>
[[gnu::always_inline]] inline void MultiplyBlock(
    const GemmArgs& a, int first_position, int first_column,
    __m512i (&acc)[kPositions][kPanels]) {
  const std::byte* x[kPositions];
#pragma GCC unroll 10
  for (int p = 0; p < kPositions; ++p) {
    x[p] = a.x + a.position[first_position + p];
    __asm__("" : "+r"(x[p]));
#pragma GCC unroll 2
    for (int n = 0; n < kPanels; ++n) {
      acc[p][n] = _mm512_loadu_si512(a.bias + first_column + n * kPanel);
    }
  }
  const int64_t panel = int64_t{a.steps} * 64;
  const std::byte* w = a.weights + first_column / kPanel * panel;
  for (int s = 0; s < a.steps; ++s, w += 64) {
    const int64_t offset = a.step[s];
    __m512i weights[kPanels];
#pragma GCC unroll 2
    for (int n = 0; n < kPanels; ++n) {
      weights[n] = _mm512_loadu_si512(w + n * panel);
    }
#pragma GCC unroll 10
    for (int p = 0; p < kPositions; ++p) {
      const __m512i four = _mm512_set1_epi32(
          *reinterpret_cast<const Unaligned32*>(x[p] + offset));
#pragma GCC unroll 2
      for (int n = 0; n < kPanels; ++n) {
        acc[p][n] = Type::Multiply(acc[p][n], four, weights[n]);
      }
    }
  }
}

// Position blocks are inside column blocks: two panels of weights come from the
// second-level cache once and then from the first. Even blocks: 15 positions
// are 8 and 7, not 10 and 5. run(positions of a block, panels of a block,
// number of blocks, first position, first column).
template <class Run>
void ForEachBlock(const GemmArgs& a, const Run& run) {
  if (a.positions == 0) return;
  const int blocks = (a.positions + kMaxPositions - 1) / kMaxPositions;
  const int least = a.positions / blocks;
  const int larger = a.positions - blocks * least;  // blocks of one more
  for (int c = 0; c < a.columns; c += kMaxPanels * kPanel) {
    const int panels = a.columns - c > kPanel ? 2 : 1;
    if (larger > 0) run(least + 1, panels, larger, 0, c);
    run(least, panels, blocks - larger, larger * (least + 1), c);
  }
}

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_AVX512_BLOCK_H_

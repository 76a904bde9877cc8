// Products on AVX-512 VNNI. A register block is up to 10 positions by 2 panels:
// 20 accumulators hide the latency of vpdpbusd, and a step costs 12 vector
// loads (2 of weights, 10 broadcasts of 4 input bytes) for 20 multiplications,
// so the multipliers are the limit. vpdpbusd and vpdpwssd wrap, they don't
// saturate (the ...ds forms do).
#include <immintrin.h>

#include "core/kernels/avx512_kernels.h"

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

// The columns of one panel that are stored.
__mmask16 PanelMask(int columns_left) {
  return columns_left >= kPanel
             ? static_cast<__mmask16>(0xffff)
             : static_cast<__mmask16>((1u << columns_left) - 1);
}

template <class Type, int kPositions, int kPanels>
void Block(const GemmArgs& a, int first_position, int first_column) {
  const std::byte* x[kPositions];
  __m512i acc[kPositions][kPanels];
#pragma GCC unroll 10
  for (int p = 0; p < kPositions; ++p) {
    x[p] = a.x + a.position[first_position + p];
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
#pragma GCC unroll 10
  for (int p = 0; p < kPositions; ++p) {
    int32_t* out =
        a.acc + int64_t{first_position + p} * a.acc_stride + first_column;
#pragma GCC unroll 2
    for (int n = 0; n < kPanels; ++n) {
      const int left = a.columns - first_column - n * kPanel;
      _mm512_mask_storeu_epi32(out + n * kPanel, PanelMask(left), acc[p][n]);
    }
  }
}

using BlockFunction = void (*)(const GemmArgs&, int, int);

template <class Type, int kPanels>
constexpr BlockFunction kBlocks[kMaxPositions + 1] = {
    nullptr,
    Block<Type, 1, kPanels>,
    Block<Type, 2, kPanels>,
    Block<Type, 3, kPanels>,
    Block<Type, 4, kPanels>,
    Block<Type, 5, kPanels>,
    Block<Type, 6, kPanels>,
    Block<Type, 7, kPanels>,
    Block<Type, 8, kPanels>,
    Block<Type, 9, kPanels>,
    Block<Type, 10, kPanels>,
};

// Position blocks are inside column blocks: two panels of weights come from the
// second-level cache once and then from the first.
template <class Type>
void Gemm(const GemmArgs& a) {
  const int blocks = (a.positions + kMaxPositions - 1) / kMaxPositions;
  for (int c = 0; c < a.columns; c += kMaxPanels * kPanel) {
    const bool two = a.columns - c > kPanel;
    int p = 0;
    for (int b = 0; b < blocks; ++b) {
      // Even blocks: 15 positions are 8 and 7, not 10 and 5.
      const int count = (a.positions - p + blocks - b - 1) / (blocks - b);
      (two ? kBlocks<Type, 2> : kBlocks<Type, 1>)[count](a, p, c);
      p += count;
    }
  }
}

}  // namespace

void GemmU8Avx512(const GemmArgs& args) { Gemm<Bytes>(args); }
void GemmS16Avx512(const GemmArgs& args) { Gemm<Words>(args); }

// The same block without memory: what vpdpbusd can do at best.
int64_t PeakAvx512(int64_t rounds, int32_t* sink) {
  constexpr int kAccumulators = 20;
  __m512i acc[kAccumulators];
  __m512i x = _mm512_set1_epi32(*sink + 0x01020304);
  const __m512i w = _mm512_set1_epi32(*sink + 0x04030201);
#pragma GCC unroll 20
  for (int i = 0; i < kAccumulators; ++i) acc[i] = _mm512_set1_epi32(i);
  for (int64_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 20
    for (int i = 0; i < kAccumulators; ++i) {
      acc[i] = _mm512_dpbusd_epi32(acc[i], x, w);
    }
    // Keeps the compiler from merging rounds.
    __asm__ volatile("" : "+v"(x));
  }
  __m512i mixed = acc[0];
#pragma GCC unroll 20
  for (int i = 1; i < kAccumulators; ++i) {
    mixed = _mm512_xor_si512(mixed, acc[i]);
  }
  *sink = _mm_cvtsi128_si32(_mm512_castsi512_si128(mixed));
  return rounds * kAccumulators * 64;
}

}  // namespace edge_int8::core

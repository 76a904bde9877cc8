// Products on AVX-512 VNNI: register blocks (avx512_block.h) that end in
// memory.
#include <immintrin.h>

#include "core/kernels/x86/avx512_block.h"
#include "core/kernels/x86/avx512_kernels.h"

namespace edge_int8::core {
namespace {

// The columns of one panel that are stored.
__mmask16 PanelMask(int columns_left) {
  return columns_left >= kPanel
             ? static_cast<__mmask16>(0xffff)
             : static_cast<__mmask16>((1u << columns_left) - 1);
}

template <class Type, int kPositions, int kPanels>
void Block(const GemmArgs& a, int first_position, int first_column) {
  __m512i acc[kPositions][kPanels];
  MultiplyBlock<Type>(a, first_position, first_column, acc);
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

template <class Type>
void Gemm(const GemmArgs& a) {
  ForEachBlock(a, [&](int positions, int panels, int count, int p, int c) {
    const BlockFunction block =
        (panels == 2 ? kBlocks<Type, 2> : kBlocks<Type, 1>)[positions];
    for (int n = 0; n < count; ++n) block(a, p + n * positions, c);
  });
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

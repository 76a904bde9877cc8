// A product whose accumulators are requantized, looked up in a table of 256
// bytes and stored without leaving the registers (VBMI). Tested by
// kernels_test.cc and, in whole networks, by engine_test.cc.
#include "core/kernels/avx512_block.h"
#include "core/kernels/avx512_kernels.h"
#include "core/kernels/avx512_scale.h"

namespace edge_int8::core {
namespace {

// 64 requantized values: four vectors of 16 become bytes in order. packs and
// packus clamp to [0, 255]; both work within 128-bit lanes, so that each dword
// of the result is four neighbours of one vector.
struct ToTable {
  __m512i in_order;
  const uint8_t* table;

  explicit ToTable(const GemmToBytesArgs& a)
      : in_order(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7,
                                   11, 15)),
        table(a.table) {}

  [[gnu::always_inline]] __m512i operator()(__m512i a0, __m512i a1, __m512i a2,
                                            __m512i a3) const {
    const __m512i index = _mm512_permutexvar_epi32(
        in_order, _mm512_packus_epi16(_mm512_packs_epi32(a0, a1),
                                      _mm512_packs_epi32(a2, a3)));
    // Loaded each time: in registers the table would push accumulators out.
    const uint8_t* entries = table;
    __asm__("" : "+r"(entries));
    const auto part = [&](int i) {
      return _mm512_loadu_si512(entries + 64 * i);
    };
    const __m512i lower = _mm512_permutex2var_epi8(part(0), index, part(1));
    const __m512i upper = _mm512_permutex2var_epi8(part(2), index, part(3));
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), lower, upper);
  }
};

template <bool kLimited, int kPositions, int kPanels>
void Block(const GemmToBytesArgs& a, int first_position, int first_column) {
  __m512i acc[kPositions][kPanels];
  MultiplyBlock<Bytes>(a.gemm, first_position, first_column, acc);
  const ToTable to_table(a);
  const Scale16<kLimited> first(a.row, first_column);
  const Scale16<kLimited> second(a.row,
                                 first_column + (kPanels == 2 ? kPanel : 0));
  const int32_t* const to = a.out_position + first_position;
  uint8_t* const out = a.out + first_column;
  const int left = a.gemm.columns - first_column;
  if constexpr (kPanels == 2) {
    const __mmask32 mask = left >= 32 ? 0xffffffffu : (1u << left) - 1;
#pragma GCC unroll 5
    for (int p = 0; p < kPositions; p += 2) {
      const int q = p + 1 < kPositions ? p + 1 : p;
      const __m512i y = to_table(first(acc[p][0]), second(acc[p][1]),
                                 first(acc[q][0]), second(acc[q][1]));
      _mm256_mask_storeu_epi8(out + to[p], mask, _mm512_castsi512_si256(y));
      if (q == p) continue;
      _mm256_mask_storeu_epi8(out + to[q], mask,
                              _mm512_extracti64x4_epi64(y, 1));
    }
  } else {
    const auto mask =
        static_cast<__mmask16>(left >= 16 ? 0xffffu : (1u << left) - 1);
    constexpr int kLast = kPositions - 1;
#pragma GCC unroll 3
    for (int p = 0; p < kPositions; p += 4) {
      const int q[4] = {p, p + 1 < kLast ? p + 1 : kLast,
                        p + 2 < kLast ? p + 2 : kLast,
                        p + 3 < kLast ? p + 3 : kLast};
      const __m512i y = to_table(first(acc[q[0]][0]), first(acc[q[1]][0]),
                                 first(acc[q[2]][0]), first(acc[q[3]][0]));
      _mm_mask_storeu_epi8(out + to[q[0]], mask, _mm512_castsi512_si128(y));
      _mm_mask_storeu_epi8(out + to[q[1]], mask,
                           _mm512_extracti32x4_epi32(y, 1));
      _mm_mask_storeu_epi8(out + to[q[2]], mask,
                           _mm512_extracti32x4_epi32(y, 2));
      _mm_mask_storeu_epi8(out + to[q[3]], mask,
                           _mm512_extracti32x4_epi32(y, 3));
    }
  }
}

using BlockFunction = void (*)(const GemmToBytesArgs&, int, int);

template <bool kLimited, int kPanels>
constexpr BlockFunction kBlocks[kMaxPositions + 1] = {
    nullptr,
    Block<kLimited, 1, kPanels>,
    Block<kLimited, 2, kPanels>,
    Block<kLimited, 3, kPanels>,
    Block<kLimited, 4, kPanels>,
    Block<kLimited, 5, kPanels>,
    Block<kLimited, 6, kPanels>,
    Block<kLimited, 7, kPanels>,
    Block<kLimited, 8, kPanels>,
    Block<kLimited, 9, kPanels>,
    Block<kLimited, 10, kPanels>,
};

template <bool kLimited>
void Gemm(const GemmToBytesArgs& a) {
  ForEachBlock(a.gemm, [&](int positions, int panels, int p, int c) {
    (panels == 2 ? kBlocks<kLimited, 2> : kBlocks<kLimited, 1>)[positions](a, p,
                                                                           c);
  });
}

}  // namespace

void GemmToBytesVbmi(const GemmToBytesArgs& args) {
  (args.row.limit != nullptr ? Gemm<true> : Gemm<false>)(args);
}

}  // namespace edge_int8::core

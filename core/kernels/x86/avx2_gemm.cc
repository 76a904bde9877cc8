// Products of 16-bit values on AVX2, and of bytes that were widened for them:
// vpmaddubsw would multiply bytes in one step, but its sums of two saturate at
// 32767 where 2 * 255 * 127 is possible, and splitting every four bytes beside
// their products takes one operation in five. vpmaddwd's pairs of a 16-bit
// value and an 8-bit weight fit 32 bits exactly.
#include <immintrin.h>

#include "core/kernels/even_blocks.h"
#include "core/kernels/x86/avx2_kernels.h"

namespace edge_int8::core {
namespace {

typedef int32_t Unaligned32 __attribute__((aligned(1), may_alias));

const __m256i* Vector(const void* p) { return static_cast<const __m256i*>(p); }

// The first n < 8 lanes.
void StoreFew(__m256i v, int n, int32_t* out) {
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
[[gnu::noinline]] void StoreHalf(__m256i acc, int columns, int32_t* out) {
  if (columns >= 8) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), acc);
  } else if (columns > 0) {
    StoreFew(acc, columns, out);
  }
}

// The empty statements keep a value in a register. Without them GCC 12 adds the
// products up before it adds them to an accumulator, and runs out of registers:
// 10% slower.
__m256i LoadWeights(const std::byte* w) {
  __m256i weights = _mm256_loadu_si256(Vector(w));
  __asm__("" : "+x"(weights));
  return weights;
}
void AddTo(__m256i* acc, __m256i products) {
  *acc = _mm256_add_epi32(*acc, products);
  __asm__("" : "+x"(*acc));
}

constexpr int kMaxPositions = 6;  // 12 of the 16 registers
constexpr int kPanelBytes = kPanel * kStepBytes;

template <int kPositions, int kHalves>
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
    for (int h = 0; h < kHalves; ++h) weights[h] = LoadWeights(w + 32 * h);
#pragma GCC unroll 6
    for (int p = 0; p < kPositions; ++p) {
      const __m256i two = _mm256_set1_epi32(
          *reinterpret_cast<const Unaligned32*>(x[p] + offset));
#pragma GCC unroll 2
      for (int h = 0; h < kHalves; ++h) {
        AddTo(&acc[p][h], _mm256_madd_epi16(two, weights[h]));
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

template <int kHalves>
void Panel(const GemmArgs& a, int first_column) {
  constexpr void (*kBlocks[kMaxPositions + 1])(const GemmArgs&, int, int) = {
      nullptr,           Block<1, kHalves>, Block<2, kHalves>,
      Block<3, kHalves>, Block<4, kHalves>, Block<5, kHalves>,
      Block<6, kHalves>};
  ForEvenBlocks(a.positions, kMaxPositions, [&](int p, int positions) {
    kBlocks[positions](a, p, first_column);
  });
}

}  // namespace

void GemmS16Avx2(const GemmArgs& a) {
  for (int c = 0; c < a.columns; c += kPanel) {
    if (a.columns - c > 8) {
      Panel<2>(a, c);
    } else {
      Panel<1>(a, c);
    }
  }
}

void WidenU8Avx2(const uint8_t* in, int32_t count, int16_t* out) {
  int i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m128i bytes =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i),
                        _mm256_cvtepu8_epi16(bytes));
  }
  for (; i < count; ++i) out[i] = in[i];
}

// gemm_u8's densest form.
int64_t PeakAvx2(int64_t rounds, int32_t* sink) {
  constexpr int kAccumulators = 8;
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i acc[kAccumulators];
  __m256i x = _mm256_set1_epi32(*sink + 0x00020004);
  const __m256i w = _mm256_set1_epi32(*sink + 0x00040003);
#pragma GCC unroll 8
  for (int i = 0; i < kAccumulators; ++i) acc[i] = _mm256_set1_epi32(i);
  for (int64_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 8
    for (int i = 0; i < kAccumulators; ++i) {
      // Each product must be made anew: two steps to one widening, as in
      // avx2_shared_gemm.cc.
      __asm__ volatile("" : "+x"(x));
      const __m256i first = _mm256_maddubs_epi16(x, w);
      __asm__ volatile("" : "+x"(x));
      const __m256i sum = _mm256_add_epi16(first, _mm256_maddubs_epi16(x, w));
      AddTo(&acc[i], _mm256_madd_epi16(sum, ones));
    }
  }
  __m256i mixed = acc[0];
  for (int i = 1; i < kAccumulators; ++i) {
    mixed = _mm256_xor_si256(mixed, acc[i]);
  }
  *sink = _mm_cvtsi128_si32(_mm256_castsi256_si128(mixed));
  return rounds * kAccumulators * 64;
}

}  // namespace edge_int8::core

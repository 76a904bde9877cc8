// Products on AVX2. vpmaddubsw would multiply bytes in one step, but its sums
// of two saturate at 32767 where 2 * 255 * 127 is possible. So four input bytes
// are broadcast and split into two pairs of 16-bit values, against weights
// widened when they were packed: vpmaddwd's pairs fit 32 bits exactly.
#include <immintrin.h>

#include "core/kernels/avx2_kernels.h"

namespace edge_int8::core {
namespace {

typedef int32_t Unaligned32 __attribute__((aligned(1), may_alias));

const __m256i* Vector(const void* p) { return static_cast<const __m256i*>(p); }

// Up to a panel of columns.
void StorePanel(__m256i low, __m256i high, int columns, int32_t* out) {
  if (columns >= kPanel) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), low);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 8), high);
    return;
  }
  alignas(32) int32_t lanes[kPanel];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), low);
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes + 8), high);
  for (int c = 0; c < columns; ++c) out[c] = lanes[c];
}

struct Bytes {
  static constexpr int kMaxPositions = 4;  // 8 of the 16 registers
  static constexpr int kPanelBytes = 128;

  // acc += the four values of `x` times both halves of a panel.
  static void Multiply(__m256i x, const std::byte* w, __m256i* acc) {
    const __m256i even = _mm256_and_si256(x, _mm256_set1_epi32(0x00ff00ff));
    const __m256i odd = _mm256_srli_epi16(x, 8);
#pragma GCC unroll 2
    for (int half = 0; half < 2; ++half) {
      const __m256i w0 = _mm256_loadu_si256(Vector(w + 32 * half));
      const __m256i w1 = _mm256_loadu_si256(Vector(w + 64 + 32 * half));
      acc[half] = _mm256_add_epi32(acc[half], _mm256_madd_epi16(even, w0));
      acc[half] = _mm256_add_epi32(acc[half], _mm256_madd_epi16(odd, w1));
    }
  }
};

struct Words {
  static constexpr int kMaxPositions = 6;
  static constexpr int kPanelBytes = 64;

  static void Multiply(__m256i x, const std::byte* w, __m256i* acc) {
    for (int half = 0; half < 2; ++half) {
      const __m256i w0 = _mm256_loadu_si256(Vector(w + 32 * half));
      acc[half] = _mm256_add_epi32(acc[half], _mm256_madd_epi16(x, w0));
    }
  }
};

template <class Type, int kPositions>
void Block(const GemmArgs& a, int first_position, int first_column) {
  const std::byte* x[kPositions];
  __m256i acc[kPositions][2];
#pragma GCC unroll 6
  for (int p = 0; p < kPositions; ++p) {
    x[p] = a.x + a.position[first_position + p];
    acc[p][0] = _mm256_loadu_si256(Vector(a.bias + first_column));
    acc[p][1] = _mm256_loadu_si256(Vector(a.bias + first_column + 8));
  }
  const std::byte* w =
      a.weights + int64_t{first_column / kPanel} * a.steps * Type::kPanelBytes;
  for (int s = 0; s < a.steps; ++s, w += Type::kPanelBytes) {
#pragma GCC unroll 6
    for (int p = 0; p < kPositions; ++p) {
      Type::Multiply(_mm256_set1_epi32(*reinterpret_cast<const Unaligned32*>(
                         x[p] + a.step[s])),
                     w, acc[p]);
    }
  }
#pragma GCC unroll 6
  for (int p = 0; p < kPositions; ++p) {
    StorePanel(
        acc[p][0], acc[p][1], a.columns - first_column,
        a.acc + int64_t{first_position + p} * a.acc_stride + first_column);
  }
}

template <class Type>
void Gemm(const GemmArgs& a) {
  for (int c = 0; c < a.columns; c += kPanel) {
    int p = 0;
    for (; p + Type::kMaxPositions <= a.positions; p += Type::kMaxPositions) {
      Block<Type, Type::kMaxPositions>(a, p, c);
    }
    for (; p + 2 <= a.positions; p += 2) Block<Type, 2>(a, p, c);
    if (p < a.positions) Block<Type, 1>(a, p, c);
  }
}

}  // namespace

void GemmU8Avx2(const GemmArgs& args) { Gemm<Bytes>(args); }
void GemmS16Avx2(const GemmArgs& args) { Gemm<Words>(args); }

int64_t PeakAvx2(int64_t rounds, int32_t* sink) {
  constexpr int kAccumulators = 8;
  __m256i acc[kAccumulators];
  __m256i x = _mm256_set1_epi32(*sink + 0x00020004);
  const __m256i w = _mm256_set1_epi32(*sink + 0x00040003);
#pragma GCC unroll 8
  for (int i = 0; i < kAccumulators; ++i) acc[i] = _mm256_set1_epi32(i);
  for (int64_t r = 0; r < rounds; ++r) {
#pragma GCC unroll 8
    for (int i = 0; i < kAccumulators; ++i) {
      // Each product must be made anew.
      __asm__ volatile("" : "+x"(x));
      acc[i] = _mm256_add_epi32(acc[i], _mm256_madd_epi16(x, w));
    }
  }
  __m256i mixed = acc[0];
  for (int i = 1; i < kAccumulators; ++i) {
    mixed = _mm256_xor_si256(mixed, acc[i]);
  }
  *sink = _mm_cvtsi128_si32(_mm256_castsi256_si128(mixed));
  return rounds * kAccumulators * 16;
}

}  // namespace edge_int8::core

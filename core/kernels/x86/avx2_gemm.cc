// Products of 16-bit values on AVX2, and of bytes that were widened for them:
// vpmaddubsw would multiply bytes in one step, but its sums of two saturate at
// 32767 where 2 * 255 * 127 is possible, and splitting every four bytes beside
// their products takes one operation in five. vpmaddwd's pairs of a 16-bit
// value and an 8-bit weight fit 32 bits exactly.
#include <immintrin.h>

#include "core/kernels/x86/avx2_kernels.h"
#include "core/kernels/x86/ymm_block.h"

namespace edge_int8::core {
namespace {

// The empty statements keep a value in a register. Without them GCC 12 adds the
// products up before it adds them to an accumulator, and runs out of registers:
// 10% slower.
void Add(__m256i* acc, __m256i products) {
  *acc = _mm256_add_epi32(*acc, products);
  __asm__("" : "+x"(*acc));
}

struct Madd {
  static __m256i Weights(const std::byte* w) {
    __m256i weights = _mm256_loadu_si256(Vector(w));
    __asm__("" : "+x"(weights));
    return weights;
  }
  static void AddTo(__m256i* acc, __m256i x, __m256i w) {
    Add(acc, _mm256_madd_epi16(x, w));
  }
};

}  // namespace

void GemmS16Avx2(const GemmArgs& args) { Gemm<Madd>(args); }

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
      Add(&acc[i], _mm256_madd_epi16(sum, ones));
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

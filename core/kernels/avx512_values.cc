// Requantizing, sums and tables on AVX-512.
#include <immintrin.h>

#include "core/kernels/avx512_kernels.h"

namespace edge_int8::core {
namespace {

__mmask32 Mask32(int count) {
  return count >= 32 ? 0xffffffffu : (1u << count) - 1;
}
__mmask64 Mask64(int count) {
  return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

// 64-bit products of the even and of the odd lanes; their high words put side
// by side are the high words of all 16 (channel_scales.h: the low ones never
// matter).
__m512i HighWords(__m512i acc, const ScaleRow& row, int c) {
  const __m512i even =
      _mm512_mul_epi32(acc, _mm512_loadu_si512(row.mantissa + c));
  const __m512i odd = _mm512_mul_epi32(
      _mm512_srli_epi64(acc, 32), _mm512_loadu_si512(row.next_mantissa + c));
  return _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
}

template <bool kLimited>
__m512i Requantized(const int32_t* in, const ScaleRow& row, int c) {
  __m512i acc = _mm512_loadu_si512(in);
  if (kLimited) {
    const __m512i limit = _mm512_loadu_si512(row.limit + c);
    const __m512i zero = _mm512_setzero_si512();
    acc = _mm512_min_epi32(acc, limit);
    acc = _mm512_max_epi32(acc, _mm512_sub_epi32(zero, limit));
    acc = _mm512_sllv_epi32(acc, _mm512_loadu_si512(row.left + c));
  }
  const __m512i rounded =
      _mm512_add_epi32(HighWords(acc, row, c), _mm512_loadu_si512(row.add + c));
  return _mm512_srav_epi32(rounded, _mm512_loadu_si512(row.shift + c));
}

// Ascending, so that `out` may be `acc`: a store at 2 * i never passes a load
// at 4 * i.
template <bool kLimited>
void Requantize(const RequantizeArgs& a) {
  const __m512i zero = _mm512_set1_epi32(a.zero);
  const __m512i low = _mm512_set1_epi16(static_cast<int16_t>(a.low));
  const __m512i high = _mm512_set1_epi16(static_cast<int16_t>(a.high));
  const __m512i in_order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
  for (int first = 0; first < a.count; first += a.period) {
    int c = 0;
    for (; c + 32 <= a.period; c += 32) {
      const int32_t* in = a.acc + first + c;
      const __m512i a0 = Requantized<kLimited>(in, a.row, c);
      const __m512i a1 = Requantized<kLimited>(in + 16, a.row, c + 16);
      __m512i y = _mm512_packs_epi32(_mm512_add_epi32(a0, zero),
                                     _mm512_add_epi32(a1, zero));
      y = _mm512_permutexvar_epi64(in_order, y);
      y = _mm512_min_epi16(_mm512_max_epi16(y, low), high);
      _mm512_storeu_si512(a.out + first + c, y);
    }
    if (c < a.period) {
      const __m512i a0 = Requantized<kLimited>(a.acc + first + c, a.row, c);
      __m256i y = _mm512_cvtsepi32_epi16(_mm512_add_epi32(a0, zero));
      y = _mm256_max_epi16(y, _mm512_castsi512_si256(low));
      y = _mm256_min_epi16(y, _mm512_castsi512_si256(high));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(a.out + first + c), y);
    }
  }
}

}  // namespace

void RequantizeAvx512(const RequantizeArgs& args) {
  if (args.row.limit != nullptr) {
    Requantize<true>(args);
  } else {
    Requantize<false>(args);
  }
}

// Pairs (a, b) times (1, 1) plus the rounding half is vpdpwssd. Unpacking and
// packing both work within 128-bit lanes, so the order comes out right.
void SumS16Avx512(const SumArgs& s) {
  const __m512i half = _mm512_set1_epi32(1 << (s.bits - 1));
  const __m512i ones = _mm512_set1_epi16(1);
  const __m512i zero = _mm512_set1_epi32(s.zero);
  const __m512i low = _mm512_set1_epi16(static_cast<int16_t>(s.low));
  const __m512i high = _mm512_set1_epi16(static_cast<int16_t>(s.high));
  const __m128i bits = _mm_cvtsi32_si128(s.bits);
  for (int i = 0; i < s.count; i += 32) {
    const __m512i a = _mm512_loadu_si512(s.a + i);
    const __m512i b = _mm512_loadu_si512(s.b + i);
    const auto round = [&](__m512i pairs) {
      const __m512i sum = _mm512_dpwssd_epi32(half, pairs, ones);
      return _mm512_add_epi32(_mm512_sra_epi32(sum, bits), zero);
    };
    __m512i y = _mm512_packs_epi32(round(_mm512_unpacklo_epi16(a, b)),
                                   round(_mm512_unpackhi_epi16(a, b)));
    y = _mm512_min_epi16(_mm512_max_epi16(y, low), high);
    _mm512_mask_storeu_epi16(s.out + i, Mask32(s.count - i), y);
  }
}

void NarrowU8Avx512(const int16_t* in, int32_t count, uint8_t* out) {
  const __m512i in_order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
  for (int i = 0; i < count; i += 64) {
    const __m512i packed = _mm512_packus_epi16(_mm512_loadu_si512(in + i),
                                               _mm512_loadu_si512(in + i + 32));
    _mm512_mask_storeu_epi8(out + i, Mask64(count - i),
                            _mm512_permutexvar_epi64(in_order, packed));
  }
}

void LookupWideAvx512(const int16_t* table, int32_t low, const int16_t* in,
                      int32_t count, int16_t* out) {
  const __m512i first = _mm512_set1_epi32(low);
  for (int i = 0; i < count; i += 16) {
    const auto mask = static_cast<__mmask16>(Mask32(count - i) & 0xffff);
    const __m512i pre =
        _mm512_cvtepi16_epi32(_mm256_maskz_loadu_epi16(mask, in + i));
    const __m512i index = _mm512_sub_epi32(pre, first);
    // Two entries are gathered, the first one kept.
    const __m512i found = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(),
                                                      mask, index, table, 2);
    _mm256_mask_storeu_epi16(out + i, mask, _mm512_cvtepi32_epi16(found));
  }
}

void InterpolateAvx512(const int16_t* table, const int16_t* in, int32_t count,
                       int16_t* out) {
  const __m512i half = _mm512_set1_epi32(8);
  const __m512i sixteen = _mm512_set1_epi32(16);
  for (int i = 0; i < count; i += 16) {
    const auto mask = static_cast<__mmask16>(Mask32(count - i) & 0xffff);
    const __m512i pre =
        _mm512_cvtepi16_epi32(_mm256_maskz_loadu_epi16(mask, in + i));
    const __m512i position = _mm512_add_epi32(pre, _mm512_set1_epi32(32768));
    const __m512i fraction = _mm512_and_si512(position, _mm512_set1_epi32(15));
    // t[i] in the low half times 16 - fraction, t[i + 1] times fraction.
    const __m512i pair = _mm512_mask_i32gather_epi32(
        _mm512_setzero_si512(), mask, _mm512_srli_epi32(position, 4), table, 2);
    const __m512i factors = _mm512_or_si512(_mm512_sub_epi32(sixteen, fraction),
                                            _mm512_slli_epi32(fraction, 16));
    const __m512i y =
        _mm512_srai_epi32(_mm512_dpwssd_epi32(half, pair, factors), 4);
    _mm256_mask_storeu_epi16(out + i, mask, _mm512_cvtepi32_epi16(y));
  }
}

}  // namespace edge_int8::core

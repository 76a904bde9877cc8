// Requantizing, sums and tables on AVX-512.
#include <immintrin.h>

#include "core/kernels/x86/avx512_kernels.h"
#include "core/kernels/x86/avx512_scale.h"

namespace edge_int8::core {
namespace {

__mmask32 Mask32(int count) {
  return count >= 32 ? 0xffffffffu : (1u << count) - 1;
}
__mmask64 Mask64(int count) {
  return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

// What happens to requantized values: 32 of them become int16 in order.
struct Narrowing {
  __m512i zero, low, high;

  explicit Narrowing(const RequantizeArgs& a)
      : zero(_mm512_set1_epi32(a.zero)),
        low(_mm512_set1_epi16(static_cast<int16_t>(a.low))),
        high(_mm512_set1_epi16(static_cast<int16_t>(a.high))) {}

  __m512i operator()(__m512i a0, __m512i a1) const {
    const __m512i in_order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
    __m512i y = _mm512_packs_epi32(_mm512_add_epi32(a0, zero),
                                   _mm512_add_epi32(a1, zero));
    y = _mm512_permutexvar_epi64(in_order, y);
    return _mm512_min_epi16(_mm512_max_epi16(y, low), high);
  }
};

void StoreHalf(int16_t* out, __m256i y) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), y);
}

// Rows of `period` channels, 32 channels at a time for all rows.
template <Scaling kScaling>
void RequantizeRows(const RequantizeArgs& a, const int32_t* acc, int rows,
                    int16_t* out) {
  const Narrowing narrow(a);
  const int64_t period = a.period;
  int c = 0;
  for (; c + 32 <= period; c += 32) {
    const Scale16<kScaling> first(a.row, c);
    const Scale16<kScaling> second(a.row, c + 16);
    for (int r = 0; r < rows; ++r) {
      const int32_t* in = acc + r * period + c;
      const __m512i y = narrow(first(_mm512_loadu_si512(in)),
                               second(_mm512_loadu_si512(in + 16)));
      _mm512_storeu_si512(out + r * period + c, y);
    }
  }
  if (c == period) return;
  const Scale16<kScaling> last(a.row, c);
  for (int r = 0; r < rows; r += 2) {
    const int32_t* in = acc + r * period + c;
    const bool two = r + 1 < rows;
    const __m512i y = narrow(last(_mm512_loadu_si512(in)),
                             last(_mm512_loadu_si512(two ? in + period : in)));
    StoreHalf(out + r * period + c, _mm512_castsi512_si256(y));
    if (two) {
      StoreHalf(out + (r + 1) * period + c, _mm512_extracti64x4_epi64(y, 1));
    }
  }
}

// A block of rows is stored while later channels of it are still to be read.
// `out` may be `acc`: row r's results then end at 2 * (r + 1) * period, row r
// is read from 4 * r * period on, so a block of n rows from row r on is safe
// when n <= r; so is row 0 alone, whose store at 2 * c never passes a load at
// 4 * c. Blocks of 1, 1, 2, 4, 8, 8, ... rows.
template <Scaling kScaling>
void Requantize(const RequantizeArgs& a) {
  const int rows = a.count / a.period;
  for (int r = 0; r < rows;) {
    const int safe = r == 0 ? 1 : r < 8 ? r : 8;
    const int block = safe < rows - r ? safe : rows - r;
    const int64_t first = int64_t{r} * a.period;
    RequantizeRows<kScaling>(a, a.acc + first, block, a.out + first);
    r += block;
  }
}

// A single panel of channels keeps its parameters for all rows.
template <Scaling kScaling>
void RequantizePanel(const RequantizeArgs& a) {
  const Narrowing narrow(a);
  const Scale16<kScaling> scale(a.row, 0);
  const int32_t* acc = a.acc;
  int16_t* out = a.out;
  const int32_t count = a.count;
  int i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m512i y = narrow(scale(_mm512_loadu_si512(acc + i)),
                             scale(_mm512_loadu_si512(acc + i + 16)));
    _mm512_storeu_si512(out + i, y);
  }
  if (i < count) {
    const __m512i y = scale(_mm512_loadu_si512(acc + i));
    StoreHalf(out + i, _mm512_castsi512_si256(narrow(y, y)));
  }
}

}  // namespace

void RequantizeAvx512(const RequantizeArgs& args) {
  WithScaling(args.row, [&]<Scaling kScaling>() {
    if (args.period == kPanel) {
      RequantizePanel<kScaling>(args);
    } else {
      Requantize<kScaling>(args);
    }
  });
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

// A NaN's mask makes it 0; vcvtps2dq rounds ties to even.
void QuantizeU8Avx512(const float* in, float factor, int32_t zero,
                      int32_t count, uint8_t* out) {
  const __m512 by = _mm512_set1_ps(factor);
  const __m512 low = _mm512_set1_ps(static_cast<float>(-zero));
  const __m512 high = _mm512_set1_ps(static_cast<float>(255 - zero));
  const __m512i offset = _mm512_set1_epi32(zero);
  for (int i = 0; i < count; i += 16) {
    const auto mask = static_cast<__mmask16>(Mask32(count - i) & 0xffff);
    const __m512 y = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, in + i), by);
    const __m512 x = _mm512_max_ps(
        _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(y, y, _CMP_ORD_Q), y), low);
    const __m512i q =
        _mm512_add_epi32(_mm512_cvtps_epi32(_mm512_min_ps(x, high)), offset);
    _mm512_mask_cvtepi32_storeu_epi8(out + i, mask, q);
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

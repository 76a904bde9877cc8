// Requantizing, sums and tables on AVX2. Gathering from a table of 4,096
// entries took twice as long as scalar loads, so those stay scalar.
#include <immintrin.h>

#include "core/kernels/scalar/scalar_kernels.h"
#include "core/kernels/x86/avx2_kernels.h"
#include "core/kernels/x86/avx2_rows.h"

namespace edge_int8::core {
namespace {

__m256i Load(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
void Store(void* p, __m256i v) {
  _mm256_storeu_si256(static_cast<__m256i*>(p), v);
}

enum class Scaling { kPlain, kLimited, kReal };

// The parameters of eight channels. Several rows share them: loading them takes
// longer than using them.
template <Scaling kScaling>
class Scale8 {
 public:
  Scale8(const ScaleRow& row, int c)
      : mantissa_(Load(row.mantissa + c)),
        next_mantissa_(Load(row.next_mantissa + c)),
        add_(Load(row.add + c)),
        shift_(Load(row.shift + c)) {
    if constexpr (kScaling == Scaling::kLimited) {
      limit_ = row.limit + c;
      left_ = row.left + c;
    }
  }

  // The high words of the 64-bit products, rounded (channel_scales.h).
  __m256i Requantized(const int32_t* in) const {
    __m256i acc = Load(in);
    if constexpr (kScaling == Scaling::kLimited) {
      const __m256i limit = Load(limit_);
      acc = _mm256_min_epi32(acc, limit);
      acc = _mm256_max_epi32(acc,
                             _mm256_sub_epi32(_mm256_setzero_si256(), limit));
      acc = _mm256_sllv_epi32(acc, Load(left_));
    }
    const __m256i even = _mm256_mul_epi32(acc, mantissa_);
    const __m256i odd =
        _mm256_mul_epi32(_mm256_srli_epi64(acc, 32), next_mantissa_);
    const __m256i high =
        _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
    return _mm256_srav_epi32(_mm256_add_epi32(high, add_), shift_);
  }

 private:
  __m256i mantissa_, next_mantissa_, add_, shift_;
  const int32_t* limit_ = nullptr;
  const int32_t* left_ = nullptr;
};

// One fused product and sum, whose low bits are the value.
template <>
class Scale8<Scaling::kReal> {
 public:
  Scale8(const ScaleRow& row, int c)
      : real_(_mm256_loadu_ps(row.real + c)),
        real_add_(_mm256_set1_ps(row.real_add)) {}

  __m256i Requantized(const int32_t* in) const {
    const __m256 acc = _mm256_cvtepi32_ps(Load(in));
    return _mm256_sub_epi32(
        _mm256_castps_si256(_mm256_fmadd_ps(acc, real_, real_add_)),
        _mm256_set1_epi32(kRealAddBits));
  }

 private:
  __m256 real_, real_add_;
};

// Rows of `period` channels, 16 channels at a time for all rows.
template <Scaling kScaling>
void RequantizeRows(const RequantizeArgs& a, const int32_t* acc, int rows,
                    int16_t* out) {
  const __m256i zero = _mm256_set1_epi32(a.zero);
  const __m256i low = _mm256_set1_epi16(static_cast<int16_t>(a.low));
  const __m256i high = _mm256_set1_epi16(static_cast<int16_t>(a.high));
  const int64_t period = a.period;
  for (int c = 0; c < period; c += 16) {
    const Scale8<kScaling> first(a.row, c);
    const Scale8<kScaling> second(a.row, c + 8);
    for (int r = 0; r < rows; ++r) {
      const int32_t* in = acc + r * period + c;
      __m256i y = _mm256_packs_epi32(
          _mm256_add_epi32(first.Requantized(in), zero),
          _mm256_add_epi32(second.Requantized(in + 8), zero));
      y = _mm256_permute4x64_epi64(y, _MM_SHUFFLE(3, 1, 2, 0));
      Store(out + r * period + c,
            _mm256_min_epi16(_mm256_max_epi16(y, low), high));
    }
  }
}

// `out` may be `acc`: then which rows may go together is as in
// avx512_values.cc, but one panel of channels is safe in any number.
template <Scaling kScaling>
void Requantize(const RequantizeArgs& a) {
  const int rows = a.count / a.period;
  for (int r = 0; r < rows;) {
    int safe = r == 0 ? 1 : r < 8 ? r : 8;
    if (a.period == kPanel) safe = rows;
    const int block = safe < rows - r ? safe : rows - r;
    const int64_t first = int64_t{r} * a.period;
    RequantizeRows<kScaling>(a, a.acc + first, block, a.out + first);
    r += block;
  }
}

// Below this many values preparing the rows costs more than it saves.
constexpr int kFewest = 32;

}  // namespace

void RequantizeAvx2(const RequantizeArgs& args) {
  if (args.row.real != nullptr) {
    Requantize<Scaling::kReal>(args);
  } else if (args.row.limit != nullptr) {
    Requantize<Scaling::kLimited>(args);
  } else {
    Requantize<Scaling::kPlain>(args);
  }
}

void SumS16Avx2(const SumArgs& s) {
  const __m256i half = _mm256_set1_epi32(1 << (s.bits - 1));
  const __m256i ones = _mm256_set1_epi16(1);
  const __m256i zero = _mm256_set1_epi32(s.zero);
  const __m256i low = _mm256_set1_epi16(static_cast<int16_t>(s.low));
  const __m256i high = _mm256_set1_epi16(static_cast<int16_t>(s.high));
  const __m128i bits = _mm_cvtsi32_si128(s.bits);
  int i = 0;
  for (; i + 16 <= s.count; i += 16) {
    const __m256i a = Load(s.a + i);
    const __m256i b = Load(s.b + i);
    const auto round = [&](__m256i pairs) {
      const __m256i sum =
          _mm256_add_epi32(_mm256_madd_epi16(pairs, ones), half);
      return _mm256_add_epi32(_mm256_sra_epi32(sum, bits), zero);
    };
    const __m256i y = _mm256_packs_epi32(round(_mm256_unpacklo_epi16(a, b)),
                                         round(_mm256_unpackhi_epi16(a, b)));
    Store(s.out + i, _mm256_min_epi16(_mm256_max_epi16(y, low), high));
  }
  SumS16Scalar({s.a + i, s.b + i, s.count - i, s.bits, s.zero, s.low, s.high,
                s.out + i});
}

void NarrowU8Avx2(const int16_t* in, int32_t count, uint8_t* out) {
  int i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m256i packed = _mm256_packus_epi16(Load(in + i), Load(in + i + 16));
    Store(out + i, _mm256_permute4x64_epi64(packed, _MM_SHUFFLE(3, 1, 2, 0)));
  }
  NarrowU8Scalar(in + i, count - i, out + i);
}

void LookupU8Avx2(const uint8_t* table, const int16_t* in, int32_t count,
                  uint8_t* out) {
  if (count < kFewest) {
    LookupU8Scalar(table, in, count, out);
    return;
  }
  const Rows rows(table);
  const auto index = [in](int at) {
    return _mm256_permute4x64_epi64(
        _mm256_packus_epi16(Load(in + at), Load(in + at + 16)),
        _MM_SHUFFLE(3, 1, 2, 0));
  };
  int i = 0;
  for (; i + 32 <= count; i += 32) {
    __m256i found;
    Rows::Lookup<4>(&rows, index(i), &found);
    Store(out + i, found);
  }
  LookupU8Scalar(table, in + i, count - i, out + i);
}

// Packing and unpacking both work within 128-bit lanes: no reordering.
void LookupS16Avx2(const uint8_t* planes, const int16_t* in, int32_t count,
                   int16_t* out) {
  if (count < kFewest) {
    LookupS16Scalar(planes, in, count, out);
    return;
  }
  const Rows rows[2] = {Rows(planes), Rows(planes + 256)};
  int i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m256i index = _mm256_packus_epi16(Load(in + i), Load(in + i + 16));
    __m256i found[2];
    Rows::Lookup<4, 4>(rows, index, found);
    Store(out + i, _mm256_unpacklo_epi8(found[0], found[1]));
    Store(out + i + 16, _mm256_unpackhi_epi8(found[0], found[1]));
  }
  LookupS16Scalar(planes, in + i, count - i, out + i);
}

void MapU8Avx2(const uint8_t* table, const uint8_t* in, int32_t count,
               uint8_t* out) {
  int i = 0;
  if (count >= kFewest) {
    const Rows rows(table);
    for (; i + 32 <= count; i += 32) {
      __m256i found;
      Rows::Lookup<4>(&rows, Load(in + i), &found);
      Store(out + i, found);
    }
  }
  for (; i < count; ++i) out[i] = table[in[i]];
}

// Unpacking interleaves within 128-bit lanes: quarters are put in that order
// before it.
void MapU8S16Avx2(const uint8_t* planes, const uint8_t* in, int32_t count,
                  int16_t* out) {
  int i = 0;
  if (count >= kFewest) {
    const Rows rows[2] = {Rows(planes), Rows(planes + 256)};
    for (; i + 32 <= count; i += 32) {
      const __m256i index =
          _mm256_permute4x64_epi64(Load(in + i), _MM_SHUFFLE(3, 1, 2, 0));
      __m256i found[2];
      Rows::Lookup<4, 4>(rows, index, found);
      Store(out + i, _mm256_unpacklo_epi8(found[0], found[1]));
      Store(out + i + 16, _mm256_unpackhi_epi8(found[0], found[1]));
    }
  }
  for (; i < count; ++i) {
    out[i] = static_cast<int16_t>(planes[in[i]] | planes[256 + in[i]] << 8);
  }
}

// Eight entries and, above each, the one after it.
__m256i Pairs(const int16_t* table, __m256i index) {
  return _mm256_i32gather_epi32(reinterpret_cast<const int*>(table), index, 2);
}

__m256i LoadEight(const int16_t* in) {
  return _mm256_cvtepi16_epi32(
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(in)));
}

// Eight int32 that fit int16.
void StoreEight(int16_t* out, __m256i y) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                   _mm_packs_epi32(_mm256_castsi256_si128(y),
                                   _mm256_extracti128_si256(y, 1)));
}

// (t[i] * (16 - r) + t[i + 1] * r + 8) >> 4 is vpmaddwd of the gathered pair.
void InterpolateAvx2(const int16_t* table, const int16_t* in, int32_t count,
                     int16_t* out) {
  const __m256i sixteen = _mm256_set1_epi32(16);
  int i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256i position =
        _mm256_add_epi32(LoadEight(in + i), _mm256_set1_epi32(32768));
    const __m256i fraction = _mm256_and_si256(position, _mm256_set1_epi32(15));
    const __m256i factors = _mm256_or_si256(_mm256_sub_epi32(sixteen, fraction),
                                            _mm256_slli_epi32(fraction, 16));
    const __m256i sum = _mm256_madd_epi16(
        Pairs(table, _mm256_srli_epi32(position, 4)), factors);
    StoreEight(out + i, _mm256_srai_epi32(
                            _mm256_add_epi32(sum, _mm256_set1_epi32(8)), 4));
  }
  InterpolateScalar(table, in + i, count - i, out + i);
}

// A NaN's mask makes it 0; vcvtps2dq rounds ties to even.
void QuantizeU8Avx2(const float* in, float factor, int32_t zero, int32_t count,
                    uint8_t* out) {
  const __m256 by = _mm256_set1_ps(factor);
  const __m256 low = _mm256_set1_ps(static_cast<float>(-zero));
  const __m256 high = _mm256_set1_ps(static_cast<float>(255 - zero));
  const __m256i offset = _mm256_set1_epi32(zero);
  const auto round = [&](int at) {
    const __m256 y = _mm256_mul_ps(_mm256_loadu_ps(in + at), by);
    const __m256 x =
        _mm256_max_ps(_mm256_and_ps(y, _mm256_cmp_ps(y, y, _CMP_ORD_Q)), low);
    return _mm256_add_epi32(_mm256_cvtps_epi32(_mm256_min_ps(x, high)), offset);
  };
  // Packing interleaves 128-bit lanes: dwords 0, 4, 1, 5, ... put it right.
  const __m256i in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  int i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m256i low = _mm256_packs_epi32(round(i), round(i + 8));
    const __m256i high = _mm256_packs_epi32(round(i + 16), round(i + 24));
    Store(out + i, _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high),
                                               in_order));
  }
  QuantizeU8Scalar(in + i, factor, zero, count - i, out + i);
}

}  // namespace edge_int8::core

// Softmax on AVX2. Everything from the distance to the probability fits 16
// bits, so 32 queries are two vectors of words; tables are byte planes in
// registers, because gathering eight entries takes 23 cycles.
#include "core/kernels/x86/avx2_softmax.h"

#include <immintrin.h>

namespace edge_int8::core {
namespace {

__m256i Load(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
void Store(void* p, __m256i v) {
  _mm256_storeu_si256(static_cast<__m256i*>(p), v);
}

// One head's multiplier.
class Scale {
 public:
  Scale(const ScaleRow& row, int head)
      : limited_(row.limit != nullptr),
        limit_(_mm256_set1_epi32(limited_ ? row.limit[head] : 0)),
        left_(_mm256_set1_epi32(limited_ ? row.left[head] : 0)),
        mantissa_(_mm256_set1_epi32(row.mantissa[head])),
        add_(_mm256_set1_epi32(row.add[head])),
        shift_(_mm256_set1_epi32(row.shift[head])),
        in_float_(row.real != nullptr),
        real_(_mm256_set1_ps(in_float_ ? row.real[head] : 0)),
        real_add_(_mm256_set1_ps(row.real_add)) {}

  // Requantize(below): at least 0 where `below` is.
  __m256i operator()(__m256i below) const {
    if (in_float_) {
      return _mm256_sub_epi32(_mm256_castps_si256(_mm256_fmadd_ps(
                                  _mm256_cvtepi32_ps(below), real_, real_add_)),
                              _mm256_set1_epi32(kRealAddBits));
    }
    if (limited_) {
      below = _mm256_sllv_epi32(_mm256_min_epi32(below, limit_), left_);
    }
    const __m256i even = _mm256_mul_epi32(below, mantissa_);
    const __m256i odd =
        _mm256_mul_epi32(_mm256_srli_epi64(below, 32), mantissa_);
    const __m256i high =
        _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
    return _mm256_srav_epi32(_mm256_add_epi32(high, add_), shift_);
  }

 private:
  bool limited_;
  __m256i limit_, left_, mantissa_, add_, shift_;
  bool in_float_;
  __m256 real_, real_add_;
};

// floor((32767 * 2^16 + sum / 2) / sum). Both are exact in double, and the
// quotient is below 2^16 while sum is below 2^24: the nearest double to a
// quotient that is not an integer lies on the same side of every integer.
__m256i Reciprocal(__m256i sum) {
  const __m256i half = _mm256_srli_epi32(sum, 1);
  const auto divide = [](__m128i h, __m128i s) {
    const __m256d top =
        _mm256_add_pd(_mm256_cvtepi32_pd(h), _mm256_set1_pd(32767.0 * 65536));
    return _mm256_cvttpd_epi32(_mm256_div_pd(top, _mm256_cvtepi32_pd(s)));
  };
  const __m128i low =
      divide(_mm256_castsi256_si128(half), _mm256_castsi256_si128(sum));
  const __m128i high = divide(_mm256_extracti128_si256(half, 1),
                              _mm256_extracti128_si256(sum, 1));
  return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

// (e * reciprocal + 2^15) >> 16, unsigned: the high word, and one more if the
// low one is at least 2^15.
__m256i Probability(__m256i e, __m256i reciprocal) {
  return _mm256_add_epi16(
      _mm256_mulhi_epu16(e, reciprocal),
      _mm256_srli_epi16(_mm256_mullo_epi16(e, reciprocal), 15));
}

// exp(-i / 4096) * 2^15, rounded, of i in [0, 255]: 2^15 - 8 i and, for the
// rest, i^2 / 1024 (1 - i / 12288).
__m256i FineExp(__m256i i) {
  const __m256i square = _mm256_mullo_epi16(i, i);
  const __m256i slope =
      _mm256_sub_epi16(_mm256_slli_epi16(i, 5),
                       _mm256_mulhi_epu16(square, _mm256_set1_epi16(170)));
  const __m256i line =
      _mm256_sub_epi16(_mm256_set1_epi16(-32768), _mm256_slli_epi16(i, 3));
  return _mm256_add_epi16(line, _mm256_mulhrs_epi16(i, slope));
}

bool IsFineExp(const uint16_t* fine) {
  __m256i i =
      _mm256_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m256i differ = _mm256_setzero_si256();
  for (int n = 0; n < 256; n += 16) {
    differ =
        _mm256_or_si256(differ, _mm256_xor_si256(FineExp(i), Load(fine + n)));
    i = _mm256_add_epi16(i, _mm256_set1_epi16(16));
  }
  return _mm256_testz_si256(differ, differ) != 0;
}

}  // namespace

Avx2Softmax::Avx2Softmax(const uint16_t* coarse, const uint16_t* fine)
    : coarse_{Rows(coarse, 0), Rows(coarse, 8)} {
  usual_ =
      coarse_[0].Groups() <= 3 && coarse_[1].Groups() <= 2 && IsFineExp(fine);
  if (usual_) return;
  fine_[0] = Rows(fine, 0);
  fine_[1] = Rows(fine, 8);
}

// (coarse * fine + 2^14) >> 15 is vpmulhrsw but for entries of 2^15, which it
// takes for -2^15. Then the product is exactly minus the other entry, or 2^15
// itself if both are 2^15; either way vpabsw gives the right word.
template <bool kUsual>
void Avx2Softmax::Exponentials(__m256i u0, __m256i u1, __m256i* e) const {
  const __m256i low_byte = _mm256_set1_epi16(255);
  const __m256i below[2] = {_mm256_and_si256(u0, low_byte),
                            _mm256_and_si256(u1, low_byte)};
  __m256i coarse[2], fine[2];
  constexpr int kLowGroups = kUsual ? 3 : 4, kHighGroups = kUsual ? 2 : 4;
  Rows::Lookup<kLowGroups, kHighGroups>(
      coarse_,
      _mm256_packus_epi16(_mm256_srli_epi16(u0, 8), _mm256_srli_epi16(u1, 8)),
      coarse);
  if constexpr (kUsual) {
    fine[0] = FineExp(below[0]);
    fine[1] = FineExp(below[1]);
  } else {
    __m256i planes[2];
    Rows::Lookup<4, 4>(fine_, _mm256_packus_epi16(below[0], below[1]), planes);
    fine[0] = _mm256_unpacklo_epi8(planes[0], planes[1]);
    fine[1] = _mm256_unpackhi_epi8(planes[0], planes[1]);
  }
  e[0] = _mm256_abs_epi16(
      _mm256_mulhrs_epi16(_mm256_unpacklo_epi8(coarse[0], coarse[1]), fine[0]));
  e[1] = _mm256_abs_epi16(
      _mm256_mulhrs_epi16(_mm256_unpackhi_epi8(coarse[0], coarse[1]), fine[1]));
}

// Vectors of 32-bit values 0, 1 and 2, 3 pack to one vector of words each, in
// an order that unpacking undoes. Lanes past the last query hold anything.
template <bool kUsual>
void Avx2Softmax::ColumnsOf(const ScaleRow& logit, int head, int length,
                            const int32_t* max, int32_t* logits,
                            int64_t stride) const {
  const Scale scale(logit, head);
  const __m256i zero = _mm256_setzero_si256();
  __m256i sum[4] = {zero, zero, zero, zero};
  for (int j = 0; j < length; ++j) {
    int32_t* const row = logits + j * stride;
    const auto distance = [&](int v) {
      return scale(_mm256_sub_epi32(Load(max + 8 * v), Load(row + 8 * v)));
    };
    __m256i e[2];  // packing saturates at 65535
    Exponentials<kUsual>(_mm256_packus_epi32(distance(0), distance(1)),
                         _mm256_packus_epi32(distance(2), distance(3)), e);
    for (int n = 0; n < 2; ++n) {
      Store(row + 8 * n, e[n]);
      sum[2 * n] =
          _mm256_add_epi32(sum[2 * n], _mm256_unpacklo_epi16(e[n], zero));
      sum[2 * n + 1] =
          _mm256_add_epi32(sum[2 * n + 1], _mm256_unpackhi_epi16(e[n], zero));
    }
  }
  const __m256i reciprocal[2] = {
      _mm256_packus_epi32(Reciprocal(sum[0]), Reciprocal(sum[1])),
      _mm256_packus_epi32(Reciprocal(sum[2]), Reciprocal(sum[3]))};
  for (int j = 0; j < length; j += 2) {
    int32_t* const row = logits + j * stride;
    __m256i first[2], second[2];
    for (int n = 0; n < 2; ++n) {
      first[n] = Probability(Load(row + 8 * n), reciprocal[n]);
      second[n] = j + 1 < length
                      ? Probability(Load(row + stride + 8 * n), reciprocal[n])
                      : zero;
    }
    for (int n = 0; n < 2; ++n) {
      Store(row + 16 * n, _mm256_unpacklo_epi16(first[n], second[n]));
      Store(row + 16 * n + 8, _mm256_unpackhi_epi16(first[n], second[n]));
    }
  }
}

void Avx2Softmax::Columns(const ScaleRow& logit, int head, int length,
                          const int32_t* max, int32_t* logits,
                          int64_t stride) const {
  if (usual_) {
    ColumnsOf<true>(logit, head, length, max, logits, stride);
  } else {
    ColumnsOf<false>(logit, head, length, max, logits, stride);
  }
}

}  // namespace edge_int8::core

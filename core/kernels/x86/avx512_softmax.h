// The softmax of attention on AVX-512: one query per lane, every step element
// by element. SoftmaxRow() (core/arith/softmax.h) is what it must equal. Only
// for avx512_attention.cc: internal linkage, as in avx512_scale.h. Tested by
// attention_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_X86_AVX512_SOFTMAX_H_
#define EDGE_INT8_CORE_KERNELS_X86_AVX512_SOFTMAX_H_

#include <immintrin.h>

#include "core/kernels/kernel_table.h"
#include "core/kernels/x86/avx512_scale.h"

namespace edge_int8::core {
namespace {

// Which bytes are in which 64 of a table's entries: vpermb takes an index
// modulo 64, and each mask overrides those before it.
struct Quarters {
  __mmask64 second, upper, fourth;

  explicit Quarters(__m512i index)
      : second(_mm512_movepi8_mask(_mm512_add_epi8(index, index))),
        upper(_mm512_movepi8_mask(index)),
        fourth(second & upper) {}
};

// exp's two tables, negated because -2^15 is an int16 and 2^15 is not, as byte
// planes in registers. vpermi2b would take a table of 128 entries, but as three
// operations on some processors.
struct BytePlane {
  __m512i part[4];

  BytePlane(const uint16_t* entries, int shift) {
    const __m128i by = _mm_cvtsi32_si128(shift);
    const auto half = [&](const uint16_t* from) {
      const __m512i negative =
          _mm512_sub_epi16(_mm512_setzero_si512(), _mm512_loadu_si512(from));
      return _mm512_cvtepi16_epi8(_mm512_srl_epi16(negative, by));
    };
    for (int i = 0; i < 4; ++i) {
      const uint16_t* const from = entries + 64 * i;
      part[i] = _mm512_inserti64x4(_mm512_castsi256_si512(half(from)),
                                   half(from + 32), 1);
    }
  }
  // kParts 3: of an index below 192.
  template <int kParts>
  __m512i At(__m512i index, const Quarters& in) const {
    __m512i y = _mm512_permutexvar_epi8(index, part[0]);
    y = _mm512_mask_permutexvar_epi8(y, in.second, index, part[1]);
    y = _mm512_mask_permutexvar_epi8(y, in.upper, index, part[2]);
    if constexpr (kParts == 4) {
      y = _mm512_mask_permutexvar_epi8(y, in.fourth, index, part[3]);
    }
    return y;
  }
};

// Of every query of one head, in place: logits[key * queries + query], with
// their maxima in max[query], become pairs of probabilities of two keys. Whole
// vectors of 64 queries are read and written.
class Softmax {
 public:
  Softmax(const AttentionArgs& a, const int32_t* max, int32_t* logits,
          int32_t queries)
      : a_(a),
        max_(max),
        logits_(logits),
        queries_(queries),
        coarse_low_(a.coarse, 0),
        coarse_high_(a.coarse, 8),
        fine_low_(a.fine, 0),
        fine_high_(a.fine, 8),
        ends_(EndsBefore192(a.coarse)) {}

  void Run(int head) const {
    if (a_.logit.real == nullptr) {
      RunAs<false, 4>(head);
    } else if (ends_) {
      RunAs<true, 3>(head);
    } else {
      RunAs<true, 4>(head);
    }
  }

 private:
  // Entries that are all 0, as exponentials are from 178 / 16 nats on.
  static bool EndsBefore192(const uint16_t* coarse) {
    __m512i any = _mm512_set1_epi16(static_cast<int16_t>(coarse[191]));
    any = _mm512_or_si512(any, _mm512_loadu_si512(coarse + 192));
    any = _mm512_or_si512(any, _mm512_loadu_si512(coarse + 224));
    return _mm512_test_epi16_mask(any, any) == 0;
  }

  template <bool kReal, int kCoarseParts>
  void RunAs(int head) const {
    for (int query = 0; query < a_.lines * a_.length; query += 64) {
      __m512i sums[4];
      for (auto& sum : sums) sum = _mm512_setzero_si512();
      for (int j = 0; j < a_.length; j += 2) {
        const Row64 e = Exponentials<kReal, kCoarseParts>(head, query, j);
        const Row64 next =
            j + 1 < a_.length
                ? Exponentials<kReal, kCoarseParts>(head, query, j + 1)
                : Row64{_mm512_setzero_si512(), _mm512_setzero_si512()};
        StorePairs(e, next, Row(j, query), sums);
      }
      Normalize(query, sums);
    }
  }

  int32_t* Row(int j, int query) const {
    return logits_ + int64_t{j} * queries_ + query;
  }

  // u = min(Requantize(max - acc), 65535); the last step is packus's.
  template <bool kReal>
  __m512i Distance(int head, const int32_t* max, const int32_t* logit) const {
    __m512i below =
        _mm512_sub_epi32(_mm512_loadu_si512(max), _mm512_loadu_si512(logit));
    if constexpr (kReal) {
      return RealValue(below, _mm512_set1_ps(a_.logit.real[head]),
                       _mm512_set1_ps(a_.logit.real_add));
    }
    if (a_.logit.limit != nullptr) {
      below = _mm512_min_epi32(below, _mm512_set1_epi32(a_.logit.limit[head]));
      below = _mm512_sllv_epi32(below, _mm512_set1_epi32(a_.logit.left[head]));
    }
    const __m512i m = _mm512_set1_epi32(a_.logit.mantissa[head]);
    return IntegerValue(below, m, m, _mm512_set1_epi32(a_.logit.add[head]),
                        _mm512_set1_epi32(a_.logit.shift[head]));
  }

  // (coarse * fine + 2^14) >> 15 of negated entries: 2^15 as unsigned words.
  static __m512i Product(__m512i coarse, __m512i fine) {
    return _mm512_mulhrs_epi16(coarse, fine);
  }

  // Unsigned words of 64 queries. Lane l of `low`: queries from 4 * l on, then
  // from 16 + 4 * l on; of `high` the same, 32 further.
  struct Row64 {
    __m512i low, high;
  };

  template <bool kReal, int kCoarseParts>
  Row64 Exponentials(int head, int query, int j) const {
    const int32_t* row = Row(j, query);
    __m512i u[4];
    for (int n = 0; n < 4; ++n) {
      u[n] = Distance<kReal>(head, max_ + query + 16 * n, row + 16 * n);
    }
    const __m512i w0 = _mm512_packus_epi32(u[0], u[1]);
    const __m512i w1 = _mm512_packus_epi32(u[2], u[3]);
    const __m512i byte = _mm512_set1_epi16(255);
    const __m512i fine = _mm512_packus_epi16(_mm512_and_si512(w0, byte),
                                             _mm512_and_si512(w1, byte));
    __m512i coarse =
        _mm512_packus_epi16(_mm512_srli_epi16(w0, 8), _mm512_srli_epi16(w1, 8));
    if constexpr (kCoarseParts == 3) {
      coarse =
          _mm512_min_epu8(coarse, _mm512_set1_epi8(static_cast<char>(191)));
    }
    const Quarters in_coarse(coarse), in_fine(fine);
    const __m512i cl = coarse_low_.At<kCoarseParts>(coarse, in_coarse);
    const __m512i ch = coarse_high_.At<kCoarseParts>(coarse, in_coarse);
    const __m512i fl = fine_low_.At<4>(fine, in_fine);
    const __m512i fh = fine_high_.At<4>(fine, in_fine);
    return {
        Product(_mm512_unpacklo_epi8(cl, ch), _mm512_unpacklo_epi8(fl, fh)),
        Product(_mm512_unpackhi_epi8(cl, ch), _mm512_unpackhi_epi8(fl, fh))};
  }

  // Two keys as pairs in query order, and added up: negated, for 2^15 is no
  // int16.
  static void StorePairs(const Row64& e, const Row64& next, int32_t* row,
                         __m512i (&sums)[4]) {
    const __m512i pairs[4] = {_mm512_unpacklo_epi16(e.low, next.low),
                              _mm512_unpackhi_epi16(e.low, next.low),
                              _mm512_unpacklo_epi16(e.high, next.high),
                              _mm512_unpackhi_epi16(e.high, next.high)};
#pragma GCC unroll 4
    for (int n = 0; n < 4; ++n) {
      _mm512_storeu_si512(row + 16 * n, pairs[n]);
      const __m512i negative =
          _mm512_sub_epi16(_mm512_setzero_si512(), pairs[n]);
      sums[n] = _mm512_dpwssd_epi32(sums[n], negative, _mm512_set1_epi16(-1));
    }
  }

  // floor((32767 * 2^16 + sum / 2) / sum), sum below 2^24 and the quotient
  // below 2^16; the dividend may need all 32 bits. A reciprocal of 14 bits and
  // one step of Newton's method are within 2^-22 of the real one, the estimate
  // of the quotient within 2^-5: less 1/4 and cut off it is the quotient or one
  // less, which the remainder tells apart.
  static __m512i Reciprocal(__m512i sum) {
    const __m512i top = _mm512_add_epi32(_mm512_set1_epi32(32767 << 16),
                                         _mm512_srli_epi32(sum, 1));
    const __m512 by = _mm512_cvtepi32_ps(sum);
    const __m512 near = _mm512_rcp14_ps(by);
    const __m512 error = _mm512_fnmadd_ps(near, by, _mm512_set1_ps(1));
    const __m512 nearer = _mm512_fmadd_ps(near, error, near);
    const __m512i low = _mm512_cvttps_epi32(_mm512_fmsub_ps(
        _mm512_cvtepu32_ps(top), nearer, _mm512_set1_ps(0.25f)));
    const __m512i rest = _mm512_sub_epi32(top, _mm512_mullo_epi32(low, sum));
    return _mm512_mask_add_epi32(low, _mm512_cmpge_epi32_mask(rest, sum), low,
                                 _mm512_set1_epi32(1));
  }

  // (e * r + 2^15) >> 16 of unsigned words.
  static __m512i Probability(__m512i e, __m512i r) {
    const __m512i round = _mm512_srli_epi16(_mm512_mullo_epi16(e, r), 15);
    return _mm512_add_epi16(_mm512_mulhi_epu16(e, r), round);
  }

  void Normalize(int query, const __m512i (&sums)[4]) const {
    __m512i r[4];  // twice, for both keys of a pair
#pragma GCC unroll 4
    for (int n = 0; n < 4; ++n) {
      const __m512i once = Reciprocal(sums[n]);
      r[n] = _mm512_or_si512(once, _mm512_slli_epi32(once, 16));
    }
    for (int j = 0; j < a_.length; j += 2) {
      int32_t* row = Row(j, query);
#pragma GCC unroll 4
      for (int n = 0; n < 4; ++n) {
        _mm512_storeu_si512(
            row + 16 * n, Probability(_mm512_loadu_si512(row + 16 * n), r[n]));
      }
    }
  }

  const AttentionArgs& a_;
  const int32_t* max_;
  int32_t* logits_;
  int32_t queries_;
  const BytePlane coarse_low_, coarse_high_, fine_low_, fine_high_;
  const bool ends_;  // coarse, before entry 191
};

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_AVX512_SOFTMAX_H_

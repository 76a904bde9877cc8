// How attention's sums leave the registers on AVX-512: eight channels of 16
// queries, scaled and stored where they belong, or as accumulators. Only for
// avx512_attention.cc: internal linkage, as in avx512_scale.h. Tested by
// attention_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_X86_AVX512_ATTENTION_STORE_H_
#define EDGE_INT8_CORE_KERNELS_X86_AVX512_ATTENTION_STORE_H_

#include <immintrin.h>

#include "core/kernels/kernel_table.h"
#include "core/kernels/x86/avx512_scale.h"
#include "core/kernels/x86/avx512_turn.h"

namespace edge_int8::core {
namespace {

// Eight vectors of 16 queries become 16 rows of eight channels.
void StoreTransposed(const __m512i* x, int32_t* out, int64_t stride) {
  // four[half][r]: lane l holds channels 4 * half .. of query 4 * l + r.
  __m512i four[2][4];
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
    const __m512i* p = x + 4 * half;
    TurnFours({p[0], p[1], p[2], p[3]}, four[half]);
  }
  const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
  const __m512i second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
#pragma GCC unroll 4
  for (int r = 0; r < 4; ++r) {
    int32_t* const to = out + r * stride;
    const auto store = [&](int lane, __m256i row) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 4 * lane * stride),
                          row);
    };
    // Rows 4 * lane + r of two neighbouring lanes.
    const __m512i a = _mm512_permutex2var_epi64(four[0][r], first, four[1][r]);
    const __m512i b = _mm512_permutex2var_epi64(four[0][r], second, four[1][r]);
    store(0, _mm512_castsi512_si256(a));
    store(1, _mm512_extracti64x4_epi64(a, 1));
    store(2, _mm512_castsi512_si256(b));
    store(3, _mm512_extracti64x4_epi64(b, 1));
  }
}

// run(a 128-bit lane, its number), for all four.
template <class Run>
[[gnu::always_inline]] inline void ForEachLane(__m512i x, const Run& run) {
  run(_mm512_castsi512_si128(x), 0);
  run(_mm512_extracti32x4_epi32(x, 1), 1);
  run(_mm512_extracti32x4_epi32(x, 2), 2);
  run(_mm512_extracti32x4_epi32(x, 3), 3);
}

__m512i TwiceEight(const int32_t* from) {
  return _mm512_broadcast_i32x8(
      _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}

// What StoreTransposed() would store for eight channels from `column` on,
// scaled and narrowed before it is turned: a quarter or half of the shuffles,
// and no accumulators in memory.
class OutputRows {
 public:
  OutputRows(const AttentionArgs& a, int line, int column)
      : o_(*a.output),
        column_(column),
        to_(o_.first + line * o_.line_pitch + column * (o_.words ? 2 : 1)) {}

  // Queries [first, first + count) of the line, count at most 16.
  void Store(__m512i (&acc)[8], int first, int count) const {
#pragma GCC unroll 8
    for (int n = 0; n < 8; ++n) acc[n] = Scaled(acc[n], column_ + n);
    std::byte* const to = to_ + first * o_.place_pitch;
    if (o_.words) {
      StoreWords(acc, to, count);
    } else {
      StoreBytes(acc, to, count);
    }
  }

  // The same of four queries, lanes as MixFour() leaves them.
  void StoreFour(const __m512i (&acc)[2], int first, int count) const {
    const __m512i low = _mm512_set1_epi16(static_cast<int16_t>(o_.low));
    const __m512i high = _mm512_set1_epi16(static_cast<int16_t>(o_.high));
    // Fours of channels of queries 0, 2, 0, 2, 1, 3, 1, 3; then in order.
    const __m512i packed =
        _mm512_packs_epi32(ScaledRows(acc[0]), ScaledRows(acc[1]));
    const __m512i rows = _mm512_permutexvar_epi64(
        _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7),
        _mm512_min_epi16(_mm512_max_epi16(packed, low), high));
    std::byte* const to = to_ + first * o_.place_pitch;
    ForEachLane(rows, [&](__m128i row, int query) {
      if (query >= count) return;
      auto* const at = reinterpret_cast<__m128i*>(to + query * o_.place_pitch);
      if (o_.words) {
        _mm_storeu_si128(at, row);
      } else {
        _mm_storel_epi64(at, _mm_packus_epi16(row, row));
      }
    });
  }

 private:
  // Eight channels of two queries.
  __m512i ScaledRows(__m512i acc) const {
    const ScaleRow& row = o_.row;
    if (row.real != nullptr) {
      return RealValue(
          acc, _mm512_broadcast_f32x8(_mm256_loadu_ps(row.real + column_)),
          _mm512_set1_ps(row.real_add));
    }
    return IntegerValue(acc, TwiceEight(row.mantissa + column_),
                        TwiceEight(row.next_mantissa + column_),
                        TwiceEight(row.add + column_),
                        TwiceEight(row.shift + column_));
  }
  __m512i Scaled(__m512i acc, int channel) const {
    if (o_.row.real != nullptr) {
      return RealValue(acc, _mm512_set1_ps(o_.row.real[channel]),
                       _mm512_set1_ps(o_.row.real_add));
    }
    const __m512i m = _mm512_set1_epi32(o_.row.mantissa[channel]);
    return IntegerValue(acc, m, m, _mm512_set1_epi32(o_.row.add[channel]),
                        _mm512_set1_epi32(o_.row.shift[channel]));
  }

  // Lane l of packed bytes: four queries from 4 * l on of four channels.
  void StoreBytes(const __m512i (&v)[8], std::byte* to, int count) const {
    const __m512i turn = _mm512_broadcast_i32x4(
        _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    const __m512i low = _mm512_set1_epi8(static_cast<char>(o_.low));
    const __m512i high = _mm512_set1_epi8(static_cast<char>(o_.high));
    const auto four = [&](int n) {
      const __m512i packed =
          _mm512_packus_epi16(_mm512_packs_epi32(v[n], v[n + 1]),
                              _mm512_packs_epi32(v[n + 2], v[n + 3]));
      return _mm512_shuffle_epi8(
          _mm512_min_epu8(_mm512_max_epu8(packed, low), high), turn);
    };
    const __m512i first = four(0), second = four(4);
    // Queries 4 * l and 4 * l + 1, then the two behind them.
    StoreHalves(_mm512_unpacklo_epi32(first, second), to, 0, count);
    StoreHalves(_mm512_unpackhi_epi32(first, second), to, 2, count);
  }

  // Lane l holds the rows of queries 4 * l + r and 4 * l + r + 1.
  void StoreHalves(__m512i rows, std::byte* to, int r, int count) const {
    ForEachLane(rows, [&](__m128i two, int lane) {
      const int query = 4 * lane + r;
      std::byte* const row = to + query * o_.place_pitch;
      if (query < count) {
        _mm_storel_epi64(reinterpret_cast<__m128i*>(row), two);
      }
      if (query + 1 < count) {
        _mm_storeh_pi(reinterpret_cast<__m64*>(row + o_.place_pitch),
                      _mm_castsi128_ps(two));
      }
    });
  }

  void StoreWords(const __m512i (&v)[8], std::byte* to, int count) const {
    const __m512i turn = _mm512_broadcast_i32x4(
        _mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
    const __m512i low = _mm512_set1_epi16(static_cast<int16_t>(o_.low));
    const __m512i high = _mm512_set1_epi16(static_cast<int16_t>(o_.high));
    // Lane l: two channels of each of four queries from 4 * l on.
    const auto two = [&](int n) {
      const __m512i packed = _mm512_packs_epi32(v[n], v[n + 1]);
      return _mm512_shuffle_epi8(
          _mm512_min_epi16(_mm512_max_epi16(packed, low), high), turn);
    };
    __m512i rows[4];
    TurnFours({two(0), two(2), two(4), two(6)}, rows);
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r) StoreLanes(rows[r], to, r, count);
  }

  // Lane l holds the row of query 4 * l + r.
  void StoreLanes(__m512i rows, std::byte* to, int r, int count) const {
    ForEachLane(rows, [&](__m128i row, int lane) {
      const int query = 4 * lane + r;
      if (query >= count) return;
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + query * o_.place_pitch),
                       row);
    });
  }

  const AttentionOutput& o_;
  int column_;
  std::byte* to_;
};

// To acc, as AttentionArgs says.
void StoreSums(const AttentionArgs& a, const __m512i (&acc)[8], int first_query,
               int count, int column, int channels) {
  int32_t* out = a.acc + int64_t{first_query} * a.acc_stride + column -
                 a.first_head * a.per_head;
  if (channels >= 8) {
    StoreTransposed(acc, out, a.acc_stride);
    return;
  }
  alignas(64) int32_t lanes[16];
  for (int n = 0; n < channels; ++n) {
    _mm512_store_si512(lanes, acc[n]);
    for (int lane = 0; lane < 16 && lane < count; ++lane) {
      out[lane * int64_t{a.acc_stride} + n] = lanes[lane];
    }
  }
}

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_AVX512_ATTENTION_STORE_H_

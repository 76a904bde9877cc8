// Attention on 256-bit registers: lanes are queries as in avx512_attention.cc,
// eight at a time in 32 bits, but for the softmax (avx2_softmax.cc); one head
// at a time. Four stored bytes become two pairs of int16, channels (0, 2) and
// (1, 3): q and k alike. Only for the files of an instruction set, which say
// how pairs are multiplied and added up: internal linkage. Tested by
// attention_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_X86_YMM_ATTENTION_H_
#define EDGE_INT8_CORE_KERNELS_X86_YMM_ATTENTION_H_

#include <immintrin.h>

#include "core/kernels/paired_attention.h"
#include "core/kernels/x86/avx2_kernels.h"
#include "core/kernels/x86/avx2_softmax.h"

namespace edge_int8::core {
namespace {

__m256i Load(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
void Store(void* p, __m256i v) {
  _mm256_storeu_si256(static_cast<__m256i*>(p), v);
}

// Channels 0 to 3 and 4 to 7 of eight places as signed bytes; past the line's
// end the last place again. (A gather takes 23 cycles.)
void LoadEight(const AttentionArgs& a, const uint8_t* first, int place,
               __m256i* fours) {
  const auto one = [&](int i) {
    const int at = place + i < a.length ? place + i : a.length - 1;
    return _mm_loadl_epi64(
        reinterpret_cast<const __m128i*>(first + at * a.place_pitch));
  };
  const __m128i p01 = _mm_unpacklo_epi32(one(0), one(1));
  const __m128i p23 = _mm_unpacklo_epi32(one(2), one(3));
  const __m128i p45 = _mm_unpacklo_epi32(one(4), one(5));
  const __m128i p67 = _mm_unpacklo_epi32(one(6), one(7));
  const __m256i flip = _mm256_set1_epi8(-128);
  fours[0] =
      _mm256_xor_si256(flip, _mm256_set_m128i(_mm_unpacklo_epi64(p45, p67),
                                              _mm_unpacklo_epi64(p01, p23)));
  fours[1] =
      _mm256_xor_si256(flip, _mm256_set_m128i(_mm_unpackhi_epi64(p45, p67),
                                              _mm_unpackhi_epi64(p01, p23)));
}

void StorePairs(__m256i bytes, int32_t* even, int32_t* odd) {
  Store(even, _mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8));
  Store(odd, _mm256_srai_epi16(bytes, 8));
}

// Channels 2 * pair on of eight queries and of eight keys. Keys are 0 past the
// head's last channel.
void PackEight(const AttentionArgs& a, const PairedScratch& s, const uint8_t* q,
               int place, int pair, int32_t* queries, int32_t* keys) {
  __m256i fours[2];
  LoadEight(a, q, place, fours);
  const bool both = pair + 2 < s.pairs;
  StorePairs(fours[0], queries, queries + s.queries);
  if (both) {
    StorePairs(fours[1], queries + 2 * s.queries, queries + 3 * s.queries);
  }
  LoadEight(a, q + a.channels, place, fours);
  const auto kept = [&](int n) {
    const int left = s.per_head - 2 * pair - 4 * n;
    return _mm256_and_si256(
        fours[n],
        _mm256_set1_epi32(left >= 4 ? -1 : (int32_t{1} << (8 * left)) - 1));
  };
  StorePairs(kept(0), keys, keys + s.keys);
  if (both) StorePairs(kept(1), keys + 2 * s.keys, keys + 3 * s.keys);
}

void PackLine(const AttentionArgs& a, const PairedScratch& s,
              const uint8_t* line, int head, int first_query) {
  for (int i = 0; i < a.length; i += 8) {
    for (int pair = 0; pair < s.pairs; pair += 4) {
      PackEight(a, s, line + head * s.per_head + 2 * pair, i, pair,
                s.q + pair * s.queries + first_query + i,
                s.k + pair * s.keys + i);
    }
  }
}

// Pairs::AddTo(acc, x, y) is acc with the sum of each two products of int16.
// kPairs is that of the head, or 0: any number.
template <class Pairs, int kPairs>
void ScoreLine(const AttentionArgs& a, const PairedScratch& s,
               int first_query) {
  const int pairs = kPairs > 0 ? kPairs : s.pairs;
  for (int i = 0; i < a.length; i += 8) {
    const int query = first_query + i;
    const auto queries = [&](int d) {
      return Load(s.q + d * s.queries + query);
    };
    __m256i kept[kPairs + 1];
#pragma GCC unroll 4
    for (int d = 0; d < kPairs; ++d) kept[d] = queries(d);
    __m256i max = _mm256_set1_epi32(INT32_MIN);
    for (int j = 0; j < a.length; ++j) {
      __m256i acc = _mm256_setzero_si256();
#pragma GCC unroll 4
      for (int d = 0; d < pairs; ++d) {
        acc = Pairs::AddTo(acc, kPairs > 0 ? kept[d] : queries(d),
                           _mm256_set1_epi32(s.k[d * s.keys + j]));
      }
      max = _mm256_max_epi32(max, acc);
      Store(s.logits + int64_t{j} * s.queries + query, acc);
    }
    Store(s.max + query, max);
  }
}

void PackValues(const AttentionArgs& a, const PairedScratch& s,
                const uint8_t* line, int head) {
  const uint8_t* v = line + 2 * a.channels + head * s.per_head;
  const int stride = WholeTimes(s.per_head, 8);
  const __m128i flip = _mm_set1_epi8(-128);
  for (int j = 0; j < a.length; j += 2) {
    const uint8_t* first = v + j * a.place_pitch;
    const uint8_t* second = j + 1 < a.length ? first + a.place_pitch : first;
    for (int c = 0; c < s.per_head; c += 8) {
      const auto load = [&](const uint8_t* from) {
        return _mm_xor_si128(
            _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + c)), flip);
      };
      Store(s.v + int64_t{j / 2} * stride + c,
            _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(load(first), load(second))));
    }
  }
}

// Eight vectors of eight queries become eight rows of eight channels.
void StoreSquare(const __m256i* acc, int64_t stride, int32_t* out) {
  __m256i pairs[8], fours[8];
  for (int n = 0; n < 8; n += 2) {
    pairs[n] = _mm256_unpacklo_epi32(acc[n], acc[n + 1]);
    pairs[n + 1] = _mm256_unpackhi_epi32(acc[n], acc[n + 1]);
  }
  for (int n = 0; n < 8; n += 4) {
    for (int m = 0; m < 2; ++m) {
      fours[n + 2 * m] = _mm256_unpacklo_epi64(pairs[n + m], pairs[n + m + 2]);
      fours[n + 2 * m + 1] =
          _mm256_unpackhi_epi64(pairs[n + m], pairs[n + m + 2]);
    }
  }
  for (int n = 0; n < 4; ++n) {
    Store(out + n * stride,
          _mm256_permute2x128_si256(fours[n], fours[n + 4], 0x20));
    Store(out + (n + 4) * stride,
          _mm256_permute2x128_si256(fours[n], fours[n + 4], 0x31));
  }
}

// The same for fewer channels, whose neighbours must stay.
void StoreRows(const __m256i* acc, int rows, int channels, int64_t stride,
               int32_t* out) {
  alignas(32) int32_t lanes[8][8];
  for (int n = 0; n < channels; ++n) Store(lanes[n], acc[n]);
  for (int i = 0; i < rows; ++i) {
    for (int n = 0; n < channels; ++n) out[i * stride + n] = lanes[n][i];
  }
}

template <class Pairs>
void MixLine(const AttentionArgs& a, const PairedScratch& s, int head,
             int line) {
  const int stride = WholeTimes(s.per_head, 8);
  for (int c = 0; c < s.per_head; c += 8) {
    const int column = head * s.per_head + c;
    const int channels = s.per_head - c < 8 ? s.per_head - c : 8;
    for (int i = 0; i < a.length; i += 8) {
      const int query = line * a.length + i;
      __m256i acc[8];
#pragma GCC unroll 8
      for (int n = 0; n < 8; ++n) {
        acc[n] = _mm256_set1_epi32(a.bias[column + n]);
      }
      for (int j = 0; j < a.length; j += 2) {
        const __m256i p = Load(s.logits + int64_t{j} * s.queries + query);
        const int32_t* v = s.v + int64_t{j / 2} * stride + c;
#pragma GCC unroll 8
        for (int n = 0; n < 8; ++n) {
          acc[n] = Pairs::AddTo(acc[n], p, _mm256_set1_epi32(v[n]));
        }
      }
      int32_t* const out = a.acc + int64_t{query} * a.acc_stride + column -
                           a.first_head * s.per_head;
      if (channels == 8) {
        // Rows past the line's end are the next line's, written after this.
        StoreSquare(acc, a.acc_stride, out);
      } else {
        StoreRows(acc, a.length - i < 8 ? a.length - i : 8, channels,
                  a.acc_stride, out);
      }
    }
  }
}

template <class Pairs>
void Attention(const AttentionArgs& a) {
  const PairedScratch s(a);
  const Avx2Softmax softmax(a.coarse, a.fine);
  for (int head = a.first_head; head < a.first_head + a.heads; ++head) {
    for (int line = 0; line < a.lines; ++line) {
      PackLine(a, s, a.qkv + line * a.line_pitch, head, line * a.length);
      if (s.pairs == 4) {
        ScoreLine<Pairs, 4>(a, s, line * a.length);
      } else {
        ScoreLine<Pairs, 0>(a, s, line * a.length);
      }
    }
    for (int query = 0; query < a.lines * a.length;
         query += Avx2Softmax::kQueries) {
      softmax.Columns(a.logit, head, a.length, s.max + query, s.logits + query,
                      s.queries);
    }
    for (int line = 0; line < a.lines; ++line) {
      PackValues(a, s, a.qkv + line * a.line_pitch, head);
      MixLine<Pairs>(a, s, head, line);
    }
  }
}

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_YMM_ATTENTION_H_

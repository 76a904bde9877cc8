// Attention on AVX-512 with lanes as queries: every step of the softmax is then
// element by element, and the chunk's lines lie side by side so that no lane is
// idle. Logits of one head and chunk: [key][query], overwritten in place by the
// exponentials and then by the probabilities, two keys to a lane.
#include <immintrin.h>

#include <cstring>

#include "core/kernels/x86/avx512_attention_pack.h"
#include "core/kernels/x86/avx512_attention_store.h"
#include "core/kernels/x86/avx512_kernels.h"
#include "core/kernels/x86/avx512_softmax.h"

namespace edge_int8::core {
namespace {

// Logits and their maximum for kVectors of 16 of one line's queries. Keys stay
// as stored, k + 128, because vpdpbusd wants one side unsigned: every logit of
// a query is 128 * sum(q) too large, and the softmax only sees how far each is
// below the largest. The networks of this family have kDwords = 2; 0 reads
// s.dwords.
template <int kDwords, int kVectors>
[[gnu::always_inline]] inline void ScoreQueries(const AttentionArgs& a,
                                                const Scratch& s,
                                                const uint8_t* key,
                                                const int32_t* q, int query) {
  const int dwords = kDwords > 0 ? kDwords : s.dwords;
  const int64_t queries = s.queries;
  // Loaded once: they cross cache lines.
  __m512i kept[kVectors][kDwords > 0 ? kDwords : 1];
  __m512i max[kVectors];
#pragma GCC unroll 2
  for (int n = 0; n < kVectors; ++n) {
    for (int d = 0; d < kDwords; ++d) {
      kept[n][d] = _mm512_loadu_si512(q + d * queries + 16 * n);
    }
    max[n] = _mm512_set1_epi32(INT32_MIN);
  }
  int32_t* logits = s.logits + query;
  for (int j = 0; j < a.length; ++j, key += a.place_pitch, logits += queries) {
    __m512i acc[kVectors];
    for (auto& x : acc) x = _mm512_setzero_si512();
    for (int d = 0; d < dwords; ++d) {
      int32_t four;
      std::memcpy(&four, key + 4 * d, sizeof four);
      const __m512i k = _mm512_set1_epi32(four);
#pragma GCC unroll 2
      for (int n = 0; n < kVectors; ++n) {
        const __m512i x = kDwords > 0
                              ? kept[n][d]
                              : _mm512_loadu_si512(q + d * queries + 16 * n);
        acc[n] = _mm512_dpbusd_epi32(acc[n], k, x);
      }
    }
#pragma GCC unroll 2
    for (int n = 0; n < kVectors; ++n) {
      max[n] = _mm512_max_epi32(max[n], acc[n]);
      _mm512_storeu_si512(logits + 16 * n, acc[n]);
    }
  }
#pragma GCC unroll 2
  for (int n = 0; n < kVectors; ++n) {
    _mm512_storeu_si512(s.max + query + 16 * n, max[n]);
  }
}

template <int kDwords>
void ScoreLine(const AttentionArgs& a, const Scratch& s, int line, int head,
               int packed) {
  const uint8_t* const key =
      a.qkv + line * a.line_pitch + a.channels + head * a.per_head;
  const int first = line * a.length;
  const int32_t* const q = s.q + int64_t{packed} * s.dwords * s.queries + first;
  int i = 0;
  for (; i + 16 < a.length; i += 32) {
    ScoreQueries<kDwords, 2>(a, s, key, q + i, first + i);
  }
  if (i < a.length) ScoreQueries<kDwords, 1>(a, s, key, q + i, first + i);
}

// bias + sum of p * v for eight channels from `column` on of 16 queries.
void MixQueries(const AttentionArgs& a, const Scratch& s, int query,
                const int32_t* v, int column, __m512i (&acc)[8]) {
#pragma GCC unroll 8
  for (int n = 0; n < 8; ++n) acc[n] = _mm512_set1_epi32(a.bias[column + n]);
  const int32_t* p = s.logits + query;
  for (int j = 0; j < a.length; j += 2) {
    const __m512i both = _mm512_loadu_si512(p);
#pragma GCC unroll 8
    for (int n = 0; n < 8; ++n) {
      acc[n] = _mm512_dpwssd_epi32(acc[n], both, _mm512_set1_epi32(v[n]));
    }
    p += 2 * int64_t{s.queries};
    v += s.channels;
  }
}

// The same of four queries, two to a vector with their eight channels: a
// quarter of the products.
void MixFour(const AttentionArgs& a, const Scratch& s, int query,
             const int32_t* v, int column, __m512i (&acc)[2]) {
  const __m512i first = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0,  //
                                          1, 1, 1, 1, 1, 1, 1, 1);
  const __m512i second = _mm512_add_epi32(first, _mm512_set1_epi32(2));
  acc[0] = acc[1] = TwiceEight(a.bias + column);
  const int32_t* p = s.logits + query;
  for (int j = 0; j < a.length; j += 2) {
    const __m512i both = _mm512_castsi128_si512(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    const __m512i values = TwiceEight(v);
    acc[0] = _mm512_dpwssd_epi32(acc[0], _mm512_permutexvar_epi32(first, both),
                                 values);
    acc[1] = _mm512_dpwssd_epi32(acc[1], _mm512_permutexvar_epi32(second, both),
                                 values);
    p += 2 * int64_t{s.queries};
    v += s.channels;
  }
}

void MixLine(const AttentionArgs& a, const Scratch& s, int line, int head,
             int packed) {
  const int per_head = a.per_head;
  for (int c = 0; c < per_head; c += 8) {
    const int column = head * per_head + c;
    const int32_t* const v =
        s.v + line * s.line + ValueOf(packed * per_head + c);
    for (int i = 0; i < a.length; i += 16) {
      const int query = line * a.length + i;
      const int left = a.length - i;
      if (a.output != nullptr && left <= 4) {
        __m512i acc[2];
        MixFour(a, s, query, v, column, acc);
        OutputRows(a, line, column).StoreFour(acc, i, left);
        continue;
      }
      __m512i acc[8];
      MixQueries(a, s, query, v, column, acc);
      if (a.output != nullptr) {
        OutputRows(a, line, column).Store(acc, i, left);
      } else {
        StoreSums(a, acc, query, left, column, per_head - c);
      }
    }
  }
}

}  // namespace

void AttentionVbmi(const AttentionArgs& a) {
  const Scratch s(a);
  const Softmax softmax(a, s.max, s.logits, s.queries);
  const int end = a.first_head + a.heads;
  for (int first = a.first_head; first < end; first += s.at_once) {
    const int heads = end - first < s.at_once ? end - first : s.at_once;
    for (int line = 0; line < a.lines; ++line) {
      PackQueries(a, s, line, first, heads);
      PackValues(a, s, line, first);
    }
    for (int n = 0; n < heads; ++n) {
      for (int line = 0; line < a.lines; ++line) {
        if (s.dwords == 2) {
          ScoreLine<2>(a, s, line, first + n, n);
        } else {
          ScoreLine<0>(a, s, line, first + n, n);
        }
      }
      softmax.Run(first + n);
      for (int line = 0; line < a.lines; ++line) {
        MixLine(a, s, line, first + n, n);
      }
    }
  }
}

}  // namespace edge_int8::core

// Attention's queries and values as its loops want them on AVX-512, and where
// in the scratch they lie. Only for avx512_attention.cc: internal linkage, as
// in avx512_scale.h. Tested by attention_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_X86_AVX512_ATTENTION_PACK_H_
#define EDGE_INT8_CORE_KERNELS_X86_AVX512_ATTENTION_PACK_H_

#include <immintrin.h>

#include "core/kernels/kernel_table.h"
#include "core/kernels/x86/avx512_kernels.h"
#include "core/kernels/x86/avx512_turn.h"

namespace edge_int8::core {
namespace {

int32_t Up(int32_t value, int32_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Within what AttentionScratchVbmi() counts. Keys are read where they are.
struct Scratch {
  int32_t queries;   // of the chunk, with room to write a vector past the end
  int32_t at_once;   // heads that are packed together
  int32_t dwords;    // of a head's channels
  int32_t channels;  // of the heads together, whole blocks of 32
  int64_t line;      // values of a line: [pair of keys][channels]
  int32_t* logits;   // [key][queries]
  int32_t* max;      // [queries]
  int32_t* q;        // [head][dword][queries]
  int32_t* v;        // [line][pair of keys][channels], see PackValues()

  explicit Scratch(const AttentionArgs& a)
      : queries(AttentionQueries(a.length, a.lines)),
        at_once(AttentionHeadsPacked(a.per_head, a.heads)),
        dwords((a.per_head + 3) / 4),
        channels(Up(at_once * a.per_head, 32)),
        line(int64_t{(a.length + 1) / 2} * channels),
        logits(reinterpret_cast<int32_t*>(a.scratch)),
        max(logits + int64_t{a.length + 1} * queries),
        q(max + queries),
        v(q + int64_t{at_once} * dwords * queries) {}
};

__m256i Load32(const uint8_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

// 32 channels of 16 places, signed: dword[d] holds channels 4 * d on of each.
// Past the line's end they are the last place's.
void TurnPlaces(const AttentionArgs& a, const uint8_t* first, int place,
                __m512i (&dword)[8]) {
  const auto at = [&](int n) {
    const int i = place + n < a.length ? place + n : a.length - 1;
    return first + i * a.place_pitch;
  };
  const __m512i flip = _mm512_set1_epi8(-128);
  // Lanes 0 and 1: place n; 2 and 3: place n + 8.
  const auto two = [&](int n) {
    return _mm512_xor_si512(
        flip, _mm512_inserti64x4(_mm512_castsi256_si512(Load32(at(n))),
                                 Load32(at(n + 8)), 1));
  };
  // four[half][d]: dwords d (lanes 0 and 2) and d + 4 of places 4 * half on.
  __m512i four[2][4];
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
    const int n = 4 * half;
    TurnFours({two(n), two(n + 1), two(n + 2), two(n + 3)}, four[half]);
  }
  const __m512i even = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
  const __m512i odd = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
#pragma GCC unroll 4
  for (int d = 0; d < 4; ++d) {
    dword[d] = _mm512_permutex2var_epi64(four[0][d], even, four[1][d]);
    dword[d + 4] = _mm512_permutex2var_epi64(four[0][d], odd, four[1][d]);
  }
}

// Of `heads` heads from `head` on of one line. Channels past a head's last one
// are 0: whatever key bytes they meet add nothing.
void PackQueries(const AttentionArgs& a, const Scratch& s, int line, int head,
                 int heads) {
  const uint8_t* const first = a.qkv + line * a.line_pitch + head * a.per_head;
  const int dwords = heads * s.dwords;
  const int left = a.per_head % 4;
  for (int i = 0; i < a.length; i += 16) {
    int32_t* const to = s.q + line * a.length + i;
    for (int from = 0; from < dwords; from += 8) {
      __m512i dword[8];
      TurnPlaces(a, first + 4 * from, i, dword);
      if (left != 0 && dwords - from <= 8) {
        __m512i* const last = &dword[dwords - from - 1];
        *last = _mm512_and_si512(
            *last, _mm512_set1_epi32((int32_t{1} << (8 * left)) - 1));
      }
      const int count = dwords - from < 8 ? dwords - from : 8;
      for (int d = 0; d < count; ++d) {
        _mm512_storeu_si512(to + int64_t{from + d} * s.queries, dword[d]);
      }
    }
  }
}

// v of two neighbouring keys as int16 pairs, ValueOf() says where. An odd
// line's last pair repeats its last key: the probability beside it is 0.
void PackValues(const AttentionArgs& a, const Scratch& s, int line, int head) {
  const uint8_t* const v =
      a.qkv + line * a.line_pitch + 2 * a.channels + head * a.per_head;
  const auto load = [&](const uint8_t* from) {
    return _mm256_xor_si256(Load32(from), _mm256_set1_epi8(-128));
  };
  for (int j = 0; j < a.length; j += 2) {
    const uint8_t* const first = v + j * a.place_pitch;
    const uint8_t* const second =
        j + 1 < a.length ? first + a.place_pitch : first;
    int32_t* const to = s.v + line * s.line + int64_t{j / 2} * s.channels;
    for (int c = 0; c < s.channels; c += 32) {
      const __m256i x = load(first + c), y = load(second + c);
      const auto store = [](int32_t* at, __m256i pairs) {
        _mm512_storeu_si512(at, _mm512_cvtepi8_epi16(pairs));
      };
      store(to + c, _mm256_unpacklo_epi8(x, y));
      store(to + c + 16, _mm256_unpackhi_epi8(x, y));
    }
  }
}

// Where in a pair's row the eight channels from `c` on, whole eights, lie: of
// every 32 the first and third eight come first.
int ValueOf(int c) { return c / 32 * 32 + (c & 8) * 2 + (c & 16) / 2; }

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_AVX512_ATTENTION_PACK_H_

// Attention on AVX-512 with lanes as queries: every step of the softmax is then
// element by element, and the chunk's lines lie side by side so that no lane is
// idle. Logits of one head and chunk: [key][query], overwritten in place by the
// exponentials and then by the probabilities, two keys to a lane.
#include <immintrin.h>

#include "core/kernels/avx512_kernels.h"
#include "core/kernels/avx512_scale.h"
#include "core/kernels/avx512_softmax.h"

namespace edge_int8::core {
namespace {

int32_t Up(int32_t value, int32_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Within what AttentionScratchBytes() counts.
struct Scratch {
  int32_t queries;  // of the chunk, with room to write a vector past the end
  int32_t keys;     // of a line, whole vectors
  int32_t dwords;   // of a head's channels
  int32_t* logits;  // [key][queries]
  int32_t* max;     // [queries]
  int32_t* q;       // [dword][queries]
  int32_t* k;       // [dword][keys]
  int32_t* init;    // [keys]
  int32_t* v;       // [pair of keys][channels of the head, whole eights]

  explicit Scratch(const AttentionArgs& a) {
    queries = AttentionQueries(a.length, a.lines);
    keys = Up(a.length, 16);
    dwords = (a.per_head + 3) / 4;
    logits = reinterpret_cast<int32_t*>(a.scratch);
    max = logits + int64_t{a.length + 1} * queries;
    q = max + queries;
    k = q + int64_t{dwords} * queries;
    init = k + int64_t{dwords} * keys;
    v = init + keys;
  }
};

// Eight channels of eight places; the last place again past the line's end.
__m512i EightPlaces(const AttentionArgs& a, const uint8_t* first, int place) {
  const auto at = [&](int n) {
    const int i = place + n < a.length ? place + n : a.length - 1;
    return first + i * a.place_pitch;
  };
  const auto pair = [&](int n) {
    const __m128i low =
        _mm_loadl_epi64(reinterpret_cast<const __m128i*>(at(n)));
    return _mm_castps_si128(_mm_loadh_pi(
        _mm_castsi128_ps(low), reinterpret_cast<const __m64*>(at(n + 1))));
  };
  const auto four = [&](int n) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(pair(n)), pair(n + 2),
                                   1);
  };
  return _mm512_inserti64x4(_mm512_castsi256_si512(four(0)), four(4), 1);
}

// Lane n of `low` and `high`: channels 0 to 3 and 4 to 7 of place n. Loads and
// shuffles take a quarter of a gather's time.
struct SixteenPlaces {
  __m512i low, high;

  SixteenPlaces(const AttentionArgs& a, const uint8_t* first, int place) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18,
                                           20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_or_si512(even, _mm512_set1_epi32(1));
    const __m512i x = EightPlaces(a, first, place);
    const __m512i y = EightPlaces(a, first, place + 8);
    low = _mm512_permutex2var_epi32(x, even, y);
    high = _mm512_permutex2var_epi32(x, odd, y);
  }
};

// q stays as stored, q + 128, because vpdpbusd wants one side unsigned; what
// the 128 adds, 128 * sum(k), is taken off through init.
void PackLine(const AttentionArgs& a, const Scratch& s, const uint8_t* line,
              int head, int first_query) {
  const int per_head = a.per_head;
  const __m512i flip = _mm512_set1_epi8(-128);
  for (int i = 0; i < a.length; i += 16) {
    __m512i init = _mm512_setzero_si512();
    int32_t* const to_q = s.q + first_query + i;
    int32_t* const to_k = s.k + i;
    // Channels past the head's are another's, or padding: k is 0 there.
    const auto add = [&](int d, __m512i q, __m512i k) {
      const int valid = per_head - 4 * d;
      k = _mm512_xor_si512(k, flip);
      if (valid < 4) {
        k = _mm512_and_si512(
            k, _mm512_set1_epi32((int32_t{1} << (8 * valid)) - 1));
      }
      _mm512_storeu_si512(to_q + d * s.queries, q);
      _mm512_storeu_si512(to_k + d * s.keys, k);
      init = _mm512_dpbusd_epi32(init, flip, k);
    };
    for (int d = 0; d < s.dwords; d += 2) {
      const uint8_t* first = line + head * per_head + 4 * d;
      const SixteenPlaces q(a, first, i);
      const SixteenPlaces k(a, first + a.channels, i);
      add(d, q.low, k.low);
      if (d + 1 < s.dwords) add(d + 1, q.high, k.high);
    }
    _mm512_storeu_si512(s.init + i,
                        _mm512_sub_epi32(_mm512_setzero_si512(), init));
  }
}

// Logits and their maximum for one line's queries against its keys. The
// networks of this family have kDwords = 2; 0 reads s.dwords.
template <int kDwords>
[[gnu::always_inline]] inline void ScoreLine(const AttentionArgs& a,
                                             const Scratch& s,
                                             int first_query) {
  const int dwords = kDwords > 0 ? kDwords : s.dwords;
  const int length = a.length;
  const int64_t queries = s.queries, keys = s.keys;
  const int32_t* const init = s.init;
  const int32_t* const k = s.k;
  for (int i = 0; i < length; i += 16) {
    const int32_t* const q = s.q + first_query + i;
    int32_t* const logits = s.logits + first_query + i;
    // Loaded once: they cross cache lines.
    __m512i kept[kDwords > 0 ? kDwords : 1];
    for (int d = 0; d < kDwords; ++d) {
      kept[d] = _mm512_loadu_si512(q + d * queries);
    }
    __m512i max = _mm512_set1_epi32(INT32_MIN);
    for (int j = 0; j < length; ++j) {
      __m512i acc = _mm512_set1_epi32(init[j]);
      for (int d = 0; d < dwords; ++d) {
        const __m512i x =
            kDwords > 0 ? kept[d] : _mm512_loadu_si512(q + d * queries);
        acc = _mm512_dpbusd_epi32(acc, x, _mm512_set1_epi32(k[d * keys + j]));
      }
      max = _mm512_max_epi32(max, acc);
      _mm512_storeu_si512(logits + j * queries, acc);
    }
    _mm512_storeu_si512(s.max + first_query + i, max);
  }
}

// v of two neighbouring keys as int16 pairs, eight channels at a time. An odd
// line's last pair repeats its last key: the probability beside it is 0.
void PackValues(const AttentionArgs& a, const Scratch& s, const uint8_t* line,
                int head) {
  const int per_head = a.per_head;
  const int stride = Up(per_head, 8);
  const uint8_t* v = line + 2 * a.channels + head * per_head;
  const __m128i flip = _mm_set1_epi8(-128);
  for (int j = 0; j < a.length; j += 2) {
    const uint8_t* first = v + j * a.place_pitch;
    const uint8_t* second = j + 1 < a.length ? first + a.place_pitch : first;
    for (int c = 0; c < per_head; c += 8) {
      const auto load = [&](const uint8_t* from) {
        return _mm_xor_si128(
            _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + c)), flip);
      };
      const __m128i both = _mm_unpacklo_epi8(load(first), load(second));
      _mm256_storeu_si256(
          reinterpret_cast<__m256i*>(s.v + int64_t{j / 2} * stride + c),
          _mm256_cvtepi8_epi16(both));
    }
  }
}

// Eight vectors of 16 queries become 16 rows of eight channels.
void StoreTransposed(const __m512i* x, int32_t* out, int64_t stride) {
  // four[half][r]: lane l holds channels 4 * half .. of query 4 * l + r.
  __m512i four[2][4];
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
    const __m512i* p = x + 4 * half;
    const __m512i low0 = _mm512_unpacklo_epi32(p[0], p[1]);
    const __m512i low1 = _mm512_unpacklo_epi32(p[2], p[3]);
    const __m512i high0 = _mm512_unpackhi_epi32(p[0], p[1]);
    const __m512i high1 = _mm512_unpackhi_epi32(p[2], p[3]);
    four[half][0] = _mm512_unpacklo_epi64(low0, low1);
    four[half][1] = _mm512_unpackhi_epi64(low0, low1);
    four[half][2] = _mm512_unpacklo_epi64(high0, high1);
    four[half][3] = _mm512_unpackhi_epi64(high0, high1);
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

 private:
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
    const __m512i a = two(0), b = two(2), c = two(4), d = two(6);
    const __m512i ab0 = _mm512_unpacklo_epi32(a, b);
    const __m512i ab2 = _mm512_unpackhi_epi32(a, b);
    const __m512i cd0 = _mm512_unpacklo_epi32(c, d);
    const __m512i cd2 = _mm512_unpackhi_epi32(c, d);
    StoreLanes(_mm512_unpacklo_epi64(ab0, cd0), to, 0, count);
    StoreLanes(_mm512_unpackhi_epi64(ab0, cd0), to, 1, count);
    StoreLanes(_mm512_unpacklo_epi64(ab2, cd2), to, 2, count);
    StoreLanes(_mm512_unpackhi_epi64(ab2, cd2), to, 3, count);
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

// bias + sum of p * v for one line: up to eight channels by 16 queries.
void MixLine(const AttentionArgs& a, const Scratch& s, int head, int line) {
  const int per_head = a.per_head;
  const int stride = Up(per_head, 8);
  for (int c = 0; c < per_head; c += 8) {
    const int column = head * per_head + c;
    for (int i = 0; i < a.length; i += 16) {
      const int query = line * a.length + i;
      __m512i acc[8];
#pragma GCC unroll 8
      for (int n = 0; n < 8; ++n) {
        acc[n] = _mm512_set1_epi32(a.bias[column + n]);
      }
      for (int j = 0; j < a.length; j += 2) {
        const __m512i p =
            _mm512_loadu_si512(s.logits + int64_t{j} * s.queries + query);
        const int32_t* v = s.v + int64_t{j / 2} * stride + c;
#pragma GCC unroll 8
        for (int n = 0; n < 8; ++n) {
          acc[n] = _mm512_dpwssd_epi32(acc[n], p, _mm512_set1_epi32(v[n]));
        }
      }
      if (a.output != nullptr) {
        OutputRows(a, line, column).Store(acc, i, a.length - i);
      } else {
        StoreSums(a, acc, query, a.length - i, column, per_head - c);
      }
    }
  }
}

}  // namespace

void AttentionVbmi(const AttentionArgs& a) {
  const Scratch s(a);
  const Softmax softmax(a, s.max, s.logits, s.queries);
  for (int head = a.first_head; head < a.first_head + a.heads; ++head) {
    for (int line = 0; line < a.lines; ++line) {
      PackLine(a, s, a.qkv + line * a.line_pitch, head, line * a.length);
      if (s.dwords == 2) {
        ScoreLine<2>(a, s, line * a.length);
      } else {
        ScoreLine<0>(a, s, line * a.length);
      }
    }
    softmax.Run(head);
    for (int line = 0; line < a.lines; ++line) {
      PackValues(a, s, a.qkv + line * a.line_pitch, head);
      MixLine(a, s, head, line);
    }
  }
}

}  // namespace edge_int8::core

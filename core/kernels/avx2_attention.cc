// Attention on AVX2, as avx512_attention.cc but eight queries at a time, all in
// 32 bits, with the exponential's tables gathered. Four stored bytes become two
// pairs of int16, channels (0, 2) and (1, 3): q and k alike.
#include <immintrin.h>

#include "core/kernels/avx2_kernels.h"

namespace edge_int8::core {
namespace {

int32_t Up(int32_t value, int32_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

__m256i Load(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
void Store(void* p, __m256i v) {
  _mm256_storeu_si256(static_cast<__m256i*>(p), v);
}

// Within what AttentionScratchBytes() counts.
struct Scratch {
  int32_t per_head;
  int32_t queries;
  int32_t keys;
  int32_t pairs;    // of a head's channels
  int32_t* logits;  // [key][queries]
  int32_t* max;     // [queries]
  int32_t* q;       // [pair][queries]
  int32_t* k;       // [pair][keys]
  int32_t* v;       // [pair of keys][channels of the head, whole eights]

  explicit Scratch(const AttentionArgs& a) {
    per_head = a.channels / a.heads;
    queries = Up(a.lines * a.length, 64) + 16;
    keys = Up(a.length, 16);
    pairs = (per_head + 3) / 4 * 2;
    logits = reinterpret_cast<int32_t*>(a.scratch);
    max = logits + int64_t{a.length + 1} * queries;
    q = max + queries;
    k = q + int64_t{pairs} * queries;
    v = k + int64_t{pairs} * keys;
  }
};

// Lanes below the line's end.
__m256i LaneMask(int count) {
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lanes);
}

// Four channels of eight places as signed bytes, 0 past the line's end.
__m256i GatherFour(const AttentionArgs& a, const uint8_t* first, int place) {
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const __m256i offsets = _mm256_mullo_epi32(
      lanes, _mm256_set1_epi32(static_cast<int32_t>(a.place_pitch)));
  const __m256i mask = LaneMask(a.length - place);
  const __m256i bytes = _mm256_mask_i32gather_epi32(
      _mm256_setzero_si256(),
      reinterpret_cast<const int*>(first + place * a.place_pitch), offsets,
      mask, 1);
  return _mm256_and_si256(_mm256_xor_si256(bytes, _mm256_set1_epi8(-128)),
                          mask);
}

void StorePairs(__m256i bytes, int32_t* even, int32_t* odd) {
  Store(even, _mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8));
  Store(odd, _mm256_srai_epi16(bytes, 8));
}

void PackLine(const AttentionArgs& a, const Scratch& s, const uint8_t* line,
              int head, int first_query) {
  for (int i = 0; i < a.length; i += 8) {
    for (int d = 0; d < s.pairs; d += 2) {
      const int left = s.per_head - 2 * d;
      const uint8_t* q = line + head * s.per_head + 2 * d;
      const __m256i keep =
          _mm256_set1_epi32(left >= 4 ? -1 : (int32_t{1} << (8 * left)) - 1);
      StorePairs(GatherFour(a, q, i), s.q + d * s.queries + first_query + i,
                 s.q + (d + 1) * s.queries + first_query + i);
      StorePairs(_mm256_and_si256(GatherFour(a, q + a.channels, i), keep),
                 s.k + d * s.keys + i, s.k + (d + 1) * s.keys + i);
    }
  }
}

void ScoreLine(const AttentionArgs& a, const Scratch& s, int first_query) {
  for (int i = 0; i < a.length; i += 8) {
    const int query = first_query + i;
    __m256i max = _mm256_set1_epi32(INT32_MIN);
    for (int j = 0; j < a.length; ++j) {
      __m256i acc = _mm256_setzero_si256();
      for (int d = 0; d < s.pairs; ++d) {
        acc = _mm256_add_epi32(
            acc, _mm256_madd_epi16(Load(s.q + d * s.queries + query),
                                   _mm256_set1_epi32(s.k[d * s.keys + j])));
      }
      max = _mm256_max_epi32(max, acc);
      Store(s.logits + int64_t{j} * s.queries + query, acc);
    }
    Store(s.max + query, max);
  }
}

// u = min(Requantize(max - acc), 65535), unsigned: lanes past the last query
// hold anything, and their u must be an index too.
__m256i Distance(const ScaleRow& row, int head, __m256i below) {
  if (row.limit != nullptr) {
    below = _mm256_min_epi32(below, _mm256_set1_epi32(row.limit[head]));
    below = _mm256_sllv_epi32(below, _mm256_set1_epi32(row.left[head]));
  }
  const __m256i m = _mm256_set1_epi32(row.mantissa[head]);
  const __m256i even = _mm256_mul_epi32(below, m);
  const __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(below, 32), m);
  const __m256i high =
      _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
  const __m256i u = _mm256_srav_epi32(
      _mm256_add_epi32(high, _mm256_set1_epi32(row.add[head])),
      _mm256_set1_epi32(row.shift[head]));
  return _mm256_min_epu32(u, _mm256_set1_epi32(65535));
}

// 16-bit entries; the gather also reads the entry after.
__m256i Entries(const uint16_t* table, __m256i index) {
  return _mm256_and_si256(
      _mm256_i32gather_epi32(reinterpret_cast<const int*>(table), index, 2),
      _mm256_set1_epi32(0xffff));
}

// floor((32767 * 2^16 + sum / 2) / sum), exact in double (avx512_attention.cc).
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

// SoftmaxRow() for eight queries, one per lane; keys 2 * n and 2 * n + 1 end as
// a pair in row 2 * n.
void SoftmaxColumns(const AttentionArgs& a, const Scratch& s, int head,
                    int query) {
  const __m256i max = Load(s.max + query);
  __m256i sum = _mm256_setzero_si256();
  for (int j = 0; j < a.length; ++j) {
    int32_t* row = s.logits + int64_t{j} * s.queries + query;
    const __m256i u = Distance(a.logit, head, _mm256_sub_epi32(max, Load(row)));
    const __m256i product = _mm256_mullo_epi32(
        Entries(a.coarse, _mm256_srli_epi32(u, 8)),
        Entries(a.fine, _mm256_and_si256(u, _mm256_set1_epi32(255))));
    const __m256i e = _mm256_srli_epi32(
        _mm256_add_epi32(product, _mm256_set1_epi32(1 << 14)), 15);
    sum = _mm256_add_epi32(sum, e);
    Store(row, e);
  }
  const __m256i reciprocal = Reciprocal(sum);
  const auto probability = [&](int j) {
    const __m256i e = Load(s.logits + int64_t{j} * s.queries + query);
    return _mm256_srli_epi32(_mm256_add_epi32(_mm256_mullo_epi32(e, reciprocal),
                                              _mm256_set1_epi32(1 << 15)),
                             16);
  };
  for (int j = 0; j < a.length; j += 2) {
    __m256i pair = probability(j);
    if (j + 1 < a.length) {
      pair = _mm256_or_si256(pair, _mm256_slli_epi32(probability(j + 1), 16));
    }
    Store(s.logits + int64_t{j} * s.queries + query, pair);
  }
}

void PackValues(const AttentionArgs& a, const Scratch& s, const uint8_t* line,
                int head) {
  const uint8_t* v = line + 2 * a.channels + head * s.per_head;
  const int stride = Up(s.per_head, 8);
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

// Eight vectors of eight queries become eight rows of up to eight channels.
void StoreRows(const __m256i* acc, int rows, int channels, int64_t stride,
               int32_t* out) {
  alignas(32) int32_t lanes[8][8];
  for (int n = 0; n < channels; ++n) Store(lanes[n], acc[n]);
  for (int i = 0; i < rows; ++i) {
    for (int n = 0; n < channels; ++n) out[i * stride + n] = lanes[n][i];
  }
}

void MixLine(const AttentionArgs& a, const Scratch& s, int head, int line) {
  const int stride = Up(s.per_head, 8);
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
          acc[n] = _mm256_add_epi32(
              acc[n], _mm256_madd_epi16(p, _mm256_set1_epi32(v[n])));
        }
      }
      StoreRows(acc, a.length - i < 8 ? a.length - i : 8, channels,
                a.acc_stride, a.acc + int64_t{query} * a.acc_stride + column);
    }
  }
}

}  // namespace

void AttentionAvx2(const AttentionArgs& a) {
  const Scratch s(a);
  for (int head = 0; head < a.heads; ++head) {
    for (int line = 0; line < a.lines; ++line) {
      PackLine(a, s, a.qkv + line * a.line_pitch, head, line * a.length);
      ScoreLine(a, s, line * a.length);
    }
    for (int query = 0; query < a.lines * a.length; query += 8) {
      SoftmaxColumns(a, s, head, query);
    }
    for (int line = 0; line < a.lines; ++line) {
      PackValues(a, s, a.qkv + line * a.line_pitch, head);
      MixLine(a, s, head, line);
    }
  }
}

}  // namespace edge_int8::core

// Attention on AVX-512 with lanes as queries: every step of the softmax is then
// element by element, and the chunk's lines lie side by side so that no lane is
// idle. Logits of one head and chunk: [key][query], overwritten in place by the
// exponentials and then by the probabilities, two keys to a lane.
#include <immintrin.h>

#include "core/kernels/avx512_kernels.h"

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
    const int32_t per_head = a.channels / a.heads;
    queries = Up(a.lines * a.length, 64) + 16;
    keys = Up(a.length, 16);
    dwords = (per_head + 3) / 4;
    logits = reinterpret_cast<int32_t*>(a.scratch);
    max = logits + int64_t{a.length + 1} * queries;
    q = max + queries;
    k = q + int64_t{dwords} * queries;
    init = k + int64_t{dwords} * keys;
    v = init + keys;
  }
};

// exp's two tables as byte planes in registers.
struct BytePlane {
  __m512i part[4];

  BytePlane(const uint16_t* entries, int shift) {
    for (int i = 0; i < 4; ++i) {
      const __m512i a = _mm512_loadu_si512(entries + 64 * i);
      const __m512i b = _mm512_loadu_si512(entries + 64 * i + 32);
      const __m128i by = _mm_cvtsi32_si128(shift);
      part[i] = _mm512_inserti64x4(
          _mm512_castsi256_si512(_mm512_cvtepi16_epi8(_mm512_srl_epi16(a, by))),
          _mm512_cvtepi16_epi8(_mm512_srl_epi16(b, by)), 1);
    }
  }
  __m512i At(__m512i index, __mmask64 upper) const {
    const __m512i low = _mm512_permutex2var_epi8(part[0], index, part[1]);
    const __m512i high = _mm512_permutex2var_epi8(part[2], index, part[3]);
    return _mm512_mask_blend_epi8(upper, low, high);
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
  const int per_head = a.channels / a.heads;
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
void ScoreLine(const AttentionArgs& a, const Scratch& s, int first_query) {
  const int dwords = kDwords > 0 ? kDwords : s.dwords;
  const int length = a.length;
  const int64_t queries = s.queries, keys = s.keys;
  const int32_t* const init = s.init;
  const int32_t* const k = s.k;
  for (int i = 0; i < length; i += 16) {
    const int32_t* const q = s.q + first_query + i;
    int32_t* const logits = s.logits + first_query + i;
    __m512i max = _mm512_set1_epi32(INT32_MIN);
    for (int j = 0; j < length; ++j) {
      __m512i acc = _mm512_set1_epi32(init[j]);
      for (int d = 0; d < dwords; ++d) {
        acc = _mm512_dpbusd_epi32(acc, _mm512_loadu_si512(q + d * queries),
                                  _mm512_set1_epi32(k[d * keys + j]));
      }
      max = _mm512_max_epi32(max, acc);
      _mm512_storeu_si512(logits + j * queries, acc);
    }
    _mm512_storeu_si512(s.max + first_query + i, max);
  }
}

// SoftmaxRow() for 64 queries at a time, one per lane.
class Softmax {
 public:
  Softmax(const AttentionArgs& a, const Scratch& s)
      : a_(a),
        s_(s),
        coarse_low_(a.coarse, 0),
        coarse_high_(a.coarse, 8),
        fine_low_(a.fine, 0),
        fine_high_(a.fine, 8) {}

  void Run(int head, int query) {
    __m512i sums[4];
    for (auto& sum : sums) sum = _mm512_setzero_si512();
    if (a_.logit.limit == nullptr) {
      for (int j = 0; j < a_.length; ++j)
        Exponentials<false>(head, query, j, sums);
    } else {
      for (int j = 0; j < a_.length; ++j)
        Exponentials<true>(head, query, j, sums);
    }
    Normalize(query, sums);
  }

 private:
  int32_t* Row(int j, int query) const {
    return s_.logits + int64_t{j} * s_.queries + query;
  }

  // u = min(Requantize(max - acc), 65535); the last step is packus's.
  template <bool kLimited>
  __m512i Distance(int head, const int32_t* max, const int32_t* logit) const {
    __m512i below =
        _mm512_sub_epi32(_mm512_loadu_si512(max), _mm512_loadu_si512(logit));
    if (kLimited) {
      below = _mm512_min_epi32(below, _mm512_set1_epi32(a_.logit.limit[head]));
      below = _mm512_sllv_epi32(below, _mm512_set1_epi32(a_.logit.left[head]));
    }
    const __m512i m = _mm512_set1_epi32(a_.logit.mantissa[head]);
    const __m512i even = _mm512_mul_epi32(below, m);
    const __m512i odd = _mm512_mul_epi32(_mm512_srli_epi64(below, 32), m);
    const __m512i high =
        _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
    return _mm512_srav_epi32(
        _mm512_add_epi32(high, _mm512_set1_epi32(a_.logit.add[head])),
        _mm512_set1_epi32(a_.logit.shift[head]));
  }

  // (coarse * fine + 2^14) >> 15 is vpmulhrsw but for the sign of 2^15, which
  // int16 reads as -2^15: the absolute value, read as unsigned, is right.
  static __m512i Product(__m512i coarse, __m512i fine) {
    return _mm512_abs_epi16(_mm512_mulhrs_epi16(coarse, fine));
  }

  template <bool kLimited>
  void Exponentials(int head, int query, int j, __m512i* sums) const {
    int32_t* row = Row(j, query);
    __m512i u[4];
    for (int n = 0; n < 4; ++n) {
      u[n] = Distance<kLimited>(head, s_.max + query + 16 * n, row + 16 * n);
    }
    const __m512i w0 = _mm512_packus_epi32(u[0], u[1]);
    const __m512i w1 = _mm512_packus_epi32(u[2], u[3]);
    const __m512i byte = _mm512_set1_epi16(255);
    const __m512i fine = _mm512_packus_epi16(_mm512_and_si512(w0, byte),
                                             _mm512_and_si512(w1, byte));
    const __m512i coarse =
        _mm512_packus_epi16(_mm512_srli_epi16(w0, 8), _mm512_srli_epi16(w1, 8));
    const __mmask64 cu = _mm512_movepi8_mask(coarse);
    const __mmask64 fu = _mm512_movepi8_mask(fine);
    const __m512i cl = coarse_low_.At(coarse, cu);
    const __m512i ch = coarse_high_.At(coarse, cu);
    const __m512i fl = fine_low_.At(fine, fu);
    const __m512i fh = fine_high_.At(fine, fu);
    const __m512i e0 =
        Product(_mm512_unpacklo_epi8(cl, ch), _mm512_unpacklo_epi8(fl, fh));
    const __m512i e1 =
        Product(_mm512_unpackhi_epi8(cl, ch), _mm512_unpackhi_epi8(fl, fh));
    _mm512_storeu_si512(row, e0);
    _mm512_storeu_si512(row + 16, e1);
    const __m512i zero = _mm512_setzero_si512();
    sums[0] = _mm512_add_epi32(sums[0], _mm512_unpacklo_epi16(e0, zero));
    sums[1] = _mm512_add_epi32(sums[1], _mm512_unpackhi_epi16(e0, zero));
    sums[2] = _mm512_add_epi32(sums[2], _mm512_unpacklo_epi16(e1, zero));
    sums[3] = _mm512_add_epi32(sums[3], _mm512_unpackhi_epi16(e1, zero));
  }

  // floor((32767 * 2^16 + sum / 2) / sum). Both are exact in double and the
  // quotient is below 2^16 while sum is below 2^24: the nearest double to a
  // quotient that is not an integer lies on the same side of every integer.
  static __m512i Reciprocal(__m512i sum) {
    const __m512i top = _mm512_add_epi32(_mm512_set1_epi32(32767 << 16),
                                         _mm512_srli_epi32(sum, 1));
    const auto divide = [](__m256i a, __m256i b) {
      return _mm512_cvttpd_epu32(
          _mm512_div_pd(_mm512_cvtepu32_pd(a), _mm512_cvtepu32_pd(b)));
    };
    const __m256i low =
        divide(_mm512_castsi512_si256(top), _mm512_castsi512_si256(sum));
    const __m256i high = divide(_mm512_extracti64x4_epi64(top, 1),
                                _mm512_extracti64x4_epi64(sum, 1));
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
  }

  // (e * r + 2^15) >> 16 of unsigned words.
  static __m512i Probability(__m512i e, __m512i r) {
    const __m512i round = _mm512_srli_epi16(_mm512_mullo_epi16(e, r), 15);
    return _mm512_add_epi16(_mm512_mulhi_epu16(e, r), round);
  }

  // Rows 2 * n and 2 * n + 1 become pairs in row 2 * n, in query order again.
  void Normalize(int query, const __m512i* sums) const {
    const __m512i r0 =
        _mm512_packus_epi32(Reciprocal(sums[0]), Reciprocal(sums[1]));
    const __m512i r1 =
        _mm512_packus_epi32(Reciprocal(sums[2]), Reciprocal(sums[3]));
    for (int j = 0; j < a_.length; j += 2) {
      int32_t* row = Row(j, query);
      const __m512i a0 = Probability(_mm512_loadu_si512(row), r0);
      const __m512i a1 = Probability(_mm512_loadu_si512(row + 16), r1);
      __m512i b0 = _mm512_setzero_si512();
      __m512i b1 = b0;
      if (j + 1 < a_.length) {
        const int32_t* next = Row(j + 1, query);
        b0 = Probability(_mm512_loadu_si512(next), r0);
        b1 = Probability(_mm512_loadu_si512(next + 16), r1);
      }
      _mm512_storeu_si512(row, _mm512_unpacklo_epi16(a0, b0));
      _mm512_storeu_si512(row + 16, _mm512_unpackhi_epi16(a0, b0));
      _mm512_storeu_si512(row + 32, _mm512_unpacklo_epi16(a1, b1));
      _mm512_storeu_si512(row + 48, _mm512_unpackhi_epi16(a1, b1));
    }
  }

  const AttentionArgs& a_;
  const Scratch& s_;
  const BytePlane coarse_low_, coarse_high_, fine_low_, fine_high_;
};

// v of two neighbouring keys as int16 pairs, eight channels at a time. An odd
// line's last pair repeats its last key: the probability beside it is 0.
void PackValues(const AttentionArgs& a, const Scratch& s, const uint8_t* line,
                int head) {
  const int per_head = a.channels / a.heads;
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
  __m512i pair[8];
  for (int n = 0; n < 4; ++n) {
    pair[2 * n] = _mm512_unpacklo_epi32(x[2 * n], x[2 * n + 1]);
    pair[2 * n + 1] = _mm512_unpackhi_epi32(x[2 * n], x[2 * n + 1]);
  }
  // four[half][r]: lane l holds channels 4 * half .. of query 4 * l + r.
  for (int half = 0; half < 2; ++half) {
    const __m512i* p = pair + 4 * half;
    const __m512i four[4] = {
        _mm512_unpacklo_epi64(p[0], p[2]), _mm512_unpackhi_epi64(p[0], p[2]),
        _mm512_unpacklo_epi64(p[1], p[3]), _mm512_unpackhi_epi64(p[1], p[3])};
    for (int r = 0; r < 4; ++r) {
      int32_t* to = out + r * stride + 4 * half;
      const auto store = [&](int lane, __m128i value) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 4 * lane * stride),
                         value);
      };
      store(0, _mm512_castsi512_si128(four[r]));
      store(1, _mm512_extracti32x4_epi32(four[r], 1));
      store(2, _mm512_extracti32x4_epi32(four[r], 2));
      store(3, _mm512_extracti32x4_epi32(four[r], 3));
    }
  }
}

// bias + sum of p * v for one line: up to eight channels by 16 queries.
void MixLine(const AttentionArgs& a, const Scratch& s, int head, int line) {
  const int per_head = a.channels / a.heads;
  const int stride = Up(per_head, 8);
  for (int c = 0; c < per_head; c += 8) {
    const int column = head * per_head + c;
    for (int i = 0; i < a.length; i += 16) {
      const int query = line * a.length + i;
      __m512i acc[8];
      for (int n = 0; n < 8; ++n) {
        acc[n] = _mm512_set1_epi32(a.bias[column + n]);
      }
      for (int j = 0; j < a.length; j += 2) {
        const __m512i p =
            _mm512_loadu_si512(s.logits + int64_t{j} * s.queries + query);
        const int32_t* v = s.v + int64_t{j / 2} * stride + c;
        for (int n = 0; n < 8; ++n) {
          acc[n] = _mm512_dpwssd_epi32(acc[n], p, _mm512_set1_epi32(v[n]));
        }
      }
      int32_t* out = a.acc + int64_t{query} * a.acc_stride + column;
      if (c + 8 <= per_head) {
        StoreTransposed(acc, out, a.acc_stride);
        continue;
      }
      alignas(64) int32_t lanes[16];
      for (int n = 0; n < per_head - c; ++n) {
        _mm512_store_si512(lanes, acc[n]);
        for (int lane = 0; lane < 16 && i + lane < a.length; ++lane) {
          out[lane * int64_t{a.acc_stride} + n] = lanes[lane];
        }
      }
    }
  }
}

}  // namespace

void AttentionVbmi(const AttentionArgs& a) {
  const Scratch s(a);
  Softmax softmax(a, s);
  const auto score = s.dwords == 2 ? ScoreLine<2> : ScoreLine<0>;
  for (int head = 0; head < a.heads; ++head) {
    for (int line = 0; line < a.lines; ++line) {
      PackLine(a, s, a.qkv + line * a.line_pitch, head, line * a.length);
      score(a, s, line * a.length);
    }
    for (int query = 0; query < a.lines * a.length; query += 64) {
      softmax.Run(head, query);
    }
    for (int line = 0; line < a.lines; ++line) {
      PackValues(a, s, a.qkv + line * a.line_pitch, head);
      MixLine(a, s, head, line);
    }
  }
}

}  // namespace edge_int8::core

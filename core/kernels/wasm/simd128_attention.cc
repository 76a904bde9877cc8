// Attention on SIMD128: lanes are queries, four at a time in 32 bits and, in
// the softmax, eight in 16. Four stored bytes become two pairs of int16,
// channels (0, 2) and (1, 3): q and k alike.
#include "core/kernels/paired_attention.h"
#include "core/kernels/scalar/scalar_kernels.h"
#include "core/kernels/wasm/simd128_softmax.h"
#include "core/kernels/wasm/wasm_kernels.h"

namespace edge_int8::core {
namespace {

// Four channels of four places as signed bytes; past the line's end the last
// place again.
v128_t LoadFour(const AttentionArgs& a, const uint8_t* first, int place) {
  const auto at = [&](int i) {
    const int clamped = place + i < a.length ? place + i : a.length - 1;
    return first + clamped * a.place_pitch;
  };
  v128_t fours = wasm_v128_load32_zero(at(0));
  fours = wasm_v128_load32_lane(at(1), fours, 1);
  fours = wasm_v128_load32_lane(at(2), fours, 2);
  fours = wasm_v128_load32_lane(at(3), fours, 3);
  return wasm_v128_xor(fours, wasm_i8x16_splat(-128));
}

void StorePairs(v128_t bytes, int32_t* even, int32_t* odd) {
  wasm_v128_store(even, wasm_i16x8_shr(wasm_i16x8_shl(bytes, 8), 8));
  wasm_v128_store(odd, wasm_i16x8_shr(bytes, 8));
}

// Keys are 0 past the head's last channel.
void PackLine(const AttentionArgs& a, const PairedScratch& s,
              const uint8_t* line, int head, int first_query) {
  for (int pair = 0; pair < s.pairs; pair += 2) {
    const uint8_t* const q = line + head * s.per_head + 2 * pair;
    const int left = s.per_head - 2 * pair;
    const v128_t kept =
        wasm_i32x4_splat(left >= 4 ? -1 : (int32_t{1} << (8 * left)) - 1);
    int32_t* const queries = s.q + pair * s.queries + first_query;
    int32_t* const keys = s.k + pair * s.keys;
    for (int i = 0; i < a.length; i += 4) {
      StorePairs(LoadFour(a, q, i), queries + i, queries + s.queries + i);
      StorePairs(wasm_v128_and(LoadFour(a, q + a.channels, i), kept), keys + i,
                 keys + s.keys + i);
    }
  }
}

// kPairs is that of the head, or 0: any number.
template <int kPairs>
void ScoreLine(const AttentionArgs& a, const PairedScratch& s,
               int first_query) {
  const int pairs = kPairs > 0 ? kPairs : s.pairs;
  for (int i = 0; i < a.length; i += 4) {
    const int query = first_query + i;
    const auto queries = [&](int d) {
      return wasm_v128_load(s.q + d * s.queries + query);
    };
    v128_t kept[kPairs + 1];
#pragma clang loop unroll(full)
    for (int d = 0; d < kPairs; ++d) kept[d] = queries(d);
    v128_t max = wasm_i32x4_splat(INT32_MIN);
    for (int j = 0; j < a.length; ++j) {
      v128_t acc = wasm_i32x4_splat(0);
#pragma clang loop unroll_count(4)
      for (int d = 0; d < pairs; ++d) {
        const v128_t key = wasm_v128_load32_splat(s.k + d * s.keys + j);
        acc = wasm_i32x4_add(
            acc, wasm_i32x4_dot_i16x8(kPairs > 0 ? kept[d] : queries(d), key));
      }
      max = wasm_i32x4_max(max, acc);
      wasm_v128_store(s.logits + int64_t{j} * s.queries + query, acc);
    }
    wasm_v128_store(s.max + query, max);
  }
}

void PackValues(const AttentionArgs& a, const PairedScratch& s,
                const uint8_t* line, int head) {
  const uint8_t* v = line + 2 * a.channels + head * s.per_head;
  const int stride = WholeTimes(s.per_head, 8);
  const v128_t flip = wasm_i8x16_splat(-128);
  for (int j = 0; j < a.length; j += 2) {
    const uint8_t* first = v + j * a.place_pitch;
    const uint8_t* second = j + 1 < a.length ? first + a.place_pitch : first;
    for (int c = 0; c < s.per_head; c += 8) {
      const v128_t mixed = wasm_v128_xor(
          flip,
          wasm_i8x16_shuffle(wasm_v128_load64_zero(first + c),
                             wasm_v128_load64_zero(second + c), 0, 16, 1, 17, 2,
                             18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
      int32_t* const to = s.v + int64_t{j / 2} * stride + c;
      wasm_v128_store(to, wasm_i16x8_extend_low_i8x16(mixed));
      wasm_v128_store(to + 4, wasm_i16x8_extend_high_i8x16(mixed));
    }
  }
}

// Four vectors of four queries become four rows of four channels.
void StoreSquare(const v128_t* acc, int64_t stride, int32_t* out) {
  const v128_t low01 = wasm_i32x4_shuffle(acc[0], acc[1], 0, 4, 1, 5);
  const v128_t low23 = wasm_i32x4_shuffle(acc[2], acc[3], 0, 4, 1, 5);
  const v128_t high01 = wasm_i32x4_shuffle(acc[0], acc[1], 2, 6, 3, 7);
  const v128_t high23 = wasm_i32x4_shuffle(acc[2], acc[3], 2, 6, 3, 7);
  wasm_v128_store(out, wasm_i64x2_shuffle(low01, low23, 0, 2));
  wasm_v128_store(out + stride, wasm_i64x2_shuffle(low01, low23, 1, 3));
  wasm_v128_store(out + 2 * stride, wasm_i64x2_shuffle(high01, high23, 0, 2));
  wasm_v128_store(out + 3 * stride, wasm_i64x2_shuffle(high01, high23, 1, 3));
}

// The same for fewer channels, whose neighbours must stay.
void StoreRows(const v128_t* acc, int rows, int channels, int64_t stride,
               int32_t* out) {
  alignas(16) int32_t lanes[8][4];
  for (int n = 0; n < channels; ++n) wasm_v128_store(lanes[n], acc[n]);
  for (int i = 0; i < rows; ++i) {
    for (int n = 0; n < channels; ++n) out[i * stride + n] = lanes[n][i];
  }
}

void MixLine(const AttentionArgs& a, const PairedScratch& s, int head,
             int line) {
  const int stride = WholeTimes(s.per_head, 8);
  for (int c = 0; c < s.per_head; c += 8) {
    const int column = head * s.per_head + c;
    const int channels = s.per_head - c < 8 ? s.per_head - c : 8;
    for (int i = 0; i < a.length; i += 4) {
      const int query = line * a.length + i;
      v128_t acc[8];
#pragma clang loop unroll(full)
      for (int n = 0; n < 8; ++n) {
        acc[n] = wasm_v128_load32_splat(a.bias + column + n);
      }
      for (int j = 0; j < a.length; j += 2) {
        const v128_t p =
            wasm_v128_load(s.logits + int64_t{j} * s.queries + query);
        const int32_t* v = s.v + int64_t{j / 2} * stride + c;
#pragma clang loop unroll(full)
        for (int n = 0; n < 8; ++n) {
          acc[n] = wasm_i32x4_add(
              acc[n], wasm_i32x4_dot_i16x8(p, wasm_v128_load32_splat(v + n)));
        }
      }
      int32_t* const out = a.acc + int64_t{query} * a.acc_stride + column -
                           a.first_head * s.per_head;
      if (channels == 8) {
        // Rows past the line's end are the next line's, written after this.
        StoreSquare(acc, a.acc_stride, out);
        StoreSquare(acc + 4, a.acc_stride, out + 4);
      } else {
        StoreRows(acc, a.length - i < 4 ? a.length - i : 4, channels,
                  a.acc_stride, out);
      }
    }
  }
}

}  // namespace

void AttentionSimd128(const AttentionArgs& a) {
  const Simd128Softmax softmax(a.coarse, a.fine);
  const bool limited = a.logit.real == nullptr && a.logit.limit != nullptr;
  if (!softmax.usual() || limited) {
    AttentionScalar(a);
    return;
  }
  const PairedScratch s(a);
  for (int head = a.first_head; head < a.first_head + a.heads; ++head) {
    for (int line = 0; line < a.lines; ++line) {
      PackLine(a, s, a.qkv + line * a.line_pitch, head, line * a.length);
      if (s.pairs == 4) {
        ScoreLine<4>(a, s, line * a.length);
      } else {
        ScoreLine<0>(a, s, line * a.length);
      }
    }
    for (int query = 0; query < a.lines * a.length;
         query += Simd128Softmax::kQueries) {
      softmax.Columns(a.logit, head, a.length, s.max + query, s.logits + query,
                      s.queries);
    }
    for (int line = 0; line < a.lines; ++line) {
      PackValues(a, s, a.qkv + line * a.line_pitch, head);
      MixLine(a, s, head, line);
    }
  }
}

}  // namespace edge_int8::core

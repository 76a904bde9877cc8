// The softmax of many rows side by side. For the SIMD128 attention alone, with
// internal linkage. Tested by attention_test.cc and engine_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_WASM_SIMD128_SOFTMAX_H_
#define EDGE_INT8_CORE_KERNELS_WASM_SIMD128_SOFTMAX_H_

#include "core/kernels/wasm/simd128_scale.h"

namespace edge_int8::core {
namespace {

// Sums of two products of unsigned words, rounded: (a * b + half) >> kBits.
template <int kBits>
[[gnu::always_inline]] inline v128_t RoundedProduct(v128_t a, v128_t b) {
  const v128_t half = wasm_i32x4_splat(1 << (kBits - 1));
  const auto round = [&](v128_t product) {
    return wasm_u32x4_shr(wasm_i32x4_add(product, half), kBits);
  };
  return wasm_u16x8_narrow_i32x4(round(wasm_u32x4_extmul_low_u16x8(a, b)),
                                 round(wasm_u32x4_extmul_high_u16x8(a, b)));
}

// exp(-i / 4096) * 2^15, rounded, of i in [0, 255]: 2^15 - 8 i and, for the
// rest, i^2 / 1024 (1 - i / 12288).
[[gnu::always_inline]] inline v128_t FineExp(v128_t i) {
  const v128_t square = wasm_i16x8_mul(i, i);
  const v128_t part = wasm_i16x8_splat(170);
  const v128_t cubed = wasm_u16x8_narrow_i32x4(
      wasm_u32x4_shr(wasm_u32x4_extmul_low_u16x8(square, part), 16),
      wasm_u32x4_shr(wasm_u32x4_extmul_high_u16x8(square, part), 16));
  const v128_t slope = wasm_i16x8_sub(wasm_i16x8_shl(i, 5), cubed);
  const v128_t line =
      wasm_i16x8_sub(wasm_i16x8_splat(-32768), wasm_i16x8_shl(i, 3));
  return wasm_i16x8_add(line, wasm_i16x8_q15mulr_sat(i, slope));
}

class Simd128Softmax {
 public:
  static constexpr int kQueries = 16;  // at once

  // The two tables of AttentionArgs.
  Simd128Softmax(const uint16_t* coarse, const uint16_t* fine)
      : usual_(IsUsual(coarse, fine)) {
    if (!usual_) return;
    for (int group = 0; group < kLowGroups; ++group) {
      const v128_t first = wasm_v128_load(coarse + 16 * group);
      const v128_t second = wasm_v128_load(coarse + 16 * group + 8);
      const v128_t byte = wasm_i16x8_splat(255);
      low_[group] = wasm_u8x16_narrow_i16x8(wasm_v128_and(first, byte),
                                            wasm_v128_and(second, byte));
      if (group >= kHighGroups) continue;
      high_[group] = wasm_u8x16_narrow_i16x8(wasm_u16x8_shr(first, 8),
                                             wasm_u16x8_shr(second, 8));
    }
  }

  // Whether the coarse table ends where the groups do and the fine one is
  // FineExp(), as lowering's are. What follows is for those alone.
  bool usual() const { return usual_; }

  // SoftmaxRow() (core/arith/softmax.h) for kQueries columns of logits, rows of
  // which are `stride` apart; row.limit is null where row.real is. The
  // probabilities of keys 2 * n and 2 * n + 1 end as a pair of 16-bit values in
  // row 2 * n.
  void Columns(const ScaleRow& row, int head, int length, const int32_t* max,
               int32_t* logits, int64_t stride) const {
    const Distance distance(row, head);
    const v128_t zero = wasm_i32x4_splat(0);
    v128_t sum[4] = {zero, zero, zero, zero};
    for (int j = 0; j < length; ++j) {
      int32_t* const at = logits + j * stride;
      const auto eight = [&](int v) {
        return wasm_u16x8_narrow_i32x4(
            distance(wasm_i32x4_sub(wasm_v128_load(max + v),
                                    wasm_v128_load(at + v))),
            distance(wasm_i32x4_sub(wasm_v128_load(max + v + 4),
                                    wasm_v128_load(at + v + 4))));
      };
      v128_t e[2];
      Exponentials(eight(0), eight(8), e);
#pragma clang loop unroll(full)
      for (int n = 0; n < 2; ++n) {
        wasm_v128_store(at + 8 * n, e[n]);
        sum[2 * n] =
            wasm_i32x4_add(sum[2 * n], wasm_u32x4_extend_low_u16x8(e[n]));
        sum[2 * n + 1] =
            wasm_i32x4_add(sum[2 * n + 1], wasm_u32x4_extend_high_u16x8(e[n]));
      }
    }
    for (int n = 0; n < 2; ++n) {
      Probabilities(wasm_u16x8_narrow_i32x4(Reciprocal(sum[2 * n]),
                                            Reciprocal(sum[2 * n + 1])),
                    length, logits + 8 * n, stride);
    }
  }

 private:
  // Of 16 entries each: exp(-12) * 2^15 rounds to 0, and exp(-8) * 2^15 fits a
  // byte.
  static constexpr int kLowGroups = 12;
  static constexpr int kHighGroups = 8;

  // One head's multiplier, of distances: at least 0.
  class Distance {
   public:
    Distance(const ScaleRow& row, int head)
        : in_double_(row.real != nullptr),
          real_(wasm_f64x2_splat(
              in_double_ ? static_cast<double>(row.real[head]) : 0.0)),
          mantissa_(wasm_i32x4_splat(row.mantissa[head])),
          add_(wasm_i32x4_splat(row.add[head])),
          shift_(wasm_i32x4_splat(row.shift[head])) {}

    [[gnu::always_inline]] v128_t operator()(v128_t below) const {
      if (!in_double_) return InWords(below, mantissa_, add_, shift_);
      return LowWords(Two(below), Two(UpperHalf(below)));
    }

   private:
    v128_t Two(v128_t below) const {
      return wasm_f64x2_add(
          wasm_f64x2_mul(wasm_f64x2_convert_low_i32x4(below), real_),
          wasm_f64x2_splat(kWholeAdd));
    }

    bool in_double_;
    v128_t real_, mantissa_, add_, shift_;
  };

  static bool IsUsual(const uint16_t* coarse, const uint16_t* fine) {
    for (int i = 16 * kHighGroups; i < 256; ++i) {
      if (coarse[i] > (i < 16 * kLowGroups ? 255 : 0)) return false;
    }
    v128_t i = wasm_i16x8_make(0, 1, 2, 3, 4, 5, 6, 7);
    v128_t differ = wasm_i16x8_splat(0);
    for (int n = 0; n < 256; n += 8) {
      differ = wasm_v128_or(
          differ, wasm_v128_xor(FineExp(i), wasm_v128_load(fine + n)));
      i = wasm_i16x8_add(i, wasm_i16x8_splat(8));
    }
    return !wasm_v128_any_true(differ);
  }

  // Byte planes of the coarse entries. A group is a nat, and most logits lie
  // few nats below the largest: groups that no index reaches are left out.
  void Coarse(v128_t index, v128_t* low, v128_t* high) const {
    v128_t at = index;
    *low = wasm_i8x16_swizzle(low_[0], at);
    *high = wasm_i8x16_swizzle(high_[0], at);
    for (int group = 1; group < kLowGroups; ++group) {
      const v128_t step = wasm_i8x16_splat(16);
      index = wasm_u8x16_sub_sat(index, step);
      at = wasm_i8x16_sub(at, step);
      *low = wasm_v128_or(*low, wasm_i8x16_swizzle(low_[group], at));
      if (group < kHighGroups) {
        *high = wasm_v128_or(*high, wasm_i8x16_swizzle(high_[group], at));
      }
      if (!wasm_v128_any_true(wasm_u8x16_gt(index, wasm_i8x16_splat(15)))) {
        return;
      }
    }
  }

  void Exponentials(v128_t u0, v128_t u1, v128_t* e) const {
    const v128_t byte = wasm_i16x8_splat(255);
    v128_t low, high;
    Coarse(
        wasm_u8x16_narrow_i16x8(wasm_u16x8_shr(u0, 8), wasm_u16x8_shr(u1, 8)),
        &low, &high);
    e[0] =
        RoundedProduct<15>(wasm_i8x16_shuffle(low, high, 0, 16, 1, 17, 2, 18, 3,
                                              19, 4, 20, 5, 21, 6, 22, 7, 23),
                           FineExp(wasm_v128_and(u0, byte)));
    e[1] = RoundedProduct<15>(
        wasm_i8x16_shuffle(low, high, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13,
                           29, 14, 30, 15, 31),
        FineExp(wasm_v128_and(u1, byte)));
  }

  static void Probabilities(v128_t reciprocal, int length, int32_t* logits,
                            int64_t stride) {
    const v128_t zero = wasm_i32x4_splat(0);
    for (int j = 0; j < length; j += 2) {
      int32_t* const at = logits + j * stride;
      const v128_t first = RoundedProduct<16>(wasm_v128_load(at), reciprocal);
      const v128_t second =
          j + 1 < length
              ? RoundedProduct<16>(wasm_v128_load(at + stride), reciprocal)
              : zero;
      wasm_v128_store(
          at, wasm_i16x8_shuffle(first, second, 0, 8, 1, 9, 2, 10, 3, 11));
      wasm_v128_store(at + 4, wasm_i16x8_shuffle(first, second, 4, 12, 5, 13, 6,
                                                 14, 7, 15));
    }
  }

  // floor((32767 * 2^16 + sum / 2) / sum). Both are exact in double, and the
  // quotient is below 2^16 while sum is below 2^24: the nearest double to a
  // quotient that is not an integer lies on the same side of every integer.
  static v128_t Reciprocal(v128_t sum) {
    const auto divide = [](v128_t s) {
      const v128_t top =
          wasm_f64x2_add(wasm_f64x2_convert_low_i32x4(wasm_u32x4_shr(s, 1)),
                         wasm_f64x2_splat(32767.0 * 65536));
      return wasm_f64x2_add(wasm_f64x2_floor(wasm_f64x2_div(
                                top, wasm_f64x2_convert_low_i32x4(s))),
                            wasm_f64x2_splat(kWholeAdd));
    };
    return LowWords(divide(sum), divide(UpperHalf(sum)));
  }

  bool usual_;
  v128_t low_[kLowGroups], high_[kHighGroups];  // planes of the coarse table
};

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_WASM_SIMD128_SOFTMAX_H_

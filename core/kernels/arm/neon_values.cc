// Requantizing, sums and tables of 256 entries on NEON.
#include <arm_neon.h>

#include "core/kernels/arm/neon_kernels.h"
#include "core/kernels/scalar/scalar_kernels.h"

namespace edge_int8::core {
namespace {

// Four values (channel_scales.h); vshl by a negative count shifts right.
int32x4_t Requantized(const int32_t* in, const ScaleRow& row, int c) {
  int32x4_t acc = vld1q_s32(in);
  if (row.limit != nullptr) {
    const int32x4_t limit = vld1q_s32(row.limit + c);
    acc = vmaxq_s32(vminq_s32(acc, limit), vnegq_s32(limit));
    acc = vshlq_s32(acc, vld1q_s32(row.left + c));
  }
  const int32x4_t m = vld1q_s32(row.mantissa + c);
  const int64x2_t low = vmull_s32(vget_low_s32(acc), vget_low_s32(m));
  const int64x2_t high = vmull_high_s32(acc, m);
  const int32x4_t words =
      vuzp2q_s32(vreinterpretq_s32_s64(low), vreinterpretq_s32_s64(high));
  return vshlq_s32(vaddq_s32(words, vld1q_s32(row.add + c)),
                   vnegq_s32(vld1q_s32(row.shift + c)));
}

// 16 tables of 16 entries; vqtbl4 returns 0 for an index of 64 or more.
struct Table256 {
  uint8x16x4_t part[4];

  explicit Table256(const uint8_t* entries) {
    for (int n = 0; n < 4; ++n) part[n] = vld1q_u8_x4(entries + 64 * n);
  }
  uint8x16_t At(uint8x16_t index) const {
    const uint8x16_t next = vdupq_n_u8(64);
    uint8x16_t found = vqtbl4q_u8(part[0], index);
    for (int n = 1; n < 4; ++n) {
      index = vsubq_u8(index, next);
      found = vorrq_u8(found, vqtbl4q_u8(part[n], index));
    }
    return found;
  }
};

uint8x16_t LoadIndex(const int16_t* in) {
  return vcombine_u8(vqmovun_s16(vld1q_s16(in)),
                     vqmovun_s16(vld1q_s16(in + 8)));
}

}  // namespace

void RequantizeNeon(const RequantizeArgs& a) {
  const int32x4_t zero = vdupq_n_s32(a.zero);
  const int16x8_t low = vdupq_n_s16(static_cast<int16_t>(a.low));
  const int16x8_t high = vdupq_n_s16(static_cast<int16_t>(a.high));
  for (int first = 0; first < a.count; first += a.period) {
    for (int c = 0; c < a.period; c += 8) {
      const int32_t* in = a.acc + first + c;
      const int32x4_t a0 = Requantized(in, a.row, c);
      const int32x4_t a1 = Requantized(in + 4, a.row, c + 4);
      const int16x8_t y = vcombine_s16(vqmovn_s32(vaddq_s32(a0, zero)),
                                       vqmovn_s32(vaddq_s32(a1, zero)));
      vst1q_s16(a.out + first + c, vminq_s16(vmaxq_s16(y, low), high));
    }
  }
}

void SumS16Neon(const SumArgs& s) {
  const int32x4_t half = vdupq_n_s32(1 << (s.bits - 1));
  const int32x4_t right = vdupq_n_s32(-s.bits);
  const int32x4_t zero = vdupq_n_s32(s.zero);
  const int16x8_t low = vdupq_n_s16(static_cast<int16_t>(s.low));
  const int16x8_t high = vdupq_n_s16(static_cast<int16_t>(s.high));
  int i = 0;
  for (; i + 8 <= s.count; i += 8) {
    const int16x8_t a = vld1q_s16(s.a + i);
    const int16x8_t b = vld1q_s16(s.b + i);
    const auto round = [&](int32x4_t sum) {
      return vqmovn_s32(
          vaddq_s32(vshlq_s32(vaddq_s32(sum, half), right), zero));
    };
    const int16x8_t y =
        vcombine_s16(round(vaddl_s16(vget_low_s16(a), vget_low_s16(b))),
                     round(vaddl_high_s16(a, b)));
    vst1q_s16(s.out + i, vminq_s16(vmaxq_s16(y, low), high));
  }
  SumS16Scalar({s.a + i, s.b + i, s.count - i, s.bits, s.zero, s.low, s.high,
                s.out + i});
}

void NarrowU8Neon(const int16_t* in, int32_t count, uint8_t* out) {
  int i = 0;
  for (; i + 16 <= count; i += 16) vst1q_u8(out + i, LoadIndex(in + i));
  NarrowU8Scalar(in + i, count - i, out + i);
}

void LookupU8Neon(const uint8_t* table, const int16_t* in, int32_t count,
                  uint8_t* out) {
  const Table256 entries(table);
  int i = 0;
  for (; i + 16 <= count; i += 16) {
    vst1q_u8(out + i, entries.At(LoadIndex(in + i)));
  }
  LookupU8Scalar(table, in + i, count - i, out + i);
}

void LookupS16Neon(const uint8_t* planes, const int16_t* in, int32_t count,
                   int16_t* out) {
  const Table256 low(planes), high(planes + 256);
  int i = 0;
  for (; i + 16 <= count; i += 16) {
    const uint8x16_t index = LoadIndex(in + i);
    const uint8x16_t lows = low.At(index);
    const uint8x16_t highs = high.At(index);
    vst1q_s16(out + i, vreinterpretq_s16_u8(vzip1q_u8(lows, highs)));
    vst1q_s16(out + i + 8, vreinterpretq_s16_u8(vzip2q_u8(lows, highs)));
  }
  LookupS16Scalar(planes, in + i, count - i, out + i);
}

// fcvtnu rounds ties to even and saturates: NaN and what is negative become 0.
void QuantizeU8Neon(const float* in, float factor, int32_t zero, int32_t count,
                    uint8_t* out) {
  const auto round = [&](int at) {
    const int32x4_t q = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(in + at), factor));
    return vqmovun_s32(vqaddq_s32(q, vdupq_n_s32(zero)));
  };
  int i = 0;
  for (; i + 8 <= count; i += 8) {
    vst1_u8(out + i, vqmovn_u16(vcombine_u16(round(i), round(i + 4))));
  }
  QuantizeU8Scalar(in + i, factor, zero, count - i, out + i);
}

}  // namespace edge_int8::core

// Requantizing, sums, tables and the input's bytes on SIMD128.
#include "core/kernels/scalar/scalar_kernels.h"
#include "core/kernels/wasm/simd128_scale.h"
#include "core/kernels/wasm/wasm_kernels.h"

namespace edge_int8::core {
namespace {

// Two values by a row's `real`: an accumulator and a multiplier of 24 bits have
// an exact product in a double, and adding 1.5 * 2^52 rounds it once, to the
// whole number that is then its low word (core/engine/channel_scales.h).
v128_t TwoInDouble(const int32_t* in, const float* real, v128_t add) {
  const v128_t acc = wasm_f64x2_convert_low_i32x4(wasm_v128_load64_zero(in));
  const v128_t scale =
      wasm_f64x2_promote_low_f32x4(wasm_v128_load64_zero(real));
  return wasm_f64x2_add(wasm_f64x2_mul(acc, scale), add);
}

v128_t InDouble(const int32_t* in, const float* real, v128_t add) {
  return LowWords(TwoInDouble(in, real, add),
                  TwoInDouble(in + 2, real + 2, add));
}

// Rows without limits.
v128_t InWords(const int32_t* in, const ScaleRow& row, int c) {
  return InWords(wasm_v128_load(in), wasm_v128_load(row.mantissa + c),
                 wasm_v128_load(row.add + c), wasm_v128_load(row.shift + c));
}

template <class Four>
void Rows(const RequantizeArgs& a, const Four& four) {
  const v128_t zero = wasm_i32x4_splat(a.zero);
  const v128_t low = wasm_i16x8_splat(static_cast<int16_t>(a.low));
  const v128_t high = wasm_i16x8_splat(static_cast<int16_t>(a.high));
  for (int first = 0; first < a.count; first += a.period) {
    const int32_t* const in = a.acc + first;
    int16_t* const out = a.out + first;
    for (int c = 0; c < a.period; c += 8) {
      const v128_t y = wasm_i16x8_narrow_i32x4(
          wasm_i32x4_add(four(in + c, c), zero),
          wasm_i32x4_add(four(in + c + 4, c + 4), zero));
      wasm_v128_store(out + c, wasm_i16x8_min(wasm_i16x8_max(y, low), high));
    }
  }
}

}  // namespace

void RequantizeSimd128(const RequantizeArgs& a) {
  if (a.row.real != nullptr) {
    const float* const real = a.row.real;
    const v128_t add = wasm_f64x2_splat(
        kWholeAdd + static_cast<double>(a.row.real_add - kRealAdd));
    Rows(a,
         [=](const int32_t* in, int c) { return InDouble(in, real + c, add); });
  } else if (a.row.limit == nullptr) {
    Rows(a, [&](const int32_t* in, int c) { return InWords(in, a.row, c); });
  } else {
    RequantizeScalar(a);
  }
}

void SumS16Simd128(const SumArgs& s) {
  const v128_t half = wasm_i32x4_splat(1 << (s.bits - 1));
  const v128_t zero = wasm_i32x4_splat(s.zero);
  const v128_t low = wasm_i16x8_splat(static_cast<int16_t>(s.low));
  const v128_t high = wasm_i16x8_splat(static_cast<int16_t>(s.high));
  const auto bits = static_cast<uint32_t>(s.bits);
  const auto round = [&](v128_t sum) {
    return wasm_i32x4_add(wasm_i32x4_shr(wasm_i32x4_add(sum, half), bits),
                          zero);
  };
  int i = 0;
  for (; i + 8 <= s.count; i += 8) {
    const v128_t a = wasm_v128_load(s.a + i);
    const v128_t b = wasm_v128_load(s.b + i);
    const v128_t y = wasm_i16x8_narrow_i32x4(
        round(wasm_i32x4_add(wasm_i32x4_extend_low_i16x8(a),
                             wasm_i32x4_extend_low_i16x8(b))),
        round(wasm_i32x4_add(wasm_i32x4_extend_high_i16x8(a),
                             wasm_i32x4_extend_high_i16x8(b))));
    wasm_v128_store(s.out + i, wasm_i16x8_min(wasm_i16x8_max(y, low), high));
  }
  SumS16Scalar({s.a + i, s.b + i, s.count - i, s.bits, s.zero, s.low, s.high,
                s.out + i});
}

void NarrowU8Simd128(const int16_t* in, int32_t count, uint8_t* out) {
  int i = 0;
  for (; i + 16 <= count; i += 16) {
    wasm_v128_store(out + i,
                    wasm_u8x16_narrow_i16x8(wasm_v128_load(in + i),
                                            wasm_v128_load(in + i + 8)));
  }
  NarrowU8Scalar(in + i, count - i, out + i);
}

// Sixteen i8x16.swizzle take longer than one load each.
void LookupU8Simd128(const uint8_t* table, const int16_t* in, int32_t count,
                     uint8_t* out) {
  int i = 0;
  for (; i + 8 <= count; i += 8) {
    uint64_t eight = 0;
#pragma clang loop unroll(full)
    for (int k = 0; k < 8; ++k) eight |= uint64_t{table[in[i + k]]} << (8 * k);
    __builtin_memcpy(out + i, &eight, sizeof eight);
  }
  LookupU8Scalar(table, in + i, count - i, out + i);
}

// Adding 1.5 * 2^23 rounds ties to even; a NaN was made 0 before.
void QuantizeU8Simd128(const float* in, float factor, int32_t zero,
                       int32_t count, uint8_t* out) {
  const v128_t scale = wasm_f32x4_splat(factor);
  const v128_t least = wasm_f32x4_splat(static_cast<float>(-zero));
  const v128_t most = wasm_f32x4_splat(static_cast<float>(255 - zero));
  const v128_t bias = wasm_i32x4_splat(kRealAddBits - zero);
  const auto round = [&](const float* from) {
    v128_t x = wasm_f32x4_mul(wasm_v128_load(from), scale);
    x = wasm_v128_and(x, wasm_f32x4_eq(x, x));
    x = wasm_f32x4_pmin(wasm_f32x4_pmax(x, least), most);
    return wasm_i32x4_sub(wasm_f32x4_add(x, wasm_f32x4_splat(kRealAdd)), bias);
  };
  int i = 0;
  for (; i + 16 <= count; i += 16) {
    const v128_t low =
        wasm_i16x8_narrow_i32x4(round(in + i), round(in + i + 4));
    const v128_t high =
        wasm_i16x8_narrow_i32x4(round(in + i + 8), round(in + i + 12));
    wasm_v128_store(out + i, wasm_u8x16_narrow_i16x8(low, high));
  }
  QuantizeU8Scalar(in + i, factor, zero, count - i, out + i);
}

}  // namespace edge_int8::core

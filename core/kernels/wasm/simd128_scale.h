// Requantizing four accumulators on SIMD128, for the kernels of this folder
// alone: internal linkage. Tested by kernels_test.cc and attention_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_WASM_SIMD128_SCALE_H_
#define EDGE_INT8_CORE_KERNELS_WASM_SIMD128_SCALE_H_

#include <wasm_simd128.h>

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {
namespace {

constexpr double kWholeAdd = 6755399441055744.0;  // 1.5 * 2^52

// The low words of four doubles.
[[gnu::always_inline]] inline v128_t LowWords(v128_t a, v128_t b) {
  return wasm_i32x4_shuffle(a, b, 0, 2, 4, 6);
}
[[gnu::always_inline]] inline v128_t UpperHalf(v128_t v) {
  return wasm_i32x4_shuffle(v, v, 2, 3, 2, 3);
}

// floor(v / 2^shift) of two values: exact in doubles. power: 2^-shift.
[[gnu::always_inline]] inline v128_t TwoShifted(v128_t v, v128_t power) {
  const v128_t quotient = wasm_f64x2_mul(wasm_f64x2_convert_low_i32x4(v),
                                         wasm_f64x2_promote_low_f32x4(power));
  return wasm_f64x2_add(wasm_f64x2_floor(quotient),
                        wasm_f64x2_splat(kWholeAdd));
}

// SIMD128 shifts all lanes alike, so each lane is divided by its power of two.
[[gnu::always_inline]] inline v128_t ShiftedRight(v128_t v, v128_t shift) {
  const v128_t power =
      wasm_i32x4_shl(wasm_i32x4_sub(wasm_i32x4_splat(127), shift), 23);
  return LowWords(TwoShifted(v, power),
                  TwoShifted(UpperHalf(v), UpperHalf(power)));
}

// A row's value where it has no limits (ScaleRow).
[[gnu::always_inline]] inline v128_t InWords(v128_t acc, v128_t mantissa,
                                             v128_t add, v128_t shift) {
  const v128_t high = wasm_i32x4_shuffle(
      wasm_i64x2_extmul_low_i32x4(acc, mantissa),
      wasm_i64x2_extmul_high_i32x4(acc, mantissa), 1, 3, 5, 7);
  return ShiftedRight(wasm_i32x4_add(high, add), shift);
}

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_WASM_SIMD128_SCALE_H_

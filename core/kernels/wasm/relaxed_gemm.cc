// Products of bytes by relaxed SIMD's dot product, exactly. What
// i32x4.relaxed_dot_i8x16_i7x16_add_s does is the machine's choice where a
// value of the second operand is above 127, or where two products leave 16
// bits; so a value is split:
//
//   x = (x & 127) + 128 * (x >> 7)
//
// and |128 * 127 * 2| fits. The high part is 0 for most values: after an
// activation they are small and positive. A second pass looks for the steps of
// a position where it isn't 0 and adds just those. Only the time depends on the
// values.
#include "core/kernels/even_blocks.h"
#include "core/kernels/wasm/relaxed_low.h"
#include "core/kernels/wasm/wasm_kernels.h"

namespace edge_int8::core {
namespace {

constexpr int kMaxPositions = 5;  // as in simd128_gemm.cc
constexpr int kVectors = 2;       // of four columns
constexpr int kColumns = 4 * kVectors;

// acc + weights * x, sums of four; x in [0, 127].
v128_t AddProducts(v128_t weights, v128_t x, v128_t acc) {
  return (v128_t)__builtin_wasm_relaxed_dot_i8x16_i7x16_add_s_i32x4(
      (__i8x16)weights, (__i8x16)x, (__i32x4)acc);
}

// kLow: a.x has no top bits.
template <bool kLow, int kPositions>
void Block(const GemmArgs& a, int first_position, int first_column) {
  const v128_t low = wasm_i8x16_splat(127);
  const std::byte* x[kPositions];
  v128_t acc[kPositions][kVectors];
#pragma clang loop unroll(full)
  for (int p = 0; p < kPositions; ++p) {
    x[p] = a.x + a.position[first_position + p];
    for (int n = 0; n < kVectors; ++n) {
      acc[p][n] = wasm_v128_load(a.bias + first_column + 4 * n);
    }
  }
  const std::byte* w = a.weights +
                       int64_t{first_column / kPanel} * a.steps * kStepWeights +
                       first_column % kPanel * kStepBytes;
  for (int s = 0; s < a.steps; ++s, w += kStepWeights) {
    const int32_t offset = a.step[s];
    const v128_t w0 = wasm_v128_load(w);
    const v128_t w1 = wasm_v128_load(w + 16);
#pragma clang loop unroll(full)
    for (int p = 0; p < kPositions; ++p) {
      v128_t four = wasm_v128_load32_splat(x[p] + offset);
      if constexpr (!kLow) four = wasm_v128_and(four, low);
      acc[p][0] = AddProducts(w0, four, acc[p][0]);
      acc[p][1] = AddProducts(w1, four, acc[p][1]);
    }
  }
#pragma clang loop unroll(full)
  for (int p = 0; p < kPositions; ++p) {
    int32_t* out =
        a.acc + int64_t{first_position + p} * a.acc_stride + first_column;
    for (int n = 0; n < kVectors; ++n) {
      StoreColumns(acc[p][n], a.columns - first_column - 4 * n, out + 4 * n);
    }
  }
}

template <bool kLow>
void LowParts(const GemmArgs& a) {
  constexpr void (*kBlocks[kMaxPositions + 1])(const GemmArgs&, int, int) = {
      nullptr,        Block<kLow, 1>, Block<kLow, 2>,
      Block<kLow, 3>, Block<kLow, 4>, Block<kLow, 5>};
  for (int c = 0; c < a.columns; c += kColumns) {
    ForEvenBlocks(a.positions, kMaxPositions,
                  [&](int p, int positions) { kBlocks[positions](a, p, c); });
  }
}

}  // namespace

void GemmU8RelaxedSimd(const GemmArgs& a) {
  GemmByParts(
      a, LowParts<true>, LowParts<false>,
      [&](int panel, int step) {
        return a.weights + (int64_t{panel} * a.steps + step) * kStepWeights;
      },
      AddProducts);
}

// What a machine makes of bytes above 127 in the second operand tells: 127 *
// 255 four times over on x86 with vpdpbusd, 127 * -1 on Arm. Elsewhere x86 adds
// two products in 16 bits first, which saturate.
bool AddsFourAtOnce() {
  volatile int8_t largest = 127, ones = -1;
  const int32_t sum = wasm_i32x4_extract_lane(
      AddProducts(wasm_i8x16_splat(largest), wasm_i8x16_splat(ones),
                  wasm_i32x4_splat(0)),
      0);
  return sum == 4 * 127 * 255 || sum == 4 * 127 * -1;
}

int64_t PeakRelaxedSimd(int64_t rounds, int32_t* sink) {
  constexpr int kAccumulators = 10;
  v128_t acc[kAccumulators];
  for (auto& sum : acc) sum = wasm_i32x4_splat(*sink);
  v128_t x = wasm_i8x16_splat(static_cast<int8_t>(*sink & 127));
  const v128_t w = wasm_i8x16_splat(3);
  for (int64_t r = 0; r < rounds; ++r) {
#pragma clang loop unroll(full)
    for (auto& sum : acc) {
      __asm__ volatile("" : "+r"(x));
      sum = AddProducts(w, x, sum);
    }
  }
  for (const v128_t sum : acc) *sink ^= wasm_i32x4_extract_lane(sum, 0);
  return rounds * kAccumulators * 16;
}

}  // namespace edge_int8::core

// The products of relaxed_gemm.cc for x86 without AVX-VNNI, where four products
// to a sum take three instructions: here two products to a 16-bit sum
// (i16x8.relaxed_dot_i8x16_i7x16_s, vpmaddubsw), and most often two steps share
// one widening to 32 bits, as on AVX2 (avx2_shared_gemm.cc, StepOrder).
#include "core/kernels/even_blocks.h"
#include "core/kernels/wasm/relaxed_low.h"
#include "core/kernels/wasm/wasm_kernels.h"

namespace edge_int8::core {
namespace {

// Eight accumulators, four vectors of weights, two of input, one product.
constexpr int kMaxPositions = 4;
constexpr int kVectors = 2;  // of four columns
constexpr int kColumns = 4 * kVectors;

// Sums of two in 16 bits; x in [0, 127].
v128_t PairProducts(v128_t weights, v128_t x) {
  return (v128_t)__builtin_wasm_relaxed_dot_i8x16_i7x16_s_i16x8(
      (__i8x16)weights, (__i8x16)x);
}
v128_t AddWidened(v128_t pairs, v128_t acc) {
  return wasm_i32x4_add(acc, wasm_i32x4_extadd_pairwise_i16x8(pairs));
}
v128_t AddProducts(v128_t weights, v128_t x, v128_t acc) {
  return AddWidened(PairProducts(weights, x), acc);
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
  const auto four = [&](int p, int32_t offset) {
    const v128_t bytes = wasm_v128_load32_splat(x[p] + offset);
    return kLow ? bytes : wasm_v128_and(bytes, low);
  };
  const int panel = first_column / kPanel;
  const int32_t* const offset = a.order->offset + int64_t{panel} * a.steps;
  const int in_pairs = 2 * a.order->pairs[panel];
  const std::byte* w = a.weights + int64_t{panel} * a.steps * kStepWeights +
                       first_column % kPanel * kStepBytes;
  int s = 0;
  for (; s < in_pairs; s += 2, w += 2 * kStepWeights) {
    const int32_t offset0 = offset[s], offset1 = offset[s + 1];
    const v128_t w00 = wasm_v128_load(w);
    const v128_t w01 = wasm_v128_load(w + 16);
    const v128_t w10 = wasm_v128_load(w + kStepWeights);
    const v128_t w11 = wasm_v128_load(w + kStepWeights + 16);
#pragma clang loop unroll(full)
    for (int p = 0; p < kPositions; ++p) {
      const v128_t x0 = four(p, offset0);
      const v128_t x1 = four(p, offset1);
      acc[p][0] = AddWidened(
          wasm_i16x8_add(PairProducts(w00, x0), PairProducts(w10, x1)),
          acc[p][0]);
      acc[p][1] = AddWidened(
          wasm_i16x8_add(PairProducts(w01, x0), PairProducts(w11, x1)),
          acc[p][1]);
    }
  }
  for (; s < a.steps; ++s, w += kStepWeights) {
    const v128_t w0 = wasm_v128_load(w);
    const v128_t w1 = wasm_v128_load(w + 16);
#pragma clang loop unroll(full)
    for (int p = 0; p < kPositions; ++p) {
      const v128_t x0 = four(p, offset[s]);
      acc[p][0] = AddProducts(w0, x0, acc[p][0]);
      acc[p][1] = AddProducts(w1, x0, acc[p][1]);
    }
  }
#pragma clang loop unroll(full)
  for (int p = 0; p < kPositions; ++p) {
    int32_t* const out =
        a.acc + int64_t{first_position + p} * a.acc_stride + first_column;
    for (int n = 0; n < kVectors; ++n) {
      StoreColumns(acc[p][n], a.columns - first_column - 4 * n, out + 4 * n);
    }
  }
}

template <bool kLow>
void LowParts(const GemmArgs& a) {
  constexpr void (*kBlocks[kMaxPositions + 1])(const GemmArgs&, int, int) = {
      nullptr, Block<kLow, 1>, Block<kLow, 2>, Block<kLow, 3>, Block<kLow, 4>};
  for (int c = 0; c < a.columns; c += kColumns) {
    ForEvenBlocks(a.positions, kMaxPositions,
                  [&](int p, int positions) { kBlocks[positions](a, p, c); });
  }
}

}  // namespace

void GemmPairsRelaxedSimd(const GemmArgs& a) {
  GemmByParts(
      a, LowParts<true>, LowParts<false>,
      [&](int panel, int step) {
        const int64_t first = int64_t{panel} * a.steps;
        return a.weights + (first + a.order->slot[first + step]) * kStepWeights;
      },
      AddProducts);
}

}  // namespace edge_int8::core

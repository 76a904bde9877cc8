// Products of 16-bit values on SIMD128, and of bytes that were widened for
// them: i32x4.dot_i16x8_s multiplies and adds pairs exactly, and nothing in
// SIMD128 multiplies bytes as densely.
#include <wasm_simd128.h>

#include "core/kernels/even_blocks.h"
#include "core/kernels/wasm/simd128_columns.h"
#include "core/kernels/wasm/wasm_kernels.h"

namespace edge_int8::core {
namespace {

// Ten accumulators, two vectors of weights, one of input and one product: the
// fifteen registers that a browser on x86 has to give. Few positions take all
// four vectors of a panel, so that an input value is loaded once for it.
constexpr int kMaxPositions = 5;
constexpr int kFewPositions = 2;
constexpr int kPanelBytes = kPanel * kStepBytes;

template <int kPositions, int kVectors>
void Block(const GemmArgs& a, int first_position, int first_column) {
  const std::byte* x[kPositions];
  v128_t acc[kPositions][kVectors];
#pragma clang loop unroll(full)
  for (int p = 0; p < kPositions; ++p) {
    x[p] = a.x + a.position[first_position + p];
#pragma clang loop unroll(full)
    for (int n = 0; n < kVectors; ++n) {
      acc[p][n] = wasm_v128_load(a.bias + first_column + 4 * n);
    }
  }
  const std::byte* w = a.weights +
                       int64_t{first_column / kPanel} * a.steps * kPanelBytes +
                       first_column % kPanel * kStepBytes;
  for (int s = 0; s < a.steps; ++s, w += kPanelBytes) {
    const int32_t offset = a.step[s];
    v128_t weights[kVectors];
#pragma clang loop unroll(full)
    for (int n = 0; n < kVectors; ++n) weights[n] = wasm_v128_load(w + 16 * n);
#pragma clang loop unroll(full)
    for (int p = 0; p < kPositions; ++p) {
      const v128_t two = wasm_v128_load32_splat(x[p] + offset);
#pragma clang loop unroll(full)
      for (int n = 0; n < kVectors; ++n) {
        acc[p][n] =
            wasm_i32x4_add(acc[p][n], wasm_i32x4_dot_i16x8(two, weights[n]));
      }
    }
  }
#pragma clang loop unroll(full)
  for (int p = 0; p < kPositions; ++p) {
    int32_t* const out =
        a.acc + int64_t{first_position + p} * a.acc_stride + first_column;
#pragma clang loop unroll(full)
    for (int n = 0; n < kVectors; ++n) {
      StoreColumns(acc[p][n], a.columns - first_column - 4 * n, out + 4 * n);
    }
  }
}

}  // namespace

void GemmS16Simd128(const GemmArgs& a) {
  constexpr void (*kBlocks[kMaxPositions + 1])(const GemmArgs&, int, int) = {
      nullptr, Block<1, 2>, Block<2, 2>, Block<3, 2>, Block<4, 2>, Block<5, 2>};
  if (a.positions <= kFewPositions) {
    for (int c = 0; c < a.columns && a.positions > 0; c += kPanel) {
      (a.positions == 1 ? Block<1, 4> : Block<2, 4>)(a, 0, c);
    }
    return;
  }
  for (int c = 0; c < a.columns; c += 8) {
    ForEvenBlocks(a.positions, kMaxPositions,
                  [&](int p, int positions) { kBlocks[positions](a, p, c); });
  }
}

void WidenU8Simd128(const uint8_t* in, int32_t count, int16_t* out) {
  int i = 0;
  for (; i + 16 <= count; i += 16) {
    const v128_t bytes = wasm_v128_load(in + i);
    wasm_v128_store(out + i, wasm_u16x8_extend_low_u8x16(bytes));
    wasm_v128_store(out + i + 8, wasm_u16x8_extend_high_u8x16(bytes));
  }
  for (; i < count; ++i) out[i] = in[i];
}

int64_t PeakSimd128(int64_t rounds, int32_t* sink) {
  constexpr int kAccumulators = 10;
  v128_t acc[kAccumulators];
  for (auto& sum : acc) sum = wasm_i32x4_splat(*sink);
  v128_t x = wasm_i32x4_splat(*sink + 0x00020004);
  const v128_t w = wasm_i32x4_splat(*sink + 0x00040003);
  for (int64_t r = 0; r < rounds; ++r) {
#pragma clang loop unroll(full)
    for (auto& sum : acc) {
      __asm__ volatile("" : "+r"(x));
      sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(x, w));
    }
  }
  for (const v128_t sum : acc) *sink ^= wasm_i32x4_extract_lane(sum, 0);
  return rounds * kAccumulators * 8;
}

}  // namespace edge_int8::core

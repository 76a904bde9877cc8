// Products on NEON without dot-product instructions. Bytes: a product of two
// signed bytes is at most 128 * 127 and fits 16 bits; vpadal then adds
// neighbours into 32 bits before a second product could overflow.
#include <arm_neon.h>

#include "core/kernels/arm/neon_kernels.h"

namespace edge_int8::core {
namespace {

typedef uint32_t Unaligned32 __attribute__((aligned(1), may_alias));
typedef int16_t Unaligned16 __attribute__((aligned(1), may_alias));

// acc holds 16 columns.
void StorePanel(const int32x4_t* acc, int columns, int32_t* out) {
  int32_t lanes[kPanel];
  for (int n = 0; n < 4; ++n) vst1q_s32(lanes + 4 * n, acc[n]);
  for (int c = 0; c < kPanel && c < columns; ++c) out[c] = lanes[c];
}

struct Bytes {
  static constexpr int kSums = 8;  // two columns in each, as two halves

  static void Multiply(const std::byte* x, const std::byte* w, int32x4_t* acc) {
    const uint32_t four = *reinterpret_cast<const Unaligned32*>(x);
    const int8x8_t values = vreinterpret_s8_u32(vdup_n_u32(four ^ 0x80808080u));
    const auto* weights = reinterpret_cast<const int8_t*>(w);
    for (int n = 0; n < kSums; ++n) {
      acc[n] = vpadalq_s16(acc[n], vmull_s8(values, vld1_s8(weights + 8 * n)));
    }
  }
  static void Finish(const int32x4_t* acc, int32x4_t* columns) {
    for (int n = 0; n < 4; ++n) {
      columns[n] =
          vaddq_s32(columns[n], vpaddq_s32(acc[2 * n], acc[2 * n + 1]));
    }
  }
};

struct Words {
  static constexpr int kSums = 4;

  static void Multiply(const std::byte* x, const std::byte* w, int32x4_t* acc) {
    const auto* values = reinterpret_cast<const Unaligned16*>(x);
    const auto* weights = reinterpret_cast<const int16_t*>(w);
    for (int half = 0; half < 2; ++half) {
      const int16x8x2_t pair = vld2q_s16(weights + 16 * half);
      for (int v = 0; v < 2; ++v) {
        int32x4_t* sum = acc + 2 * half;
        sum[0] = vmlal_n_s16(sum[0], vget_low_s16(pair.val[v]), values[v]);
        sum[1] = vmlal_n_s16(sum[1], vget_high_s16(pair.val[v]), values[v]);
      }
    }
  }
  static void Finish(const int32x4_t* acc, int32x4_t* columns) {
    for (int n = 0; n < 4; ++n) columns[n] = vaddq_s32(columns[n], acc[n]);
  }
};

template <class Type, int kPositions>
void Block(const GemmArgs& a, int first_position, int first_column) {
  int32x4_t acc[kPositions][Type::kSums];
  for (auto& row : acc) {
    for (auto& sum : row) sum = vdupq_n_s32(0);
  }
  const std::byte* w =
      a.weights + int64_t{first_column / kPanel} * a.steps * 64;
  for (int s = 0; s < a.steps; ++s, w += 64) {
    for (int p = 0; p < kPositions; ++p) {
      Type::Multiply(a.x + a.position[first_position + p] + a.step[s], w,
                     acc[p]);
    }
  }
  for (int p = 0; p < kPositions; ++p) {
    int32x4_t columns[4];
    for (int n = 0; n < 4; ++n) {
      columns[n] = vld1q_s32(a.bias + first_column + 4 * n);
    }
    Type::Finish(acc[p], columns);
    StorePanel(
        columns, a.columns - first_column,
        a.acc + int64_t{first_position + p} * a.acc_stride + first_column);
  }
}

template <class Type>
void Gemm(const GemmArgs& a) {
  for (int c = 0; c < a.columns; c += kPanel) {
    int p = 0;
    for (; p + 2 <= a.positions; p += 2) Block<Type, 2>(a, p, c);
    if (p < a.positions) Block<Type, 1>(a, p, c);
  }
}

}  // namespace

void GemmU8Neon(const GemmArgs& args) { Gemm<Bytes>(args); }
void GemmS16Neon(const GemmArgs& args) { Gemm<Words>(args); }

int64_t PeakNeon(int64_t rounds, int32_t* sink) {
  constexpr int kAccumulators = 8;
  int32x4_t acc[kAccumulators];
  for (auto& sum : acc) sum = vdupq_n_s32(0);
  int8x8_t x = vdup_n_s8(static_cast<int8_t>(*sink));
  const int8x8_t w = vdup_n_s8(3);
  for (int64_t r = 0; r < rounds; ++r) {
    for (auto& sum : acc) {
      __asm__ volatile("" : "+w"(x));
      sum = vpadalq_s16(sum, vmull_s8(x, w));
    }
  }
  for (const int32x4_t sum : acc) *sink = *sink ^ vaddvq_s32(sum);
  return rounds * kAccumulators * 8;
}

}  // namespace edge_int8::core

// Products of bytes with Armv8.2's signed dot product: four values of four
// columns in one instruction.
#include <arm_neon.h>

#include "core/kernels/arm/neon_kernels.h"

namespace edge_int8::core {
namespace {

constexpr int kMaxPositions = 4;

typedef uint32_t Unaligned32 __attribute__((aligned(1), may_alias));

template <int kPositions>
void Block(const GemmArgs& a, int first_position, int first_column) {
  int32x4_t acc[kPositions][4];
  for (auto& row : acc) {
    for (int n = 0; n < 4; ++n)
      row[n] = vld1q_s32(a.bias + first_column + 4 * n);
  }
  const auto* w = reinterpret_cast<const int8_t*>(a.weights) +
                  int64_t{first_column / kPanel} * a.steps * 64;
  for (int s = 0; s < a.steps; ++s, w += 64) {
    for (int p = 0; p < kPositions; ++p) {
      const uint32_t four = *reinterpret_cast<const Unaligned32*>(
          a.x + a.position[first_position + p] + a.step[s]);
      const int8x16_t x = vreinterpretq_s8_u32(vdupq_n_u32(four ^ 0x80808080u));
      for (int n = 0; n < 4; ++n) {
        acc[p][n] = vdotq_s32(acc[p][n], vld1q_s8(w + 16 * n), x);
      }
    }
  }
  for (int p = 0; p < kPositions; ++p) {
    int32_t lanes[kPanel];
    for (int n = 0; n < 4; ++n) vst1q_s32(lanes + 4 * n, acc[p][n]);
    int32_t* out =
        a.acc + int64_t{first_position + p} * a.acc_stride + first_column;
    const int left = a.columns - first_column;
    for (int c = 0; c < kPanel && c < left; ++c) out[c] = lanes[c];
  }
}

}  // namespace

void GemmU8NeonDot(const GemmArgs& a) {
  for (int c = 0; c < a.columns; c += kPanel) {
    int p = 0;
    for (; p + kMaxPositions <= a.positions; p += kMaxPositions) {
      Block<kMaxPositions>(a, p, c);
    }
    for (; p < a.positions; ++p) Block<1>(a, p, c);
  }
}

int64_t PeakNeonDot(int64_t rounds, int32_t* sink) {
  constexpr int kAccumulators = 16;
  int32x4_t acc[kAccumulators];
  for (auto& sum : acc) sum = vdupq_n_s32(0);
  int8x16_t x = vdupq_n_s8(static_cast<int8_t>(*sink));
  const int8x16_t w = vdupq_n_s8(3);
  for (int64_t r = 0; r < rounds; ++r) {
    for (auto& sum : acc) sum = vdotq_s32(sum, x, w);
    __asm__ volatile("" : "+w"(x));
  }
  for (const int32x4_t sum : acc) *sink = *sink ^ vaddvq_s32(sum);
  return rounds * kAccumulators * 16;
}

}  // namespace edge_int8::core

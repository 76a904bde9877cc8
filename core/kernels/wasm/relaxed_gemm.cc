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
#include <wasm_simd128.h>

#include "core/kernels/wasm/wasm_kernels.h"

namespace edge_int8::core {
namespace {

constexpr int kMaxPositions = 5;  // as in simd128_gemm.cc
constexpr int kVectors = 2;       // of four columns
constexpr int kColumns = 4 * kVectors;
constexpr int kStepWeights = kPanel * kStepBytes;  // bytes of a packed step
constexpr int kMaxHigh = 128;                      // steps added at once

typedef uint32_t Unaligned32 __attribute__((aligned(1), may_alias));

// acc + weights * x, sums of four; x in [0, 127].
v128_t AddProducts(v128_t weights, v128_t x, v128_t acc) {
  return (v128_t)__builtin_wasm_relaxed_dot_i8x16_i7x16_add_s_i32x4(
      (__i8x16)weights, (__i8x16)x, (__i32x4)acc);
}

void Store(v128_t v, int columns, int32_t* out) {
  if (columns >= 4) {
    wasm_v128_store(out, v);
    return;
  }
  alignas(16) int32_t lanes[4];
  wasm_v128_store(lanes, v);
  for (int i = 0; i < columns; ++i) out[i] = lanes[i];
}

// The low seven bits of all that the product reads, if that fits: then no block
// has to clear the top bits again. Also whether there are any.
class LowCopy {
 public:
  // Returns what to use for a.x, or null.
  const std::byte* Make(const GemmArgs& a) {
    const Span positions(a.position, a.positions), steps(a.step, a.steps);
    const int64_t first = int64_t{positions.least} + steps.least;
    const int64_t size =
        int64_t{positions.most} + steps.most + kStepBytes - first;
    if (size > kMaxSize) return nullptr;
    const std::byte* from = a.x + first;
    const v128_t low = wasm_i8x16_splat(127);
    v128_t all = wasm_i8x16_splat(0);
    for (int64_t i = 0; i < size; i += 16) {
      const v128_t bytes = wasm_v128_load(from + i);
      all = wasm_v128_or(all, bytes);
      wasm_v128_store(bytes_ + i, wasm_v128_and(bytes, low));
    }
    has_high_ = wasm_i8x16_bitmask(all) != 0;
    return bytes_ - first;
  }
  bool has_high() const { return has_high_; }

 private:
  static constexpr int64_t kMaxSize = 16 * 1024;

  struct Span {
    int32_t least, most;

    Span(const int32_t* values, int count) : least(values[0]), most(least) {
      for (int i = 1; i < count; ++i) {
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
      }
    }
  };

  bool has_high_ = true;
  alignas(16) std::byte bytes_[kMaxSize + 16];
};

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
      Store(acc[p][n], a.columns - first_column - 4 * n, out + 4 * n);
    }
  }
}

template <bool kLow>
void LowParts(const GemmArgs& a) {
  constexpr void (*kBlocks[kMaxPositions + 1])(const GemmArgs&, int, int) = {
      nullptr,        Block<kLow, 1>, Block<kLow, 2>,
      Block<kLow, 3>, Block<kLow, 4>, Block<kLow, 5>};
  const int blocks = (a.positions + kMaxPositions - 1) / kMaxPositions;
  for (int c = 0; c < a.columns; c += kColumns) {
    int p = 0;
    for (int left = blocks; left > 0; --left) {
      const int positions = (a.positions - p + left - 1) / left;
      kBlocks[positions](a, p, c);
      p += positions;
    }
  }
}

// The steps of one position in which a value is 128 or more.
class HighSteps {
 public:
  HighSteps(const GemmArgs& a, int position)
      : a_(a),
        x_(a.x + a.position[position]),
        acc_(a.acc + int64_t{position} * a.acc_stride) {}

  void Run() {
    int s = 0;
    while (s < a_.steps) {
      // Most steps follow each other in memory: four are one vector.
      if (s + 4 <= a_.steps && a_.step[s + 3] == a_.step[s] + 3 * kStepBytes &&
          wasm_i8x16_bitmask(wasm_v128_load(x_ + a_.step[s])) == 0) {
        s += 4;
        continue;
      }
      Look(s++);
    }
    if (count_ > 0) Add();
  }

 private:
  void Look(int step) {
    const uint32_t high =
        *reinterpret_cast<const Unaligned32*>(x_ + a_.step[step]) >> 7 &
        0x01010101;
    if (high == 0) return;
    step_[count_] = step;
    bits_[count_] = high;
    if (++count_ == kMaxHigh) Add();
  }

  void Add() {
    for (int c = 0; c < a_.columns; c += 4) {
      const std::byte* const w = a_.weights +
                                 int64_t{c / kPanel} * a_.steps * kStepWeights +
                                 c % kPanel * kStepBytes;
      v128_t sum = wasm_i32x4_splat(0);
      for (int i = 0; i < count_; ++i) {
        sum = AddProducts(wasm_v128_load(w + int64_t{step_[i]} * kStepWeights),
                          wasm_v128_load32_splat(&bits_[i]), sum);
      }
      // Reads past the last column, never writes there.
      const v128_t before = wasm_v128_load(acc_ + c);
      Store(wasm_i32x4_add(before, wasm_i32x4_shl(sum, 7)), a_.columns - c,
            acc_ + c);
    }
    count_ = 0;
  }

  const GemmArgs& a_;
  const std::byte* x_;
  int32_t* acc_;
  int count_ = 0;
  int step_[kMaxHigh];
  uint32_t bits_[kMaxHigh];
};

}  // namespace

void GemmU8RelaxedSimd(const GemmArgs& a) {
  LowCopy copy;
  GemmArgs low = a;
  low.x = a.positions > 0 && a.steps > 0 ? copy.Make(a) : nullptr;
  if (low.x != nullptr) {
    LowParts<true>(low);
  } else {
    LowParts<false>(a);
  }
  if (!copy.has_high()) return;
  for (int p = 0; p < a.positions; ++p) HighSteps(a, p).Run();
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

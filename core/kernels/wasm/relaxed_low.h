// What the two products of relaxed SIMD share: a value x of a byte is
// (x & 127) + 128 * (x >> 7), and only the low part may be multiplied (see
// relaxed_gemm.cc). Internal linkage, for this folder alone.
#ifndef EDGE_INT8_CORE_KERNELS_WASM_RELAXED_LOW_H_
#define EDGE_INT8_CORE_KERNELS_WASM_RELAXED_LOW_H_

#include <wasm_simd128.h>

#include "core/kernels/gemm_input.h"
#include "core/kernels/kernel_table.h"
#include "core/kernels/wasm/simd128_columns.h"

namespace edge_int8::core {
namespace {

constexpr int kStepWeights = kPanel * kStepBytes;  // bytes of a packed step

typedef uint32_t Unaligned32 __attribute__((aligned(1), may_alias));

// The low seven bits of all that the product reads, if that fits: then no block
// has to clear the top bits again. Also whether there are any.
class LowCopy {
 public:
  // Returns what to use for a.x, or null.
  const std::byte* Make(const GemmArgs& a) {
    const GemmInput input(a);
    if (input.size > kMaxSize) return nullptr;
    const std::byte* from = a.x + input.first;
    const v128_t low = wasm_i8x16_splat(127);
    v128_t all = wasm_i8x16_splat(0);
    for (int64_t i = 0; i < input.size; i += 16) {
      const v128_t bytes = wasm_v128_load(from + i);
      all = wasm_v128_or(all, bytes);
      wasm_v128_store(bytes_ + i, wasm_v128_and(bytes, low));
    }
    has_high_ = wasm_i8x16_bitmask(all) != 0;
    return bytes_ - input.first;
  }
  bool has_high() const { return has_high_; }

 private:
  static constexpr int64_t kMaxSize = 16 * 1024;

  bool has_high_ = true;
  alignas(16) std::byte bytes_[kMaxSize + 16];
};

// The steps of one position in which a value is 128 or more. Weights: where a
// panel's step lies, packed_step(panel, step), and sum + products of them,
// add(weights, x, sum).
constexpr int kMaxHigh = 128;  // steps added at once

template <class PackedStep, class Add>
class HighSteps {
 public:
  HighSteps(const GemmArgs& a, int position, const PackedStep& packed_step,
            const Add& add)
      : a_(a),
        packed_step_(packed_step),
        add_(add),
        x_(a.x + a.position[position]),
        acc_(a.acc + int64_t{position} * a.acc_stride) {}

  void Run() {
    int s = 0;
    while (s < a_.steps) {
      // Most steps follow each other in memory: four are one vector.
      if (s + 4 <= a_.steps && FollowEachOther(a_.step + s) &&
          wasm_i8x16_bitmask(wasm_v128_load(x_ + a_.step[s])) == 0) {
        s += 4;
        continue;
      }
      Look(s++);
    }
    if (count_ > 0) AddAll();
  }

 private:
  static bool FollowEachOther(const int32_t* step) {
    return step[1] == step[0] + kStepBytes &&
           step[2] == step[0] + 2 * kStepBytes &&
           step[3] == step[0] + 3 * kStepBytes;
  }

  void Look(int step) {
    const uint32_t high =
        *reinterpret_cast<const Unaligned32*>(x_ + a_.step[step]) >> 7 &
        0x01010101;
    if (high == 0) return;
    step_[count_] = step;
    bits_[count_] = high;
    if (++count_ == kMaxHigh) AddAll();
  }

  void AddAll() {
    for (int c = 0; c < a_.columns; c += 4) {
      v128_t sum = wasm_i32x4_splat(0);
      for (int i = 0; i < count_; ++i) {
        const std::byte* const w =
            packed_step_(c / kPanel, step_[i]) + c % kPanel * kStepBytes;
        sum = add_(wasm_v128_load(w), wasm_v128_load32_splat(&bits_[i]), sum);
      }
      // Reads past the last column, never writes there.
      const v128_t before = wasm_v128_load(acc_ + c);
      StoreColumns(wasm_i32x4_add(before, wasm_i32x4_shl(sum, 7)),
                   a_.columns - c, acc_ + c);
    }
    count_ = 0;
  }

  const GemmArgs& a_;
  const PackedStep& packed_step_;
  const Add& add_;
  const std::byte* x_;
  int32_t* acc_;
  int count_ = 0;
  int step_[kMaxHigh];
  uint32_t bits_[kMaxHigh];
};

// The product by its parts: the low ones of all values by `without_top`, where
// they could be copied and have no top bits, or by `any`; then the high ones.
template <class PackedStep, class Add>
void GemmByParts(const GemmArgs& a, void (*without_top)(const GemmArgs&),
                 void (*any)(const GemmArgs&), const PackedStep& packed_step,
                 const Add& add) {
  LowCopy copy;
  GemmArgs low = a;
  low.x = a.positions > 0 && a.steps > 0 ? copy.Make(a) : nullptr;
  if (low.x != nullptr) {
    without_top(low);
  } else {
    any(a);
  }
  if (!copy.has_high()) return;
  for (int p = 0; p < a.positions; ++p) {
    HighSteps<PackedStep, Add>(a, p, packed_step, add).Run();
  }
}

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_WASM_RELAXED_LOW_H_

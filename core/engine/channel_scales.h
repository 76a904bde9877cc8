// Multipliers of a row of channels in the form the kernels take. Tested by
// channel_scales_test.cc against Requantize().
//
// With P = acc * m and shift s >= 33 the rounding half is a multiple of 2^32,
// so the low word of P never matters:
//   floor((P + 2^(s-1)) / 2^s) = (floor(P / 2^32) + 2^(s-33)) >> (s - 32)
// and everything after the product is 32-bit: |P| <= 2^62, the half <= 2^29.
//
// A smaller shift is a multiplier of 1/8 or more. Its result leaves int16,
// where every kernel clamps, unless acc is small; so acc is clamped to
// 2^(s-13), which maps beyond +-2^17, and shifted left by 33 - s: the shift is
// then 33.
//
// A multiplier of 24 significant bits is a float, and so is an accumulator
// below 2^24. Their fused product and sum with 1.5 * 2^23 is rounded once, to a
// whole number, ties to even. Requantize() rounds ties up, but a tie needs an
// accumulator that is a multiple of 2^(s-1) / 2^(trailing zeros of m): where
// none reaches that, both agree (HowInFloat). The sum's low 16 bits are the
// value itself where that fits them.
#ifndef EDGE_INT8_CORE_ENGINE_CHANNEL_SCALES_H_
#define EDGE_INT8_CORE_ENGINE_CHANNEL_SCALES_H_

#include <cstdint>
#include <vector>

#include "core/arith/fixed_point.h"
#include "core/engine/aligned_buffer.h"
#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

// What floats give for every accumulator there can be.
enum class InFloat : uint8_t {
  kOther,  // perhaps another value
  kSame,   // the same value, and value + zero
  kInt16,  // the same, and none leaves int16
};

class ChannelScales {
 public:
  ChannelScales() = default;
  // Rows of `period` channels; those past the given ones scale to 0. `zero` is
  // added to every value, which Adds() must allow, and `in_float` is what
  // HowInFloat() says.
  ChannelScales(const std::vector<Multiplier>& scales, std::size_t period,
                int32_t zero = 0, InFloat in_float = InFloat::kOther);

  // Whether value + zero fits the 32 bits it is worked out in: a zero that is
  // added before the last shift is zero << (s - 32), which has to stay below
  // 2^29 beside a product of 2^30 and a half of 2^29.
  static bool Adds(const std::vector<Multiplier>& scales, int32_t zero);

  // For accumulators up to `largest` of each channel.
  static InFloat HowInFloat(const std::vector<Multiplier>& scales,
                            const std::vector<int64_t>& largest,
                            int32_t zero = 0);

  // From channel `first` on.
  ScaleRow row(int32_t first = 0) const;

 private:
  enum Part {
    kMantissa,
    kNextMantissa,
    kAdd,
    kShift,
    kLimit,
    kLeft,
    kReal,
    kParts
  };

  int32_t* part(Part part) const;
  float* real() const { return reinterpret_cast<float*>(part(kReal)); }

  std::size_t part_bytes_ = 0;
  AlignedBuffer values_;  // [kParts][period, whole cache lines]
  bool small_shifts_ = false;
  InFloat in_float_ = InFloat::kOther;
  int32_t zero_ = 0;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_CHANNEL_SCALES_H_

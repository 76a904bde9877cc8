// What an integer passes through after its one rounding: zero point, clamp and,
// where an activation follows, a table. Tested by activation_test.cc.
//
//   pre = clamp(value + zero, low, high)
//   out = pre                                       kNone
//         table[pre - low]                          kLookup
//         interpolate between table[i], table[i+1]  kInterpolate
#ifndef EDGE_INT8_CORE_ARITH_ACTIVATION_H_
#define EDGE_INT8_CORE_ARITH_ACTIVATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/arith/fixed_point.h"

namespace edge_int8::core {

enum class TableKind : uint8_t { kNone, kLookup, kInterpolate };

inline constexpr int kInterpolateEntries = 4097;  // every 16th of 2^16 values

struct Activation {
  int32_t zero = 0;
  int32_t low = 0;
  int32_t high = 255;
  TableKind kind = TableKind::kNone;
  // kLookup: high - low + 1 values (256 or 4,096). kInterpolate:
  // kInterpolateEntries values at pre = -32768 + 16 * i; low and high are then
  // within int16. Values fit the type of the tensor that is written.
  std::vector<int16_t> table = {};
  // The real function behind the table ("silu", "clip 0 6", ...: FunctionText
  // in src/graph/function.h) and the real step of `pre`; for readers and
  // exporters, no engine uses them. Empty and 0: unknown (version 1) or no
  // function.
  std::string function = {};
  float pre_scale = 0;
  bool operator==(const Activation&) const = default;
};

// pre in [-32768, 32767]. Rounds by the one rule: the exact line between two
// entries is (t[i] * (16 - f) + t[i+1] * f) / 16.
inline int32_t Interpolate(const int16_t* table, int32_t pre) {
  const int32_t position = pre + 32768;
  const int32_t i = position >> 4;
  const int32_t fraction = position & 15;
  const int32_t sixteenths =
      table[i] * (16 - fraction) + table[i + 1] * fraction;
  return (sixteenths + 8) >> 4;
}

inline int32_t Activate(const Activation& a, int64_t value) {
  const int32_t pre = Clamp(value + a.zero, a.low, a.high);
  switch (a.kind) {
    case TableKind::kNone:
      return pre;
    case TableKind::kLookup:
      return a.table[static_cast<std::size_t>(pre - a.low)];
    case TableKind::kInterpolate:
      return Interpolate(a.table.data(), pre);
  }
  return pre;
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ARITH_ACTIVATION_H_

#include "src/qgraph/multiplier.h"

#include <fmt/format.h>

#include <cmath>

#include "src/base/error.h"

namespace edge_int8 {

double RoundHalfUp(double x) { return std::floor(x + 0.5); }

int32_t RoundToInt(double x, int32_t low, int32_t high) {
  Check(!std::isnan(x), "NaN can't be rounded to an integer");
  const double rounded = RoundHalfUp(x);
  if (rounded <= low) return low;
  if (rounded >= high) return high;
  return static_cast<int32_t>(rounded);
}

bool IsMultiplier(double real) { return real >= 0 && real < 0x1.0p30; }

core::Multiplier MakeMultiplier(double real) {
  if (!IsMultiplier(real)) {
    throw Error(ErrorKind::kBadInput,
                fmt::format("plan: a ratio of scales is {}, expected a number "
                            "in [0, 2^30)",
                            real));
  }
  if (real < 0x1.0p-32) return {0, 1};
  int exponent = 0;
  const double fraction = std::frexp(real, &exponent);  // in [1/2, 1)
  auto mantissa = static_cast<int64_t>(RoundHalfUp(fraction * 0x1.0p31));
  int shift = 31 - exponent;
  if (mantissa == int64_t{1} << 31) {
    mantissa >>= 1;
    --shift;
  }
  if (shift > 62) return {0, 1};
  Check(shift >= 1, "multiplier is out of range after rounding");
  return {static_cast<int32_t>(mantissa), shift};
}

core::Multiplier MakeFloatMultiplier(double real) {
  core::Multiplier m = MakeMultiplier(real);
  if (m.mantissa != 0) m.mantissa = (m.mantissa & ~255) | 128;
  return m;
}

}  // namespace edge_int8

#include "train/simulation/landing.h"

#include <cmath>

#include "src/base/error.h"
#include "src/qgraph/multiplier.h"
#include "src/qgraph/silu_table.h"
#include "train/commands/task_loop.h"

namespace edge_int8::train {
namespace {

void RoundTo(const std::vector<double>& units, const CodeGrid& target,
             Landing& landing) {
  landing.zero = target.zero;
  landing.low = target.low;
  landing.high = target.high;
  for (std::size_t c = 0; c < units.size(); ++c) {
    const core::Multiplier m =
        MakeFloatMultiplier(units[c] / target.ScaleOf(c, units.size()));
    landing.scale.push_back(m);
    landing.ratio.push_back(static_cast<float>(
        std::ldexp(static_cast<double>(m.mantissa), -m.shift)));
  }
}

// The table's integer for every pre-activation code, as the contract has it:
// looked up, or interpolated where the pre-activation has 16 bits.
std::vector<int32_t> StoredByPre(const CodeGrid& pre, const TableOutput& out) {
  if (pre.bits != 16) {
    const std::vector<int16_t> table =
        SiluLookup(pre.bits, pre.scale(), pre.zero, out);
    return {table.begin(), table.end()};
  }
  const std::vector<int16_t> table = SiluInterpolated(pre.scale(), out);
  std::vector<int32_t> stored;
  for (int32_t code = pre.low; code <= pre.high; ++code) {
    stored.push_back(core::Interpolate(table.data(), code));
  }
  return stored;
}

}  // namespace

void LandOnGrid(const std::vector<double>& units, const CodeGrid& target,
                Landing& landing) {
  RoundTo(units, target, landing);
}

void LandThroughSilu(const std::vector<double>& units, const CodeGrid& pre,
                     const TableOutput& out, bool out_is_grid,
                     Landing& landing) {
  RoundTo(units, pre, landing);
  const std::vector<int32_t> stored = StoredByPre(pre, out);
  const std::size_t size = stored.size();
  landing.table.resize(size);
  landing.slope.resize(size);
  landing.out_error.resize(size);
  landing.out_clipped.resize(size);
  ForEachRange(static_cast<int64_t>(size), 4096, [&](int64_t b, int64_t e) {
    for (int64_t n = b; n < e; ++n) {
      const auto i = static_cast<std::size_t>(n);
      const double x =
          static_cast<double>(pre.low - pre.zero + n) * pre.scale();
      const double v = SiluReal(x) / out.scale;
      const bool inside =
          v + out.zero >= out.low - 0.5 && v + out.zero < out.high + 0.5;
      const double code = stored[i] - out.zero;
      landing.table[i] = static_cast<float>(code);
      landing.slope[i] =
          inside ? static_cast<float>(SiluSlope(x) * pre.scale() / out.scale)
                 : 0.0f;
      if (!out_is_grid) continue;
      landing.out_error[i] = static_cast<float>(inside ? code - v : code);
      landing.out_clipped[i] = inside ? 0.0f : 1.0f;
    }
  });
}

core::Multiplier ShiftMultiplier(int bits) {
  Check(bits >= 0 && bits <= 32, "a shift that no sum has");
  return {1 << 30, 30 + bits};
}

}  // namespace edge_int8::train

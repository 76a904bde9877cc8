#include "src/export/table_scales.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "src/base/error.h"
#include "src/qgraph/multiplier.h"
#include "src/qgraph/silu_table.h"

namespace edge_int8 {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// One table as pairs (index in steps from real 0, stored value minus zero).
class Fit {
 public:
  Fit(const core::Activation& a, int32_t zero, int32_t low, int32_t high,
      const KnownScales& known)
      : low_(low - zero), high_(high - zero), known_(known) {
    const bool interpolated = a.kind == core::TableKind::kInterpolate;
    const int32_t first = interpolated ? -32768 : a.low - a.zero;
    const int32_t step = interpolated ? 16 : 1;
    for (std::size_t i = 0; i < a.table.size(); ++i) {
      index_.push_back(first + step * static_cast<int32_t>(i));
      value_.push_back(a.table[i] - zero);
    }
    reach_ = std::max(std::abs(index_.front()), std::abs(index_.back()));
  }

  // The best 1 / out for this pre: the middle of what the entries allow, each
  // |silu * gain - value| <= 1/2. `excess` is how far the worst one is beyond.
  struct Gain {
    double gain = 0;
    double excess = kInfinity;
  };
  Gain GainFor(double pre) const {
    double least = 0;
    double most = kInfinity;
    if (known_.out) {
      least = most = 1 / *known_.out;
    } else {
      for (std::size_t i = 0; i < index_.size(); i += stride_) {
        const double silu = SiluReal(index_[i] * pre);
        if (silu == 0 || Saturated(i)) continue;
        const double a = (value_[i] - 0.5) / silu;
        const double b = (value_[i] + 0.5) / silu;
        least = std::max(least, std::min(a, b));
        most = std::min(most, std::max(a, b));
      }
      if (most == kInfinity || least + most <= 0) return {1, kInfinity};
    }
    const double gain = (least + most) / 2;
    return {gain, Excess(pre, gain)};
  }

  // Coarse over every scale a pre-activation can have, then ever finer.
  TableScales Search() {
    if (known_.pre) return Result(*known_.pre);
    double best = 1;
    double excess = kInfinity;
    const auto scan = [&](double center, double span, int steps) {
      for (int i = -steps; i <= steps; ++i) {
        const double pre = center * std::exp(span * i / steps);
        const double e = GainFor(pre).excess;
        if (e < excess) {
          excess = e;
          best = pre;
        }
      }
    };
    stride_ = std::max<std::size_t>(1, index_.size() / 256);
    scan(1.0 / reach_, 12, 240);  // reach * pre from e^-12 to e^12
    stride_ = 1;
    excess = kInfinity;
    for (double span = 0.1; span > 1e-8; span /= 8) scan(best, span, 24);
    return Result(best);
  }

  // Every entry is the zero point: no scale to find, and any small one is
  // right.
  bool Flat() const {
    return std::ranges::all_of(value_, [](int32_t v) { return v == 0; });
  }
  TableScales FlatScales() const {
    const double out = known_.out.value_or(1);
    const double small = std::min(1.0, out) / (4.0 * reach_);
    TableScales scales{known_.pre.value_or(small), out, 0};
    scales.wrong = Wrong(scales);
    return scales;
  }

 private:
  TableScales Result(double pre) const {
    TableScales scales{pre, known_.out.value_or(1 / GainFor(pre).gain), 0};
    scales.wrong = Wrong(scales);
    return scales;
  }
  bool Saturated(std::size_t i) const {
    return value_[i] <= low_ || value_[i] >= high_;
  }
  double Excess(double pre, double gain) const {
    double worst = 0;
    for (std::size_t i = 0; i < index_.size(); i += stride_) {
      const double real = std::clamp(SiluReal(index_[i] * pre) * gain,
                                     double(low_), double(high_));
      worst = std::max(worst, std::abs(real - value_[i]));
    }
    return worst - 0.5;
  }
  int64_t Wrong(const TableScales& s) const {
    int64_t wrong = 0;
    for (std::size_t i = 0; i < index_.size(); ++i) {
      wrong += RoundToInt(SiluReal(index_[i] * s.pre) / s.out, low_, high_) !=
               value_[i];
    }
    return wrong;
  }

  std::vector<int32_t> index_;
  std::vector<int32_t> value_;
  int32_t low_;
  int32_t high_;
  int32_t reach_;
  std::size_t stride_ = 1;  // of entries that a coarse look skips
  KnownScales known_;
};

}  // namespace

TableScales RecoverTableScales(const core::Activation& activation,
                               int32_t out_zero, int32_t low, int32_t high,
                               const KnownScales& known) {
  Check(activation.kind != core::TableKind::kNone, "there is no table");
  Fit fit(activation, out_zero, low, high, known);
  return fit.Flat() ? fit.FlatScales() : fit.Search();
}

}  // namespace edge_int8

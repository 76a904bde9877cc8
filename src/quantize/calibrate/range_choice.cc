#include "src/quantize/calibrate/range_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "src/base/error.h"
#include "src/qgraph/function_table.h"
#include "src/qgraph/multiplier.h"

namespace edge_int8 {
namespace {

constexpr std::array kMethodNames = {"minmax", "percentile", "histogram",
                                     "mse"};

// What stays within this is always zero: no weight is large enough to show it,
// and a scale so small is no plan's.
constexpr double kNoActivation = 1e-24;

// A histogram and one grid's shape, ready to be asked for the error of many
// candidate grids.
class ErrorMeter {
 public:
  ErrorMeter(const CalibrationHistogram& histogram, const GridSpec& spec)
      : spec_(spec),
        width_(histogram.bin_width()),
        total_(static_cast<double>(histogram.count())) {
    for (int b = 0; b < histogram.bins(); ++b) {
      if (histogram.bin_count(b) == 0) continue;
      const double x = histogram.bin_center(b);
      const double slope = Slope(x);
      bins_.push_back({x, After(x), slope * slope,
                       static_cast<double>(histogram.bin_count(b))});
    }
  }

  // Each bin counts as its middle. Where a step is not much wider than a bin
  // the middle says nothing about the rounding, which is then taken as
  // uniform: step^2 / 12 times the squared slope of what follows.
  double Error(const AffineGrid& grid) const {
    if (bins_.empty()) return 0;
    const double low = (spec_.low() - grid.zero_point) * grid.scale;
    const double high = (spec_.high() - grid.zero_point) * grid.scale;
    const bool uniform = grid.scale < 2 * width_;
    const std::vector<double> levels =
        uniform ? std::vector<double>() : Levels(grid);
    const double after_low = After(low);
    const double after_high = After(high);
    const double noise = grid.scale * grid.scale / 12;
    double error = 0;
    for (const Bin& bin : bins_) {
      if (bin.x <= low || bin.x >= high) {
        const double off = bin.after - (bin.x <= low ? after_low : after_high);
        error += bin.count * off * off;
      } else if (uniform) {
        error += bin.count * bin.slope_squared * noise;
      } else {
        // Positive inside [low, high], so truncation is floor.
        const auto level =
            static_cast<std::size_t>((bin.x - low) / grid.scale + 0.5);
        const double off = bin.after - levels[level];
        error += bin.count * off * off;
      }
    }
    return error / total_;
  }

 private:
  struct Bin {
    double x, after, slope_squared, count;
  };

  bool HasFunction() const { return !(spec_.function == Function{}); }
  double After(double x) const {
    return HasFunction() ? FunctionValue(spec_.function, x) : x;
  }
  double Slope(double x) const {
    return HasFunction() ? FunctionSlope(spec_.function, x) : 1.0;
  }
  std::vector<double> Levels(const AffineGrid& grid) const {
    std::vector<double> levels;
    for (int32_t code = spec_.low(); code <= spec_.high(); ++code) {
      levels.push_back(After((code - grid.zero_point) * grid.scale));
    }
    return levels;
  }

  const GridSpec spec_;
  const double width_;
  const double total_;
  std::vector<Bin> bins_;
};

struct Range {
  double low = 0;
  double high = 0;
};

Range Seen(const CalibrationHistogram& histogram) {
  return {std::min(0.0, static_cast<double>(histogram.min())),
          std::max(0.0, static_cast<double>(histogram.max()))};
}

Range Percentile(const CalibrationHistogram& histogram, double percentile) {
  const double share = percentile / 100;
  return {std::min(0.0, histogram.Quantile(1 - share)),
          std::max(0.0, histogram.Quantile(share))};
}

// torch/ao/quantization/observer.py, HistogramObserver
// ._non_linear_param_search: per turn 1e-5 of the counts is given up at the
// end where that narrows the range more, until the error grows.
AffineGrid HistogramSearch(const CalibrationHistogram& histogram,
                           GridSpec spec) {
  spec.function = {};
  const ErrorMeter meter(histogram, spec);
  const QuantileReader quantiles(histogram);
  constexpr double kStep = 1e-5;
  Range range = Seen(histogram);
  AffineGrid best = CoverGrid(range.low, range.high, spec);
  double least = meter.Error(best);
  double alpha = 0;
  double beta = 1;
  while (alpha + kStep < beta - kStep) {
    const Range next = {std::min(0.0, quantiles.At(alpha + kStep)),
                        std::max(0.0, quantiles.At(beta - kStep))};
    const bool from_low = next.low - range.low > range.high - next.high;
    (from_low ? alpha : beta) += from_low ? kStep : -kStep;
    const Range narrowed =
        from_low ? Range{next.low, range.high} : Range{range.low, next.high};
    if (narrowed.low == 0 && narrowed.high == 0) break;
    const AffineGrid grid = CoverGrid(narrowed.low, narrowed.high, spec);
    range = narrowed;
    if (grid == best) continue;
    const double error = meter.Error(grid);
    if (error > least) break;
    least = error;
    best = grid;
  }
  return best;
}

// Both ends as fractions of the seen range: a coarse grid of pairs that starts
// with (1, 1), then ever smaller steps around the best pair.
AffineGrid LeastErrorSearch(const CalibrationHistogram& histogram,
                            const GridSpec& spec) {
  constexpr int kCoarse = 24;
  constexpr int kHalvings = 7;
  const ErrorMeter meter(histogram, spec);
  const Range seen = Seen(histogram);
  Range best_fraction = {1, 1};
  AffineGrid best = CoverGrid(seen.low, seen.high, spec);
  double least = meter.Error(best);
  const auto attempt = [&](double low, double high) {
    if (low < 0 || high < 0 || low > 1 || high > 1) return;
    if (spec.symmetric && low != high) return;
    const Range range = {low * seen.low, high * seen.high};
    if (range.low == range.high) return;
    const AffineGrid grid = CoverGrid(range.low, range.high, spec);
    const double error = meter.Error(grid);
    if (error < least) {
      least = error;
      best = grid;
      best_fraction = {low, high};
    }
  };
  for (int i = kCoarse; i > 0; --i) {
    for (int j = kCoarse; j > 0; --j) {
      attempt(i / double{kCoarse}, j / double{kCoarse});
    }
  }
  double step = 1.0 / kCoarse;
  for (int round = 0; round < kHalvings; ++round) {
    step /= 2;
    const Range center = best_fraction;
    for (int i = -2; i <= 2; ++i) {
      for (int j = -2; j <= 2; ++j) {
        attempt(center.low + i * step, center.high + j * step);
      }
    }
  }
  return best;
}

AffineGrid MseGrid(const CalibrationHistogram& histogram,
                   const GridSpec& spec) {
  if (spec.bits < 16) return LeastErrorSearch(histogram, spec);
  const Range seen = Seen(histogram);
  return CoverGrid(kWideGridHeadroom * seen.low, kWideGridHeadroom * seen.high,
                   spec);
}

}  // namespace

std::string_view RangeMethodName(RangeMethod method) {
  return kMethodNames[static_cast<std::size_t>(method)];
}

RangeMethod ParseRangeMethod(std::string_view name) {
  for (std::size_t m = 0; m < kMethodNames.size(); ++m) {
    if (name == kMethodNames[m]) return static_cast<RangeMethod>(m);
  }
  FailUsage(fmt::format(
      "range method '{}' is not minmax, percentile, histogram or mse", name));
}

AffineGrid CoverGrid(double low, double high, const GridSpec& spec) {
  Check(low <= 0 && high >= 0, "a range must include 0");
  if (low == 0 && high == 0) high = 1;  // Always zero: any scale will do.
  if (spec.symmetric) return {std::max(-low, high) / spec.high(), 0};
  const double scale = (high - low) / spec.high();
  return {scale, RoundToInt(-low / scale, 0, spec.high())};
}

double OnGrid(double x, const AffineGrid& grid, const GridSpec& spec) {
  const double code = std::clamp(RoundHalfUp(x / grid.scale) + grid.zero_point,
                                 static_cast<double>(spec.low()),
                                 static_cast<double>(spec.high()));
  return (code - grid.zero_point) * grid.scale;
}

double GridError(const CalibrationHistogram& histogram, const AffineGrid& grid,
                 const GridSpec& spec) {
  return ErrorMeter(histogram, spec).Error(grid);
}

AffineGrid ChooseGrid(const CalibrationHistogram& histogram,
                      const GridSpec& spec, const RangeOptions& options) {
  const Range seen = Seen(histogram);
  if (seen.high - seen.low <= kNoActivation) return CoverGrid(0, 0, spec);
  switch (options.method) {
    case RangeMethod::kMinMax:
      return CoverGrid(seen.low, seen.high, spec);
    case RangeMethod::kPercentile: {
      const Range range = Percentile(histogram, options.percentile);
      return CoverGrid(range.low, range.high, spec);
    }
    case RangeMethod::kHistogram:
      return HistogramSearch(histogram, spec);
    case RangeMethod::kMse:
      return MseGrid(histogram, spec);
  }
  return CoverGrid(seen.low, seen.high, spec);
}

}  // namespace edge_int8

// From a histogram to a grid: which range of values an integer should cover.
// Cutting rare large values makes the steps of all others finer. Tested by
// range_choice_test.cc.
//
//   kMinMax      everything that was seen
//   kPercentile  all but a share of the counts at each end
//   kHistogram   PyTorch's HistogramObserver: from everything inwards along
//                quantiles while the squared rounding error falls
//   kMse         the least squared error over a grid of both ends, refined;
//                before a table the error is that of its function's result, so
//                that the negative tails of a SiLU, which all become about 0,
//                need no codes
#ifndef EDGE_INT8_SRC_QUANTIZE_CALIBRATE_RANGE_CHOICE_H_
#define EDGE_INT8_SRC_QUANTIZE_CALIBRATE_RANGE_CHOICE_H_

#include <cstdint>
#include <string_view>

#include "src/graph/function.h"
#include "src/quantize/calibrate/calibration_histogram.h"

namespace edge_int8 {

enum class RangeMethod { kMinMax, kPercentile, kHistogram, kMse };

std::string_view RangeMethodName(RangeMethod method);  // "minmax", ...
RangeMethod ParseRangeMethod(std::string_view name);   // throws kUsage

struct RangeOptions {
  RangeMethod method = RangeMethod::kMse;
  double percentile = 99.99;  // kPercentile: kept below the upper end
};

// The integers a grid has, and what happens to the real number behind them.
struct GridSpec {
  int bits = 8;
  bool symmetric = false;  // codes +-(2^(bits-1) - 1) and zero point 0
  Function function = {};  // behind it: before a table

  int32_t low() const { return symmetric ? -high() : 0; }
  int32_t high() const { return (1 << (symmetric ? bits - 1 : bits)) - 1; }
};

// real = (code - zero_point) * scale, code in [spec.low(), spec.high()]. Real 0
// is a code of every grid.
struct AffineGrid {
  double scale = 1;
  int32_t zero_point = 0;
  bool operator==(const AffineGrid&) const = default;
};

// The finest grid whose codes cover [low, high] and 0; the two may be equal.
// With a zero point, rounding it can cut either end by half a step.
AffineGrid CoverGrid(double low, double high, const GridSpec& spec);

// Nearest value of the grid.
double OnGrid(double x, const AffineGrid& grid, const GridSpec& spec);

// Mean squared error of rounding the histogram's values to the grid, measured
// after the function where a table follows.
double GridError(const CalibrationHistogram& histogram, const AffineGrid& grid,
                 const GridSpec& spec);

// 16-bit grids have codes to spare: kMse leaves them room for values up to
// twice as large as any that was seen.
inline constexpr double kWideGridHeadroom = 2.0;

AffineGrid ChooseGrid(const CalibrationHistogram& histogram,
                      const GridSpec& spec, const RangeOptions& options);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_CALIBRATE_RANGE_CHOICE_H_

#include "src/quantize/reconstruct/bias_repair.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/error.h"
#include "src/graph/silu_values.h"
#include "src/qgraph/silu_table.h"
#include "src/quantize/calibrate/sum_of_values.h"

namespace edge_int8 {
namespace {

// Newton's method, which on a sum of steps may jump over the answer: then the
// interval it jumped over is halved.
constexpr int kTurns = 8;
// A channel that its SiLU flattens everywhere has no mean to put back.
constexpr double kLeastSlope = 0.02;

double MeanGap(std::span<const float> exact, std::span<const float> rounded) {
  const double sum = SumOfValues(exact.size(), [&](std::size_t n) {
    return static_cast<double>(exact[n]) - static_cast<double>(rounded[n]);
  });
  return sum / static_cast<double>(exact.size());
}

double Mean(std::span<const float> values) {
  const double sum = SumOfValues(values.size(), [&](std::size_t n) {
    return static_cast<double>(values[n]);
  });
  return sum / static_cast<double>(values.size());
}

}  // namespace

double MeanShift(std::span<const float> exact, std::span<const float> rounded,
                 const std::optional<SiluBehind>& silu) {
  Check(exact.size() == rounded.size() && !exact.empty(), "values don't pair");
  if (!silu) return MeanGap(exact, rounded);
  std::vector<float> moved(exact.size());
  ComputeSilu(exact, moved);
  const double target = Mean(moved);
  std::ranges::transform(exact, moved.begin(), [](float x) {
    return static_cast<float>(SiluSlope(x));
  });
  const double slope = Mean(moved);
  if (slope < kLeastSlope) return 0;
  const auto gap_at = [&](double shift) {
    for (std::size_t n = 0; n < moved.size(); ++n) {
      moved[n] = rounded[n] + static_cast<float>(shift);
    }
    silu->grids->Round(silu->before, moved);
    ComputeSilu(moved, moved);
    silu->grids->Round(silu->after, moved);
    return target - Mean(moved);
  };
  double low = -HUGE_VAL;  // too small a shift, and
  double high = HUGE_VAL;  // too large a one
  double shift = 0;
  double best = 0;
  double least = HUGE_VAL;
  for (int turn = 0; turn < kTurns; ++turn) {
    const double gap = gap_at(shift);
    if (std::abs(gap) < least) {
      least = std::abs(gap);
      best = shift;
    }
    (gap > 0 ? low : high) = shift;
    shift += gap / slope;
    if (shift <= low || shift >= high) shift = (low + high) / 2;
    if (!std::isfinite(shift)) break;
  }
  return best;
}

}  // namespace edge_int8

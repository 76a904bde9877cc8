#include "src/quant/bias_repair.h"

#include <cmath>
#include <vector>

#include "src/base/error.h"
#include "src/quant/silu_table.h"

namespace edge_int8 {
namespace {

// Newton's method, which on a sum of steps may jump over the answer: then the
// interval it jumped over is halved.
constexpr int kTurns = 8;
// A channel that its SiLU flattens everywhere has no mean to put back.
constexpr double kLeastSlope = 0.02;

float SiluOf(float x) { return x / (1.0f + std::exp(-x)); }

double MeanGap(std::span<const float> exact, std::span<const float> rounded) {
  double sum = 0;
  for (std::size_t n = 0; n < exact.size(); ++n) {
    sum += static_cast<double>(exact[n]) - static_cast<double>(rounded[n]);
  }
  return sum / static_cast<double>(exact.size());
}

}  // namespace

double MeanShift(std::span<const float> exact, std::span<const float> rounded,
                 const std::optional<SiluBehind>& silu) {
  Check(exact.size() == rounded.size() && !exact.empty(), "values don't pair");
  if (!silu) return MeanGap(exact, rounded);
  const auto count = static_cast<double>(exact.size());
  double target = 0;
  double slope = 0;
  for (const float x : exact) {
    target += SiluOf(x) / count;
    slope += SiluSlope(x) / count;
  }
  if (slope < kLeastSlope) return 0;
  std::vector<float> moved(rounded.size());
  const auto gap_at = [&](double shift) {
    for (std::size_t n = 0; n < moved.size(); ++n) {
      moved[n] = rounded[n] + static_cast<float>(shift);
    }
    silu->grids->Round(silu->before, moved);
    for (float& x : moved) x = SiluOf(x);
    silu->grids->Round(silu->after, moved);
    double mean = 0;
    for (const float x : moved) mean += x / count;
    return target - mean;
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

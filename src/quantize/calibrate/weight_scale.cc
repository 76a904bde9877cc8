#include "src/quantize/calibrate/weight_scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/base/parallel.h"
#include "src/qgraph/multiplier.h"
#include "src/qgraph/plan.h"

namespace edge_int8 {
namespace {

// Fractions of kAbsMax's scale that kMse tries. The best one falls with the
// number of codes: with 7 of them cutting the largest weights pays early.
constexpr int kSteps = 80;
double SmallestFraction(int32_t limit) { return limit > 63 ? 0.5 : 0.2; }

// Weights no larger are none: no activation is large enough to show them, and
// a scale so small is no plan's.
constexpr double kNoWeight = 1e-24;

double LargestSize(std::span<const float> weights) {
  double largest = 0;
  for (const float w : weights) {
    largest = std::max(largest, std::abs(static_cast<double>(w)));
  }
  return largest;
}

}  // namespace

std::string_view WeightMethodName(WeightMethod method) {
  return method == WeightMethod::kAbsMax ? "absmax" : "mse";
}

WeightMethod ParseWeightMethod(std::string_view name) {
  for (const auto method : {WeightMethod::kAbsMax, WeightMethod::kMse}) {
    if (WeightMethodName(method) == name) return method;
  }
  FailUsage(fmt::format("weight method '{}' is not absmax or mse", name));
}

double WeightError(std::span<const float> weights, double scale,
                   int32_t limit) {
  double error = 0;
  for (const float w : weights) {
    const double code =
        std::clamp(RoundHalfUp(w / scale), static_cast<double>(-limit),
                   static_cast<double>(limit));
    const double off = w - code * scale;
    error += off * off;
  }
  return error;
}

double ChooseWeightScale(std::span<const float> weights, int32_t limit,
                         WeightMethod method) {
  const double largest = LargestSize(weights);
  if (largest <= kNoWeight) return kDeadRowScale;
  const double cover = largest / limit;
  if (method == WeightMethod::kAbsMax) return cover;
  double best = cover;
  double least = WeightError(weights, cover, limit);
  const double smallest = SmallestFraction(limit);
  for (int step = 0; step < kSteps; ++step) {
    const double scale = cover * (smallest + (1 - smallest) * step / kSteps);
    const double error = WeightError(weights, scale, limit);
    if (error < least) {
      least = error;
      best = scale;
    }
  }
  return best;
}

std::vector<double> ChooseWeightScales(const Tensor& weight, int bits,
                                       WeightMethod method) {
  const auto channels = static_cast<std::size_t>(weight.shape.at(0));
  const std::size_t row = weight.data.size() / channels;
  const auto row_of = [&](std::size_t channel) {
    return std::span(weight.data).subspan(channel * row, row);
  };
  std::vector<double> scales(channels);
  ParallelFor(static_cast<int64_t>(channels), [&](int64_t o) {
    const auto channel = static_cast<std::size_t>(o);
    scales[channel] =
        ChooseWeightScale(row_of(channel), WeightLimit(bits), method);
  });
  double most = 0;
  for (std::size_t c = 0; c < channels; ++c) {
    if (LargestSize(row_of(c)) > kNoWeight) most = std::max(most, scales[c]);
  }
  for (std::size_t c = 0; c < channels && most > 0; ++c) {
    if (LargestSize(row_of(c)) <= kNoWeight) scales[c] = most;
  }
  return scales;
}

}  // namespace edge_int8

// Scales of weights: one per output channel, symmetric. Tested by
// weight_scale_test.cc.
#ifndef EDGE_INT8_SRC_QUANTIZE_CALIBRATE_WEIGHT_SCALE_H_
#define EDGE_INT8_SRC_QUANTIZE_CALIBRATE_WEIGHT_SCALE_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "src/base/tensor.h"

namespace edge_int8 {

enum class WeightMethod {
  kAbsMax,  // the largest weight is the largest code
  kMse      // the scale with the least squared error, never above kAbsMax's
};

std::string_view WeightMethodName(WeightMethod method);  // "absmax", "mse"
WeightMethod ParseWeightMethod(std::string_view name);   // throws kUsage

// sum of (w - scale * clamp(round(w / scale), -limit, limit))^2
double WeightError(std::span<const float> weights, double scale, int32_t limit);

// Of a channel of zeros: any would do for its weights, but its bias counts in
// units of it.
inline constexpr double kDeadRowScale = 0x1.0p-10;

// For one output channel.
double ChooseWeightScale(std::span<const float> weights, int32_t limit,
                         WeightMethod method);

// For [out, ...] weights and `bits` of 8, 4, 3 or 2. A channel of zeros gets
// the largest scale of the others.
std::vector<double> ChooseWeightScales(const Tensor& weight, int bits,
                                       WeightMethod method);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_CALIBRATE_WEIGHT_SCALE_H_

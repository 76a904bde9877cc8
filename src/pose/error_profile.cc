#include "src/pose/error_profile.h"

#include <cmath>

#include "src/base/error.h"
#include "src/pose/pose_scale.h"

namespace edge_int8 {
namespace {

// For even steps exactly pose_metric's k / 100.0 * scale.
double Threshold(int64_t step, double scale) {
  return static_cast<double>(step) * 0.5 / 100.0 * scale;
}

// The first step whose threshold the distance is within; kProfileSteps + 1 when
// there is none. The division only guesses: its rounding must not decide.
int64_t FirstStep(double distance, double scale) {
  const double guess = std::ceil(distance / scale * kProfileSteps);
  if (!(guess <= kProfileSteps + 1)) return kProfileSteps + 1;
  int64_t step = static_cast<int64_t>(guess);
  while (step > 0 && distance <= Threshold(step - 1, scale)) --step;
  while (step <= kProfileSteps && !(distance <= Threshold(step, scale))) ++step;
  return step;
}

}  // namespace

ErrorProfile ProfileErrors(std::span<const float> preds,
                           std::span<const float> truths,
                           const Metric& metric) {
  const std::size_t values = metric.pose_values();
  const auto dims = static_cast<std::size_t>(metric.dims);
  Check(preds.size() == truths.size() && preds.size() % values == 0,
        "predictions and targets must be as many whole poses");
  ErrorProfile profile;
  profile.samples = static_cast<int64_t>(preds.size() / values);
  std::vector<int64_t> first(kProfileSteps + 2);  // joints by their first step
  for (std::size_t at = 0; at < preds.size(); at += values) {
    const auto pred = preds.subspan(at, values);
    const auto truth = truths.subspan(at, values);
    const double scale = PoseScale(truth, metric);
    for (std::size_t j = 0; j < values / dims; ++j) {
      const double distance = JointDistance(pred, j, truth, j, dims);
      ++first[static_cast<std::size_t>(FirstStep(distance, scale))];
    }
  }
  int64_t within = 0;
  for (std::size_t step = 0; step <= kProfileSteps; ++step) {
    profile.within.push_back(within += first[step]);
  }
  return profile;
}

}  // namespace edge_int8

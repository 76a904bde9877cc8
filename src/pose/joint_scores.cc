#include "src/pose/joint_scores.h"

#include <cmath>
#include <cstddef>

#include "src/base/error.h"
#include "src/pose/pose_scale.h"

namespace edge_int8 {

double JointScore::Pck(int percent) const {
  if (samples == 0) return 0;
  return static_cast<double>(hits[PckIndex(percent)]) /
         static_cast<double>(samples);
}

std::vector<JointScore> ScoreJoints(std::span<const float> preds,
                                    std::span<const float> truths,
                                    const Metric& metric) {
  const std::size_t values = metric.pose_values();
  const auto dims = static_cast<std::size_t>(metric.dims);
  Check(preds.size() == truths.size() && preds.size() % values == 0,
        "predictions and targets must be as many whole poses");
  std::vector<JointScore> scores(values / dims);
  for (std::size_t at = 0; at < preds.size(); at += values) {
    const auto pred = preds.subspan(at, values);
    const auto truth = truths.subspan(at, values);
    const double scale = PoseScale(truth, metric);
    for (std::size_t joint = 0; joint < scores.size(); ++joint) {
      JointScore& score = scores[joint];
      const double distance = JointDistance(pred, joint, truth, joint, dims);
      ++score.samples;
      for (std::size_t k = 0; k < kPckThresholds; ++k) {
        if (distance <= kPckPercents[k] / 100.0 * scale) ++score.hits[k];
      }
      if (std::isfinite(distance)) score.error_sum += distance;
    }
  }
  return scores;
}

}  // namespace edge_int8

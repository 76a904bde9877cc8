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

std::array<JointScore, kScoredJoints> ScoreJoints(std::span<const float> preds,
                                                  std::span<const float> truths,
                                                  Normalization normalization) {
  Check(preds.size() == truths.size() && preds.size() % kPoseFloats == 0,
        "predictions and targets must be as many whole poses");
  std::array<JointScore, kScoredJoints> scores = {};
  for (std::size_t at = 0; at < preds.size(); at += kPoseFloats) {
    const auto pred = preds.subspan(at, kPoseFloats);
    const auto truth = truths.subspan(at, kPoseFloats);
    const double scale = PoseScale(truth, normalization);
    for (std::size_t joint = 0; joint < kScoredJoints; ++joint) {
      JointScore& score = scores[joint];
      const double distance = JointDistance(pred, joint, truth, joint);
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

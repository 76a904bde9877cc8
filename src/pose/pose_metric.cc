#include "src/pose/pose_metric.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/pose/pose_scale.h"

namespace edge_int8 {
namespace {

// Upstream's torso. Its code calls these neck and pelvis, its joint list
// disagrees; docs/metrics.md, "Which joints".
constexpr std::size_t kTorsoTop = 2;
constexpr std::size_t kTorsoBottom = 12;
// No person is smaller than this: a target of zeros would otherwise accept
// exact hits only.
constexpr double kSmallestScale = 0.01;
// One tenth of a data unit, so that PCK@k is k thousandths: k pixels in the
// public set.
constexpr double kAbsoluteScale = 0.1;

// sqrt of the sum and not std::hypot: IEEE 754 fixes every bit of these
// operations, so all machines agree. Finite float32 inputs can't overflow.
double Length(double x, double y) { return std::sqrt(x * x + y * y); }

double BoxDiagonal(std::span<const float> pose) {
  double low[2] = {pose[0], pose[1]};
  double high[2] = {pose[0], pose[1]};
  for (std::size_t i = 2; i < pose.size(); ++i) {
    low[i % 2] = std::min(low[i % 2], double{pose[i]});
    high[i % 2] = std::max(high[i % 2], double{pose[i]});
  }
  return Length(high[0] - low[0], high[1] - low[1]);
}

}  // namespace

double JointDistance(std::span<const float> a, std::size_t i,
                     std::span<const float> b, std::size_t j) {
  return Length(double{a[2 * i]} - double{b[2 * j]},
                double{a[2 * i + 1]} - double{b[2 * j + 1]});
}

double PoseScale(std::span<const float> truth, Normalization normalization) {
  double scale = kAbsoluteScale;
  if (normalization == Normalization::kTorso) {
    scale = JointDistance(truth, kTorsoTop, truth, kTorsoBottom);
  } else if (normalization == Normalization::kBoundingBox) {
    scale = std::ranges::all_of(truth, [](float v) { return std::isfinite(v); })
                ? BoxDiagonal(truth)
                : std::numeric_limits<double>::quiet_NaN();
  }
  if (!std::isfinite(scale)) return std::numeric_limits<double>::quiet_NaN();
  return std::max(scale, kSmallestScale);
}

std::string_view MetricId(Normalization normalization) {
  switch (normalization) {
    case Normalization::kTorso:
      return "torso-pck/1";
    case Normalization::kBoundingBox:
      return "bbox-pck/1";
    case Normalization::kAbsolute:
      return "abs-pck/1";
  }
  Check(false, "unknown normalization");
  return {};
}

std::string_view NormalizationName(Normalization normalization) {
  switch (normalization) {
    case Normalization::kTorso:
      return "torso";
    case Normalization::kBoundingBox:
      return "bbox";
    case Normalization::kAbsolute:
      return "absolute";
  }
  Check(false, "unknown normalization");
  return {};
}

PoseTally TallyPose(std::span<const float> pred, std::span<const float> truth,
                    Normalization normalization) {
  Check(pred.size() == kPoseFloats && truth.size() == kPoseFloats,
        "a pose is 15 joints of x and y");
  const double scale = PoseScale(truth, normalization);
  PoseTally tally;
  for (std::size_t joint = 0; joint < kScoredJoints; ++joint) {
    const double distance = JointDistance(pred, joint, truth, joint);
    for (std::size_t k = 0; k < kPckThresholds; ++k) {
      // False when either side is NaN, as it must be.
      if (distance <= kPckPercents[k] / 100.0 * scale) ++tally.hits[k];
    }
    // NaN and Inf coordinates always make the distance NaN or Inf.
    tally.finite = tally.finite && std::isfinite(distance);
    tally.error_sum += distance;
  }
  if (!tally.finite) tally.error_sum = 0;
  return tally;
}

std::vector<PoseTally> TallyPoses(std::span<const float> preds,
                                  std::span<const float> truths,
                                  Normalization normalization) {
  Check(preds.size() == truths.size() && preds.size() % kPoseFloats == 0,
        "predictions and targets must be as many whole poses");
  std::vector<PoseTally> tallies(preds.size() / kPoseFloats);
  ParallelFor(static_cast<int64_t>(tallies.size()), [&](int64_t i) {
    const std::size_t at = static_cast<std::size_t>(i);
    tallies[at] =
        TallyPose(preds.subspan(at * kPoseFloats, kPoseFloats),
                  truths.subspan(at * kPoseFloats, kPoseFloats), normalization);
  });
  return tallies;
}

std::size_t PckIndex(int percent) {
  const auto at = std::ranges::find(kPckPercents, percent);
  Check(at != kPckPercents.end(), "PCK is scored at 10, 20, 30, 40 and 50");
  return static_cast<std::size_t>(at - kPckPercents.begin());
}

double Score::Pck(int percent) const { return pck[PckIndex(percent)]; }

Score MergeTallies(std::span<const PoseTally> tallies) {
  if (tallies.empty()) {
    throw Error(ErrorKind::kBadInput,
                "no windows to score: this split and subset are empty");
  }
  Score score;
  score.samples = static_cast<int64_t>(tallies.size());
  std::array<int64_t, kPckThresholds> hits = {};
  double error_sum = 0;
  for (const PoseTally& tally : tallies) {
    for (std::size_t k = 0; k < kPckThresholds; ++k) hits[k] += tally.hits[k];
    if (!tally.finite) continue;
    ++score.finite_samples;
    error_sum += tally.error_sum;
  }
  const double joints = static_cast<double>(score.samples * kScoredJoints);
  for (std::size_t k = 0; k < kPckThresholds; ++k) {
    score.pck[k] = static_cast<double>(hits[k]) / joints;
  }
  if (score.finite_samples > 0) {
    score.mpjpe_finite =
        error_sum / static_cast<double>(score.finite_samples * kScoredJoints);
  }
  if (score.finite_samples == score.samples) score.mpjpe = score.mpjpe_finite;
  return score;
}

nlohmann::json ToJson(const Score& score) {
  nlohmann::json json = {{"samples", score.samples}};
  for (std::size_t k = 0; k < kPckThresholds; ++k) {
    json["pck@" + std::to_string(kPckPercents[k])] = score.pck[k];
  }
  json["mpjpe"] = nullptr;
  if (score.mpjpe) {
    json["mpjpe"] = *score.mpjpe;
    return json;
  }
  json["finite_samples"] = score.finite_samples;
  json["mpjpe_finite"] = nullptr;
  if (score.finite_samples > 0) json["mpjpe_finite"] = score.mpjpe_finite;
  return json;
}

std::vector<float> MeanPose(std::span<const float> targets) {
  Check(targets.size() % kPoseFloats == 0, "targets must be whole poses");
  std::array<double, kPoseFloats> sum = {};
  int64_t poses = 0;
  for (std::size_t at = 0; at < targets.size(); at += kPoseFloats) {
    const auto pose = targets.subspan(at, kPoseFloats);
    if (!std::ranges::all_of(pose, [](float v) { return std::isfinite(v); })) {
      continue;
    }
    ++poses;
    for (std::size_t i = 0; i < kPoseFloats; ++i) sum[i] += double{pose[i]};
  }
  if (poses == 0) return {};
  std::vector<float> mean(kPoseFloats);
  for (std::size_t i = 0; i < kPoseFloats; ++i) {
    mean[i] = static_cast<float>(sum[i] / static_cast<double>(poses));
  }
  return mean;
}

}  // namespace edge_int8

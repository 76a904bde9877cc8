#include "src/pose/pose_metric.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/pose/pose_scale.h"
#include "src/pose/procrustes.h"

namespace edge_int8 {
namespace {

// No person is smaller than this: a target of zeros would otherwise accept
// exact hits only. Upstream's torso, joints 2 and 12, is Metric's default pair;
// its code calls them neck and pelvis, its joint list disagrees
// (docs/metrics.md, "Which joints").
constexpr double kSmallestScale = 0.01;
// One tenth of a data unit, so that PCK@k is k thousandths: k pixels in the
// public set.
constexpr double kAbsoluteScale = 0.1;

// sqrt of the sum and not std::hypot: IEEE 754 fixes every bit of these
// operations, so all machines agree. Finite float32 inputs can't overflow.
double BoxDiagonal(std::span<const float> pose, std::size_t dims) {
  double squares = 0;
  for (std::size_t d = 0; d < dims; ++d) {
    double low = double{pose[d]};
    double high = low;
    for (std::size_t i = d; i < pose.size(); i += dims) {
      low = std::min(low, double{pose[i]});
      high = std::max(high, double{pose[i]});
    }
    squares += (high - low) * (high - low);
  }
  return std::sqrt(squares);
}

}  // namespace

double JointDistance(std::span<const float> a, std::size_t i,
                     std::span<const float> b, std::size_t j,
                     std::size_t dims) {
  double squares = 0;
  for (std::size_t d = 0; d < dims; ++d) {
    const double off = double{a[dims * i + d]} - double{b[dims * j + d]};
    squares += off * off;
  }
  return std::sqrt(squares);
}

double PoseScale(std::span<const float> truth, const Metric& metric) {
  const auto dims = static_cast<std::size_t>(metric.dims);
  double scale = kAbsoluteScale;
  double least = kSmallestScale;
  switch (metric.normalization) {
    case Normalization::kTorso:
    case Normalization::kPair:
      scale =
          JointDistance(truth, static_cast<std::size_t>(metric.pair[0]), truth,
                        static_cast<std::size_t>(metric.pair[1]), dims);
      least = metric.floor;
      break;
    case Normalization::kBoundingBox:
      scale =
          std::ranges::all_of(truth, [](float v) { return std::isfinite(v); })
              ? BoxDiagonal(truth, dims)
              : std::numeric_limits<double>::quiet_NaN();
      break;
    case Normalization::kAbsolute:
      break;
    case Normalization::kClasses:
      Check(false, "classes have no scale");
  }
  if (!std::isfinite(scale)) return std::numeric_limits<double>::quiet_NaN();
  return std::max(scale, least);
}

std::string_view MetricId(const Metric& metric) {
  switch (metric.normalization) {
    case Normalization::kTorso:
      return "torso-pck/1";
    case Normalization::kBoundingBox:
      return "bbox-pck/1";
    case Normalization::kAbsolute:
      return "abs-pck/1";
    case Normalization::kPair:
      return "pair-pck/1";
    case Normalization::kClasses:
      return "top1/1";
  }
  Check(false, "unknown normalization");
  return {};
}

std::string_view NormalizationName(const Metric& metric) {
  switch (metric.normalization) {
    case Normalization::kTorso:
      return "torso";
    case Normalization::kBoundingBox:
      return "bbox";
    case Normalization::kAbsolute:
      return "absolute";
    case Normalization::kPair:
      return "pair";
    case Normalization::kClasses:
      return "none";
  }
  Check(false, "unknown normalization");
  return {};
}

std::string MetricText(const Metric& metric) {
  if (metric.normalization != Normalization::kPair) {
    return std::string(MetricId(metric));
  }
  return fmt::format("{}({},{},{:g})", MetricId(metric), metric.pair[0],
                     metric.pair[1], metric.floor);
}

std::string_view PrimaryName(const Metric& metric) {
  return metric.is_classes() ? "top-1" : "PCK@20";
}

std::string_view ConstantName(const Metric& metric) {
  return metric.is_classes() ? "majority class" : "mean pose";
}

void WriteMetric(const Metric& metric, nlohmann::json& json) {
  json["metric"] = MetricId(metric);
  json["normalization"] = NormalizationName(metric);
  if (metric.normalization != Normalization::kPair) return;
  json["metric_parameters"] = {{"pair", metric.pair}, {"floor", metric.floor}};
}

PoseTally TallyPose(std::span<const float> pred, std::span<const float> truth,
                    const Metric& metric) {
  Check(pred.size() == metric.pose_values() &&
            truth.size() == metric.pose_values(),
        "a pose is as many joints and coordinates as its metric says");
  const double scale = PoseScale(truth, metric);
  const auto dims = static_cast<std::size_t>(metric.dims);
  PoseTally tally;
  tally.joints = metric.joints;
  for (std::size_t joint = 0; joint < pred.size() / dims; ++joint) {
    const double distance = JointDistance(pred, joint, truth, joint, dims);
    for (std::size_t k = 0; k < kPckThresholds; ++k) {
      // False when either side is NaN, as it must be.
      if (distance <= kPckPercents[k] / 100.0 * scale) ++tally.hits[k];
    }
    // NaN and Inf coordinates always make the distance NaN or Inf.
    tally.finite = tally.finite && std::isfinite(distance);
    tally.error_sum += distance;
  }
  if (tally.finite) {
    tally.aligned_sum = AlignedErrorSum(pred, truth, metric.dims);
  } else {
    tally.error_sum = 0;
  }
  return tally;
}

std::vector<PoseTally> TallyPoses(std::span<const float> preds,
                                  std::span<const float> truths,
                                  const Metric& metric) {
  const std::size_t values = metric.pose_values();
  Check(preds.size() == truths.size() && preds.size() % values == 0,
        "predictions and targets must be as many whole poses");
  std::vector<PoseTally> tallies(preds.size() / values);
  ParallelFor(static_cast<int64_t>(tallies.size()), [&](int64_t i) {
    const std::size_t at = static_cast<std::size_t>(i);
    tallies[at] = TallyPose(preds.subspan(at * values, values),
                            truths.subspan(at * values, values), metric);
  });
  return tallies;
}

std::optional<int> AnswerOf(std::span<const float> scores) {
  if (std::ranges::any_of(scores, [](float s) { return std::isnan(s); })) {
    return std::nullopt;
  }
  return static_cast<int>(std::ranges::max_element(scores) - scores.begin());
}

PoseTally TallyClass(std::span<const float> scores, int truth) {
  PoseTally tally;
  tally.is_class = true;
  tally.joints = 1;
  const std::optional<int> answer = AnswerOf(scores);
  tally.finite = answer.has_value();
  if (answer == truth) tally.hits.fill(1);
  return tally;
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
  int64_t joints = 0;
  int64_t finite_joints = 0;
  double error_sum = 0;
  double aligned_sum = 0;
  for (const PoseTally& tally : tallies) {
    for (std::size_t k = 0; k < kPckThresholds; ++k) hits[k] += tally.hits[k];
    joints += tally.joints;
    if (!tally.finite) continue;
    ++score.finite_samples;
    finite_joints += tally.joints;
    error_sum += tally.error_sum;
    aligned_sum += tally.aligned_sum;
  }
  for (std::size_t k = 0; k < kPckThresholds; ++k) {
    score.pck[k] = static_cast<double>(hits[k]) / static_cast<double>(joints);
  }
  if (finite_joints > 0) {
    score.mpjpe_finite = error_sum / static_cast<double>(finite_joints);
  }
  score.classes = tallies.front().is_class;
  if (score.finite_samples == score.samples && !score.classes) {
    score.mpjpe = score.mpjpe_finite;
    score.pa_mpjpe = aligned_sum / static_cast<double>(finite_joints);
  }
  return score;
}

nlohmann::json ToJson(const Score& score) {
  nlohmann::json json = {{"samples", score.samples}};
  if (score.classes) {
    json["top1"] = score.Top1();
    json["finite_samples"] = score.finite_samples;
    return json;
  }
  for (std::size_t k = 0; k < kPckThresholds; ++k) {
    json["pck@" + std::to_string(kPckPercents[k])] = score.pck[k];
  }
  json["mpjpe"] = nullptr;
  json["pa_mpjpe"] = nullptr;
  if (score.mpjpe) {
    json["mpjpe"] = *score.mpjpe;
    if (score.pa_mpjpe) json["pa_mpjpe"] = *score.pa_mpjpe;
    return json;
  }
  json["finite_samples"] = score.finite_samples;
  json["mpjpe_finite"] = nullptr;
  if (score.finite_samples > 0) json["mpjpe_finite"] = score.mpjpe_finite;
  return json;
}

std::vector<float> MeanPose(std::span<const float> targets,
                            const Metric& metric) {
  const std::size_t values = metric.pose_values();
  Check(targets.size() % values == 0, "targets must be whole poses");
  std::vector<double> sum(values);
  int64_t poses = 0;
  for (std::size_t at = 0; at < targets.size(); at += values) {
    const auto pose = targets.subspan(at, values);
    if (!std::ranges::all_of(pose, [](float v) { return std::isfinite(v); })) {
      continue;
    }
    ++poses;
    for (std::size_t i = 0; i < values; ++i) sum[i] += double{pose[i]};
  }
  if (poses == 0) return {};
  std::vector<float> mean(values);
  for (std::size_t i = 0; i < values; ++i) {
    mean[i] = static_cast<float>(sum[i] / static_cast<double>(poses));
  }
  return mean;
}

}  // namespace edge_int8

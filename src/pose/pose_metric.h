// The locked metrics. docs/metrics.md is normative; a change here is a new
// metric id. Tested by pose_metric_test.cc (hand-computed cases),
// upstream_metric_test.cc (the original code's numbers) and pair_metric_test.cc
// (NumPy's).
//
//   PCK@k  = share of joints with |pred - truth| <= k/100 * scale
//   scale  = max(|truth[a] - truth[b]|, floor), for torso-pck/1 joints 2 and 12
//            and 0.01
//   MPJPE  = mean of |pred - truth| over windows and joints, data's units
//   top-1  = share of windows whose largest score is the class
//
// One flat mean over all windows and joints; distances and thresholds in double
// from float32 inputs; a prediction or a truth that is not finite is wrong.
#ifndef EDGE_INT8_SRC_POSE_POSE_METRIC_H_
#define EDGE_INT8_SRC_POSE_POSE_METRIC_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edge_int8 {

// Upstream's pose: joints, each x and y. A test ties it to the data's kJoints.
inline constexpr int kScoredJoints = 15;
inline constexpr std::size_t kPoseFloats = kScoredJoints * 2;
inline constexpr int kPckThresholds = 5;
inline constexpr std::array<int, kPckThresholds> kPckPercents = {10, 20, 30, 40,
                                                                 50};
// Place of `percent` in kPckPercents; it must be one of them.
std::size_t PckIndex(int percent);

// How the distance that scales the thresholds is found; kClasses has none: an
// answer is a class. Each is a metric of its own id and they never share a
// table.
enum class Normalization { kTorso, kBoundingBox, kAbsolute, kPair, kClasses };

// A metric with its parameters, and with how large an answer it is of.
struct Metric {
  Normalization normalization = Normalization::kTorso;
  int joints = kScoredJoints;
  int dims = 2;  // 2 or 3
  // kTorso and kPair: the joints whose distance is the scale, and the least
  // scale.
  std::array<int, 2> pair = {2, 12};
  double floor = 0.01;
  int classes = 0;  // kClasses: labels are in [0, classes)

  Metric() = default;
  // Of upstream's 15 joints in 2-D.
  Metric(Normalization of) : normalization(of) {}  // NOLINT: by intent
  bool is_classes() const { return normalization == Normalization::kClasses; }
  // Values of one pose.
  std::size_t pose_values() const {
    return static_cast<std::size_t>(joints) * static_cast<std::size_t>(dims);
  }
  bool operator==(const Metric&) const = default;
};

// "torso-pck/1", "bbox-pck/1", "abs-pck/1", "pair-pck/1", "top1/1"; "torso",
// "bbox", "absolute", "pair", "none".
std::string_view MetricId(const Metric& metric);
std::string_view NormalizationName(const Metric& metric);
// The id with what a pair metric depends on: "pair-pck/1(5,12,0.01)".
std::string MetricText(const Metric& metric);
// What models are compared by: "PCK@20" or "top-1".
std::string_view PrimaryName(const Metric& metric);
// What the constant baseline is: "mean pose" or "majority class".
std::string_view ConstantName(const Metric& metric);
// The keys that stand beside every score: metric, normalization and, of a pair
// metric, metric_parameters {pair, floor}.
void WriteMetric(const Metric& metric, nlohmann::json& json);

// One window's part of the score. Integer counts and doubles per window, so
// that merging in window order gives the same bits for any thread count. A
// class is one "joint" that is within every threshold or none, so that
// intervals, limits and verdicts over PCK are ones over top-1 accuracy.
struct PoseTally {
  std::array<int32_t, kPckThresholds> hits = {};  // joints within each
  int32_t joints = kScoredJoints;                 // that were judged
  bool is_class = false;
  bool finite = true;      // every coordinate of prediction and truth is
  double error_sum = 0;    // sum of the joints' distances, if finite
  double aligned_sum = 0;  // of those left by the best similarity transform
};

// pred and truth are metric.joints x metric.dims floats.
PoseTally TallyPose(std::span<const float> pred, std::span<const float> truth,
                    const Metric& metric = {});

// TallyPose of each pose of two arrays [n][joints][dims], on all threads.
std::vector<PoseTally> TallyPoses(std::span<const float> preds,
                                  std::span<const float> truths,
                                  const Metric& metric = {});

// `scores` is one window's output: the answer is the first largest value, and
// none when a value is NaN.
std::optional<int> AnswerOf(std::span<const float> scores);
PoseTally TallyClass(std::span<const float> scores, int truth);

struct Score {
  int64_t samples = 0;
  // Fractions, by kPckPercents; of classes, top-1 accuracy in each place.
  std::array<double, kPckThresholds> pck = {};
  std::optional<double> mpjpe;     // null if any is not finite
  std::optional<double> pa_mpjpe;  // likewise; pa-mpjpe/1, procrustes.h
  int64_t finite_samples = 0;
  double mpjpe_finite = 0;        // over finite windows; 0 if there are none
  bool classes = false;           // a score of classes: no joints, no errors
  double Pck(int percent) const;  // 10, 20, ... 50
  double Top1() const { return pck.front(); }
};

// Merges tallies in the order given. Throws kBadInput when there are none: an
// empty split has no score.
Score MergeTallies(std::span<const PoseTally> tallies);

// {samples, pck@10 .. pck@50, mpjpe, pa_mpjpe}, and {finite_samples,
// mpjpe_finite} beside a null mpjpe. Of classes {samples, top1,
// finite_samples}.
nlohmann::json ToJson(const Score& score);

// Mean pose of `targets` ([n][joints][dims]), summed in double in the order
// given: the baseline that a constant predictor can reach. Poses that are not
// finite are left out; empty when none is left.
std::vector<float> MeanPose(std::span<const float> targets,
                            const Metric& metric = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_POSE_METRIC_H_

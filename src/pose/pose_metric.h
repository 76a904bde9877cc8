// The locked metric: torso-PCK and MPJPE. docs/metrics.md is normative; a
// change here is a new metric id. Tested by pose_metric_test.cc (hand-computed
// cases) and upstream_metric_test.cc (the original code's numbers).
//
//   PCK@k  = share of joints with |pred - truth| <= k/100 * torso
//   torso  = max(|truth[2] - truth[12]|, 0.01)
//   MPJPE  = mean of |pred - truth| over windows and joints, data's units
//
// One flat mean over all windows and joints; distances and thresholds in double
// from float32 inputs; a prediction or a truth that is not finite is wrong.
#ifndef EDGE_INT8_SRC_METRICS_POSE_METRIC_H_
#define EDGE_INT8_SRC_METRICS_POSE_METRIC_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace edge_int8 {

// Joints of a pose, each x and y. A test ties it to the data's kJoints.
inline constexpr int kScoredJoints = 15;
inline constexpr std::size_t kPoseFloats = kScoredJoints * 2;
inline constexpr int kPckThresholds = 5;
inline constexpr std::array<int, kPckThresholds> kPckPercents = {10, 20, 30, 40,
                                                                 50};
// Place of `percent` in kPckPercents; it must be one of them.
std::size_t PckIndex(int percent);

// How the distance that scales the thresholds is found. Each is a metric of its
// own id and they never share a table.
enum class Normalization { kTorso, kBoundingBox, kAbsolute };
// "torso-pck/1", "bbox-pck/1", "abs-pck/1"; "torso", "bbox", "absolute".
std::string_view MetricId(Normalization normalization);
std::string_view NormalizationName(Normalization normalization);

// One window's part of the score. Integer counts and one double per window, so
// that merging in window order gives the same bits for any thread count.
struct PoseTally {
  std::array<uint8_t, kPckThresholds> hits = {};  // joints within each, 0..15
  bool finite = true;    // every coordinate of prediction and truth is
  double error_sum = 0;  // sum of the joints' distances, if finite
};

// pred and truth are kScoredJoints x 2 floats.
PoseTally TallyPose(std::span<const float> pred, std::span<const float> truth,
                    Normalization normalization = Normalization::kTorso);

// TallyPose of each pose of two arrays [n][15][2], on all threads.
std::vector<PoseTally> TallyPoses(
    std::span<const float> preds, std::span<const float> truths,
    Normalization normalization = Normalization::kTorso);

struct Score {
  int64_t samples = 0;
  std::array<double, kPckThresholds> pck = {};  // fractions, by kPckPercents
  std::optional<double> mpjpe;                  // null if any is not finite
  int64_t finite_samples = 0;
  double mpjpe_finite = 0;        // over finite windows; 0 if there are none
  double Pck(int percent) const;  // 10, 20, ... 50
};

// Merges tallies in the order given. Throws kBadInput when there are none: an
// empty split has no score.
Score MergeTallies(std::span<const PoseTally> tallies);

// {samples, pck@10 .. pck@50, mpjpe}, and {finite_samples, mpjpe_finite} beside
// a null mpjpe.
nlohmann::json ToJson(const Score& score);

// Mean pose of `targets` ([n][15][2]), summed in double in the order given: the
// baseline that a constant predictor can reach. Poses that are not finite are
// left out; empty when none is left.
std::vector<float> MeanPose(std::span<const float> targets);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_METRICS_POSE_METRIC_H_

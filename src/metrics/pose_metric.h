// The locked metric: torso-PCK and MPJPE. docs/metrics.md is normative; a
// change here is a new metric id. Tested by pose_metric_test.cc against
// upstream's numbers and hand-computed cases.
//
//   PCK@k  = share of joints with |pred - truth| <= k/100 * torso
//   torso  = max(|truth[2] - truth[12]|, 0.01)
//   MPJPE  = mean of |pred - truth| over windows and joints, data's units
//
// One flat mean over all windows and joints; distances and thresholds in double
// from float32 inputs; a NaN prediction counts as wrong.
#ifndef EDGE_INT8_SRC_METRICS_POSE_METRIC_H_
#define EDGE_INT8_SRC_METRICS_POSE_METRIC_H_

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace edge_int8 {

inline constexpr int kPckThresholds = 5;
inline constexpr std::array<int, kPckThresholds> kPckPercents = {10, 20, 30, 40,
                                                                 50};

// How the distance that scales the thresholds is found. Each is a metric of its
// own id and they never share a table.
enum class Normalization { kTorso, kBoundingBox, kAbsolute };
std::string_view MetricId(Normalization normalization);
std::string_view NormalizationName(Normalization normalization);

// One window's part of the score. Integer counts and one double per window, so
// that merging in window order gives the same bits for any thread count.
struct PoseTally {
  std::array<uint8_t, kPckThresholds> hits = {};  // joints within each, 0..15
  bool finite = true;                             // every coordinate is
  double error_sum = 0;  // sum of the joints' distances, if finite
};

// pred and truth are kJoints x 2 floats.
PoseTally TallyPose(std::span<const float> pred, std::span<const float> truth,
                    Normalization normalization = Normalization::kTorso);

struct Score {
  int64_t samples = 0;
  std::array<double, kPckThresholds> pck = {};  // fractions, by kPckPercents
  std::optional<double> mpjpe;                  // null if any is not finite
  int64_t finite_samples = 0;
  double mpjpe_finite = 0;  // over finite windows
  double Pck(int percent) const;  // 10, 20, ... 50
};

// Merges tallies in the order given.
Score MergeTallies(std::span<const PoseTally> tallies);

// {samples, pck@10 .. pck@50, mpjpe[, finite_samples, mpjpe_finite]}
nlohmann::json ToJson(const Score& score);

// Mean pose of `targets` ([n][15][2]), summed in double in the order given: the
// baseline that a constant predictor can reach.
std::vector<float> MeanPose(std::span<const float> targets);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_METRICS_POSE_METRIC_H_

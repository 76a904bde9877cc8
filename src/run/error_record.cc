// errors.json. Declared in bench_record.h.
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "src/base/error.h"
#include "src/pose/error_profile.h"
#include "src/pose/joint_scores.h"
#include "src/pose/pose_scale.h"
#include "src/run/bench_record.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

constexpr Normalization kNorm = Normalization::kTorso;

json Shares(const JointScore& score) {
  json j;
  for (const int percent : kPckPercents) {
    j["pck@" + std::to_string(percent)] = score.Pck(percent);
  }
  return j;
}

// The model's x and the reference's y, or the other way round: what one
// coordinate alone costs.
std::vector<float> Mixed(std::span<const float> poses,
                         std::span<const float> reference, std::size_t axis) {
  std::vector<float> mixed(reference.begin(), reference.end());
  for (std::size_t i = axis; i < mixed.size(); i += 2) mixed[i] = poses[i];
  return mixed;
}

json JointsJson(std::span<const float> poses, std::span<const float> reference,
                std::span<const float> truth) {
  const auto both = ScoreJoints(poses, truth, kNorm);
  const auto x = ScoreJoints(Mixed(poses, reference, 0), truth, kNorm);
  const auto y = ScoreJoints(Mixed(poses, reference, 1), truth, kNorm);
  json joints = json::array();
  for (std::size_t i = 0; i < kScoredJoints; ++i) {
    json j = Shares(both[i]);
    j["index"] = i;
    j["x"] = Shares(x[i]);
    j["y"] = Shares(y[i]);
    joints.push_back(std::move(j));
  }
  return joints;
}

json ModelJson(const std::string& label, const std::string& title,
               std::span<const float> poses, const BenchRecord& record) {
  const ErrorProfile profile = ProfileErrors(poses, record.truth, kNorm);
  return {
      {"label", label},
      {"title", title},
      {"within", profile.within},
      {"joints", JointsJson(poses, record.models.front().poses, record.truth)}};
}

double ClosestPair(std::span<const float> pose) {
  double closest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < kJoints; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      closest = std::min(closest, JointDistance(pose, i, pose, j));
    }
  }
  return closest / PoseScale(pose, kNorm);
}

}  // namespace

std::vector<float> MostSpreadPose(std::span<const float> truth) {
  Check(truth.size() >= kPoseValues, "a pose is needed");
  std::size_t best = 0;
  double widest = -1;
  for (std::size_t at = 0; at < truth.size(); at += kPoseValues) {
    const double spread = ClosestPair(truth.subspan(at, kPoseValues));
    if (!(spread > widest)) continue;  // NaN never wins.
    widest = spread;
    best = at;
  }
  const auto pose = truth.subspan(best, kPoseValues);
  return {pose.begin(), pose.end()};
}

json ErrorsJson(const BenchRecord& record) {
  Check(!record.models.empty(), "errors are of a model");
  json models = json::array();
  for (const ModelPoses& model : record.models) {
    models.push_back(ModelJson(model.label, model.title, model.poses, record));
  }
  std::vector<float> constant;
  constant.reserve(record.truth.size());
  for (std::size_t n = 0; n < record.windows.size(); ++n) {
    constant.insert(constant.end(), record.mean_pose.begin(),
                    record.mean_pose.end());
  }
  models.push_back(ModelJson("mean_pose", "mean pose", constant, record));
  return {{"metric", MetricId(kNorm)},
          {"normalization", NormalizationName(kNorm)},
          {"split", SplitName(Split::kTest)},
          {"subset", SubsetName(Subset::kClean)},
          {"windows", record.windows.size()},
          {"threshold_step", 0.5},
          {"example_pose", MostSpreadPose(record.truth)},
          {"models", models}};
}

}  // namespace edge_int8

// errors.json. Declared in bench_record.h.
#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/pose/error_profile.h"
#include "src/pose/joint_scores.h"
#include "src/pose/pose_scale.h"
#include "src/run/bench_record.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

// A matrix of more classes can't be looked at.
constexpr int kMostConfusedClasses = 64;

json Shares(const JointScore& score) {
  json j;
  for (const int percent : kPckPercents) {
    j["pck@" + std::to_string(percent)] = score.Pck(percent);
  }
  return j;
}

// The model's values of one axis and the reference's of the others: what that
// coordinate alone costs.
std::vector<float> Mixed(std::span<const float> poses,
                         std::span<const float> reference, std::size_t axis,
                         std::size_t dims) {
  std::vector<float> mixed(reference.begin(), reference.end());
  for (std::size_t i = axis; i < mixed.size(); i += dims) mixed[i] = poses[i];
  return mixed;
}

json JointsJson(std::span<const float> poses, std::span<const float> reference,
                const WindowTargets& truth) {
  const Metric& metric = truth.metric;
  const auto dims = AsSize(metric.dims);
  const auto whole = ScoreJoints(poses, truth.poses, metric);
  json joints = json::array();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    joints.push_back(Shares(whole[i]));
    joints.back()["index"] = i;
  }
  for (std::size_t axis = 0; axis < dims; ++axis) {
    const auto scores =
        ScoreJoints(Mixed(poses, reference, axis, dims), truth.poses, metric);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      joints[i][kAxisNames[axis]] = Shares(scores[i]);
    }
  }
  return joints;
}

// [truth][answer], counts; an answer that is NaN is in no column.
json ConfusionJson(std::span<const float> scores, const WindowTargets& truth) {
  const auto classes = AsSize(truth.metric.classes);
  std::vector<std::vector<int64_t>> counts(classes,
                                           std::vector<int64_t>(classes));
  const std::size_t width = scores.size() / truth.labels.size();
  for (std::size_t n = 0; n < truth.labels.size(); ++n) {
    const std::optional<int> answer =
        AnswerOf(scores.subspan(n * width, width));
    if (answer && *answer < truth.metric.classes) {
      ++counts[AsSize(truth.labels[n])][AsSize(*answer)];
    }
  }
  return counts;
}

json ModelJson(const ModelPoses& model, const BenchRecord& record) {
  json j = {{"label", model.label}, {"title", model.title}};
  if (record.truth.metric.is_classes()) {
    if (record.truth.metric.classes <= kMostConfusedClasses) {
      j["confusion"] = ConfusionJson(model.poses, record.truth);
    }
    return j;
  }
  j["within"] =
      ProfileErrors(model.poses, record.truth.poses, record.truth.metric)
          .within;
  j["joints"] =
      JointsJson(model.poses, record.models.front().poses, record.truth);
  return j;
}

double ClosestPair(std::span<const float> pose, const Metric& metric) {
  const auto dims = AsSize(metric.dims);
  double closest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < pose.size() / dims; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      closest = std::min(closest, JointDistance(pose, i, pose, j, dims));
    }
  }
  return closest / PoseScale(pose, metric);
}

}  // namespace

std::vector<float> MostSpreadPose(std::span<const float> truth,
                                  const Metric& metric) {
  const std::size_t values = metric.pose_values();
  Check(truth.size() >= values, "a pose is needed");
  std::size_t best = 0;
  double widest = -1;
  for (std::size_t at = 0; at < truth.size(); at += values) {
    const double spread = ClosestPair(truth.subspan(at, values), metric);
    if (!(spread > widest)) continue;  // NaN never wins.
    widest = spread;
    best = at;
  }
  const auto pose = truth.subspan(best, values);
  return {pose.begin(), pose.end()};
}

json ErrorsJson(const Dataset& dataset, const BenchRecord& record) {
  Check(!record.models.empty(), "errors are of a model");
  const Metric& metric = record.truth.metric;
  json models = json::array();
  for (const ModelPoses& model : record.models) {
    models.push_back(ModelJson(model, record));
  }
  ModelPoses constant{"mean_pose", std::string(ConstantName(metric)), {}};
  for (std::size_t n = 0; n < record.windows.size(); ++n) {
    constant.poses.insert(constant.poses.end(), record.mean_pose.begin(),
                          record.mean_pose.end());
  }
  models.push_back(ModelJson(constant, record));
  json errors = {{"split", SplitName(Split::kTest)},
                 {"split_id", dataset.split_id()},
                 {"subset", SubsetName(Subset::kClean)},
                 {"windows", record.windows.size()},
                 {"models", models}};
  WriteMetric(metric, errors);
  if (metric.is_classes()) {
    errors["classes"] = metric.classes;
    errors["names"] = dataset.task().classes;
    return errors;
  }
  errors["threshold_step"] = 0.5;
  errors["dims"] = metric.dims;
  errors["skeleton"] = dataset.task().skeleton;
  errors["joint_names"] = dataset.task().joints;
  errors["example_pose"] = MostSpreadPose(record.truth.poses, metric);
  return errors;
}

}  // namespace edge_int8

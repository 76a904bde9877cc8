#include "src/pose/pairs_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/pose/pairs_description.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void FailJson(const fs::path& folder, std::string_view what) {
  FailInput((folder / kPairsFile).string(), what);
}

bool IsInteger(NpyType type) {
  switch (type) {
    case NpyType::kInt8:
    case NpyType::kInt16:
    case NpyType::kInt32:
    case NpyType::kInt64:
    case NpyType::kUint8:
    case NpyType::kUint16:
    case NpyType::kUint32:
    case NpyType::kUint64:
      return true;
    default:
      return false;
  }
}

// The metric asked for, or where none is: bbox-pck/1, which needs no joint of
// a certain meaning; of a single joint, which has no box, abs-pck/1.
Normalization PoseNormalization(const fs::path& folder,
                                const PairsDescription& d, int joints,
                                int dims) {
  if (d.metric_id == "pair-pck/1") return Normalization::kPair;
  if (d.metric_id == "bbox-pck/1") return Normalization::kBoundingBox;
  if (d.metric_id == "abs-pck/1") return Normalization::kAbsolute;
  if (d.metric_id == "torso-pck/1") {
    if (joints == kScoredJoints && dims == 2) return Normalization::kTorso;
    FailJson(folder,
             fmt::format("/metric/id torso-pck/1 is of 15 joints in 2-D, and y "
                         "has {} in {}-D; pair-pck/1 names two joints",
                         joints, dims));
  }
  if (d.metric_id.empty() || d.metric_id == "mpjpe/1" ||
      d.metric_id == "pa-mpjpe/1") {
    return joints > 1 ? Normalization::kBoundingBox : Normalization::kAbsolute;
  }
  FailJson(folder,
           fmt::format("/metric/id is '{}', expected of poses pair-pck/1, "
                       "torso-pck/1, bbox-pck/1 or abs-pck/1",
                       d.metric_id));
}

Metric PoseMetric(const fs::path& folder, const PairsDescription& d, int joints,
                  int dims) {
  Metric metric(PoseNormalization(folder, d, joints, dims));
  metric.joints = joints;
  metric.dims = dims;
  if (metric.normalization != Normalization::kPair) return metric;
  if (!d.pair)
    FailJson(folder, "/metric lacks 'pair', the two joints' indices");
  for (const int joint : *d.pair) {
    if (joint < joints) continue;
    FailJson(folder,
             fmt::format("/metric/pair names joint {} of {}", joint, joints));
  }
  if ((*d.pair)[0] == (*d.pair)[1]) {
    FailJson(folder, "/metric/pair names one joint twice");
  }
  metric.pair = *d.pair;
  metric.floor = d.floor;
  return metric;
}

void CheckSkeleton(const fs::path& folder, const PairsDescription& d,
                   int joints) {
  if (!d.joints.empty() && std::ssize(d.joints) != joints) {
    FailJson(folder, fmt::format("/joints names {} joints, and y has {}",
                                 d.joints.size(), joints));
  }
  for (const auto& [a, b] : d.skeleton) {
    if (a < joints && b < joints) continue;
    FailJson(folder, fmt::format("/skeleton joins {} and {}, and y has {} "
                                 "joints",
                                 a, b, joints));
  }
}

void ReadPoses(const fs::path& folder, const PairsDescription& d,
               const NpyView& y, DatasetContents& contents) {
  constexpr int64_t kMostJoints = 100000;
  const Shape& shape = y.shape();
  if (shape.size() != 3 || shape[1] < 1 || shape[1] > kMostJoints ||
      (shape[2] != 2 && shape[2] != 3)) {
    y.Fail(fmt::format(
        "has shape {}, expected poses [{}, joints, 2 or 3], or "
        "integer classes [{}]",
        ShapeText(shape), contents.windows->size(), contents.windows->size()));
  }
  const int joints = static_cast<int>(shape[1]);
  CheckSkeleton(folder, d, joints);
  if (!d.classes.empty()) {
    FailJson(folder, "/classes names classes, and y holds poses");
  }
  contents.task.metric =
      PoseMetric(folder, d, joints, static_cast<int>(shape[2]));
  contents.task.joints = d.joints;
  contents.task.skeleton = d.skeleton;
  contents.targets.poses = y.Floats();
  const auto bad = std::ranges::find_if(
      contents.targets.poses, [](float v) { return !std::isfinite(v); });
  if (bad == contents.targets.poses.end()) return;
  const int64_t values = shape[1] * shape[2];
  y.Fail(fmt::format("the pose of window {} holds a value that is not finite",
                     (bad - contents.targets.poses.begin()) / values));
}

void ReadClasses(const fs::path& folder, const PairsDescription& d,
                 const NpyView& y, DatasetContents& contents) {
  if (!d.metric_id.empty() && d.metric_id != "top1/1") {
    FailJson(folder, fmt::format("/metric/id is '{}', and y holds classes, "
                                 "which top1/1 scores",
                                 d.metric_id));
  }
  y.ExpectShape({contents.windows->size()});
  constexpr int64_t kMostClasses = 1000000;
  const int64_t most = d.classes.empty() ? kMostClasses : std::ssize(d.classes);
  int64_t largest = 0;
  const std::vector<int64_t> labels = y.Integers();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || labels[i] >= most) {
      y.Fail(fmt::format("window {} is of class {}, expected 0 to {}", i,
                         labels[i], most - 1));
    }
    largest = std::max(largest, labels[i]);
    contents.targets.labels.push_back(static_cast<int>(labels[i]));
  }
  contents.task.metric = Metric(Normalization::kClasses);
  contents.task.metric.classes =
      static_cast<int>(d.classes.empty() ? std::max<int64_t>(largest + 1, 2)
                                         : std::ssize(d.classes));
  contents.task.metric.joints = 1;
  contents.task.classes = d.classes;
}

void ReadTargets(const fs::path& folder, const PairsDescription& d,
                 DatasetContents& contents) {
  const MappedNpy file(folder / d.y);
  const NpyView& y = file.view();
  if (y.shape().empty() || y.shape()[0] != contents.windows->size()) {
    y.Fail(fmt::format("has shape {}, and {} holds {} windows",
                       ShapeText(y.shape()), d.x, contents.windows->size()));
  }
  if (IsInteger(y.type())) {
    ReadClasses(folder, d, y, contents);
  } else {
    ReadPoses(folder, d, y, contents);
  }
  contents.targets.metric = contents.task.metric;
}

// Names by place among the distinct ids; where there are more names than ids
// (a part of a larger set), by the id itself.
std::vector<std::string> NamesOf(const fs::path& folder,
                                 const PairsDescription& d,
                                 const std::vector<int64_t>& distinct) {
  std::vector<std::string> names;
  const auto given = std::ssize(d.group_names);
  if (given == 0) {
    for (const int64_t id : distinct) names.push_back(fmt::format("{}", id));
    return names;
  }
  if (given == std::ssize(distinct)) return d.group_names;
  for (const int64_t id : distinct) {
    if (id < 0 || id >= given) {
      FailJson(folder,
               fmt::format("/group_names has {} names; {} holds {} distinct "
                           "groups, of which {} has no name",
                           given, d.groups, distinct.size(), id));
    }
    names.push_back(d.group_names[AsSize(id)]);
  }
  return names;
}

void ReadGroups(const fs::path& folder, const PairsDescription& d,
                DatasetContents& contents) {
  std::vector<int64_t> groups;
  if (d.groups.empty()) {
    for (int64_t i = 0; i < contents.windows->size(); ++i) groups.push_back(i);
  } else {
    const MappedNpy file(folder / d.groups);
    file.view().ExpectShape({contents.windows->size()});
    groups = file.view().Integers();
  }
  std::vector<int64_t> distinct = groups;
  std::ranges::sort(distinct);
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  contents.file_names = NamesOf(folder, d, distinct);
  contents.window_file_index.reserve(groups.size());
  for (const int64_t id : groups) {
    const auto place = std::ranges::lower_bound(distinct, id);
    contents.window_file_index.push_back(
        static_cast<int>(place - distinct.begin()));
  }
}

}  // namespace

DatasetContents ReadPairsLayout(const fs::path& folder) {
  const PairsDescription d = ReadPairsDescription(folder);
  DatasetContents contents;
  contents.windows = std::make_unique<WindowArray>(folder / d.x, d.x_scale);
  const int64_t windows = contents.windows->size();
  if (windows == 0) contents.windows->view().Fail("holds no windows");
  if (windows > std::numeric_limits<int>::max()) {
    contents.windows->view().Fail("holds more than 2^31 - 1 windows");
  }
  contents.window_file = d.x;
  contents.target_mode = TargetMode::kPairs;
  contents.synthetic = d.synthetic;
  contents.task.window = contents.windows->window();
  contents.task.unit = d.unit;
  ReadTargets(folder, d, contents);
  ReadGroups(folder, d, contents);
  return contents;
}

}  // namespace edge_int8

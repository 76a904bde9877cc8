#include "src/pose/window_targets.h"

#include <algorithm>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/parallel.h"

namespace edge_int8 {

std::size_t WindowTargets::size() const {
  return metric.is_classes() ? labels.size()
                             : poses.size() / metric.pose_values();
}

void WindowTargets::Append(const WindowTargets& others, int64_t window) {
  if (metric.is_classes()) {
    labels.push_back(others.labels[AsSize(window)]);
    return;
  }
  const std::size_t values = metric.pose_values();
  const std::span<const float> pose =
      std::span(others.poses).subspan(AsSize(window) * values, values);
  poses.insert(poses.end(), pose.begin(), pose.end());
}

WindowTargets WindowTargets::Pick(std::span<const int64_t> places) const {
  WindowTargets picked{metric, {}, {}};
  if (!metric.is_classes()) {
    picked.poses.reserve(places.size() * metric.pose_values());
  }
  for (const int64_t place : places) picked.Append(*this, place);
  return picked;
}

std::vector<PoseTally> WindowTargets::Tally(
    std::span<const float> outputs) const {
  if (!metric.is_classes()) return TallyPoses(outputs, poses, metric);
  Check(!labels.empty() && outputs.size() % labels.size() == 0,
        "every window has as many scores");
  const std::size_t width = outputs.size() / labels.size();
  std::vector<PoseTally> tallies(labels.size());
  ParallelFor(std::ssize(tallies), [&](int64_t i) {
    const std::size_t at = AsSize(i);
    tallies[at] = TallyClass(outputs.subspan(at * width, width), labels[at]);
  });
  return tallies;
}

std::vector<float> WindowTargets::ConstantAnswer() const {
  if (!metric.is_classes()) return MeanPose(poses, metric);
  if (labels.empty()) return {};
  std::vector<int64_t> counts(AsSize(metric.classes));
  for (const int label : labels) ++counts[AsSize(label)];
  std::vector<float> answer(counts.size());
  answer[AsSize(std::ranges::max_element(counts) - counts.begin())] = 1;
  return answer;
}

}  // namespace edge_int8

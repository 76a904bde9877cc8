// What is true of some windows of a data set, poses or classes, and the one
// place where a model's answers are held against it. Tested by
// window_targets_test.cc.
#ifndef EDGE_INT8_SRC_POSE_WINDOW_TARGETS_H_
#define EDGE_INT8_SRC_POSE_WINDOW_TARGETS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "src/pose/pose_metric.h"

namespace edge_int8 {

struct WindowTargets {
  Metric metric;
  std::vector<float> poses;  // [n][joints][dims]; empty of classes
  std::vector<int> labels;   // [n]; empty of poses

  std::size_t size() const;  // windows
  void Append(const WindowTargets& others, int64_t window);
  // Those at these places, in this order.
  WindowTargets Pick(std::span<const int64_t> places) const;

  // outputs: as many for each window, poses or a score for each class.
  std::vector<PoseTally> Tally(std::span<const float> outputs) const;

  // The best constant answer: the mean pose; of classes 1 for the most frequent
  // one (the first of equals) and 0 for the others. Empty when there is none.
  std::vector<float> ConstantAnswer() const;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_WINDOW_TARGETS_H_

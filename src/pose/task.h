// What a data set asks of a model: the shape of a window, whether a pose or a
// class is wanted, and the metric. Everything that needs room for windows or
// answers takes its sizes from here or from the model. Tested by
// pairs_layout_test.cc and dataset_test.cc.
#ifndef EDGE_INT8_SRC_POSE_TASK_H_
#define EDGE_INT8_SRC_POSE_TASK_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "src/base/tensor.h"
#include "src/pose/pose_metric.h"

namespace edge_int8 {

struct Task {
  Shape window;   // of one window: [540, 20]
  Metric metric;  // says too whether poses or classes, and how many
  std::vector<std::string> joints = {};       // names; may be empty
  std::vector<std::pair<int, int>> skeleton;  // bones; may be empty
  std::vector<std::string> classes = {};      // names; may be empty
  std::string unit = {};                      // of coordinates; may be empty

  std::size_t window_values() const {
    return static_cast<std::size_t>(ElementCount(window));
  }
  // "windows [540, 20] and poses [15, 2]"
  std::string Text() const;
};

// Of upstream's layout: 15 joints, 2-D, torso-pck/1.
Task UpstreamTask();

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_TASK_H_

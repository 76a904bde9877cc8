#include "src/pose/task.h"

#include <fmt/format.h>

#include "src/pose/bones.h"
#include "src/pose/upstream_shape.h"

namespace edge_int8 {

std::string Task::Text() const {
  const std::string target =
      metric.is_classes()
          ? fmt::format("{} classes", metric.classes)
          : fmt::format("poses [{}, {}]", metric.joints, metric.dims);
  return fmt::format("windows {} and {}", ShapeText(window), target);
}

Task UpstreamTask() {
  Task task;
  task.window = {kSubcarriers, kFrames};
  task.skeleton.assign(kBones.begin(), kBones.end());
  return task;
}

}  // namespace edge_int8

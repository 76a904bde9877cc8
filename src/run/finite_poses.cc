#include "src/run/finite_poses.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "src/base/error.h"

namespace edge_int8 {

void CheckFinitePoses(std::span<const float> poses, const std::string& model) {
  const auto lost = std::ranges::count_if(
      poses, [](float value) { return !std::isfinite(value); });
  if (lost == 0) return;
  if (lost == std::ssize(poses)) {
    FailInput(model,
              "overflows: not one coordinate that it predicts is finite; "
              "expected weights and statistics of a network that was trained");
  }
  fmt::print(stderr, "{}: {} of {} predicted coordinates are not finite\n",
             model, lost, poses.size());
}

}  // namespace edge_int8

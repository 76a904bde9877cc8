#include "train/commands/pose_batches.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/random.h"
#include "train/commands/task_loop.h"

namespace edge_int8::train {

namespace {

at::Tensor GatherTargets(const WindowTargets& targets,
                         std::span<const int64_t> indices) {
  const int64_t count = std::ssize(indices);
  if (targets.metric.is_classes()) {
    at::Tensor labels = at::empty({count}, at::kLong);
    int64_t* const y = labels.data_ptr<int64_t>();
    for (int64_t n = 0; n < count; ++n) {
      y[n] = targets.labels[AsSize(indices[AsSize(n)])];
    }
    return labels;
  }
  const int64_t joints = targets.metric.joints;
  const int64_t dims = targets.metric.dims;
  at::Tensor poses = at::empty({joints, count, dims}, at::kFloat);
  float* const y = poses.data_ptr<float>();
  for (int64_t n = 0; n < count; ++n) {
    const float* pose =
        targets.poses.data() + indices[AsSize(n)] * joints * dims;
    for (int64_t j = 0; j < joints; ++j) {
      std::copy(pose + j * dims, pose + (j + 1) * dims,
                y + (j * count + n) * dims);
    }
  }
  return poses;
}

}  // namespace

PoseBatch GatherBatch(const PoseData& data, std::span<const int64_t> indices,
                      at::Device device) {
  const Extent& input = data.graph.extent(0);
  Check(input.size() == ElementCount(data.task.window),
        "a network takes the data's windows");
  const int64_t count = std::ssize(indices);
  at::Tensor windows =
      at::empty({input.channels, count, input.height, input.width}, at::kFloat);
  float* const x = windows.data_ptr<float>();
  const int64_t row_values = int64_t{input.height} * input.width;
  ForEachRange(count, 4, [&](int64_t begin, int64_t end) {
    std::vector<float> window(AsSize(input.size()));
    for (int64_t n = begin; n < end; ++n) {
      data.windows.Read(indices[AsSize(n)], window);
      for (int64_t c = 0; c < input.channels; ++c) {
        const float* row = window.data() + c * row_values;
        std::copy(row, row + row_values, x + (c * count + n) * row_values);
      }
    }
  });
  return {windows.to(device), GatherTargets(data.targets, indices).to(device)};
}

std::vector<int64_t> ShuffledOrder(int64_t count, uint64_t seed, int epoch) {
  std::vector<int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  Rng rng = Rng(seed).Fork(static_cast<uint64_t>(epoch));
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<std::size_t>(rng.Below(i))]);
  }
  return order;
}

}  // namespace edge_int8::train

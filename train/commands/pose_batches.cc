#include "train/commands/pose_batches.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "src/base/random.h"
#include "train/commands/task_loop.h"

namespace edge_int8::train {

PoseBatch GatherBatch(const PoseData& data, std::span<const int64_t> indices,
                      at::Device device) {
  const int64_t count = static_cast<int64_t>(indices.size());
  at::Tensor windows = at::empty({kSubcarriers, count, 1, kFrames}, at::kFloat);
  at::Tensor targets = at::empty({kJoints, count, 2}, at::kFloat);
  float* const x = windows.data_ptr<float>();
  float* const y = targets.data_ptr<float>();
  ForEachRange(count, 4, [&](int64_t begin, int64_t end) {
    std::vector<float> window(kWindowValues);
    for (int64_t n = begin; n < end; ++n) {
      const int64_t index = indices[static_cast<std::size_t>(n)];
      data.windows.Read(index, window);
      for (int64_t c = 0; c < kSubcarriers; ++c) {
        const float* row = window.data() + c * kFrames;
        std::copy(row, row + kFrames, x + (c * count + n) * kFrames);
      }
      const float* pose = data.targets.data() + index * kPoseValues;
      for (int64_t j = 0; j < kJoints; ++j) {
        std::copy(pose + j * 2, pose + j * 2 + 2, y + (j * count + n) * 2);
      }
    }
  });
  return {windows.to(device), targets.to(device)};
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

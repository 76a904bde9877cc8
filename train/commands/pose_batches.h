// Windows and poses of a split as batches laid out for the trainer, shuffled
// by seed and epoch. Tested by pose_batches_test.cc.
#ifndef EDGE_INT8_TRAIN_COMMANDS_POSE_BATCHES_H_
#define EDGE_INT8_TRAIN_COMMANDS_POSE_BATCHES_H_

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <numeric>
#include <span>
#include <vector>

#include "src/base/interrupt.h"
#include "src/base/rank_share.h"
#include "src/graph/graph.h"
#include "src/pose/task.h"
#include "src/pose/window_source.h"
#include "src/pose/window_targets.h"

namespace edge_int8::train {

// All stay the caller's and outlive this.
struct PoseData {
  const WindowSource& windows;
  const WindowTargets& targets;
  const Task& task;
  const Graph& graph;  // of the network that takes and answers what these are
};

struct PoseBatch {
  at::Tensor windows;  // [channel][window][height][width]
  at::Tensor targets;  // [joint][window][2 or 3]; of classes [window], int64
};
PoseBatch GatherBatch(const PoseData& data, std::span<const int64_t> indices,
                      at::Device device);

// Outputs of windows 0 .. count - 1, one after the other, of a network that is
// given `batch` of them at a time and answers [channel][window][height][width].
// The batches are shared out between the ranks of a job, and all have all.
template <class T>
std::vector<T> InBatches(
    int64_t count, int64_t batch,
    const std::function<at::Tensor(std::span<const int64_t>)>& answer) {
  std::vector<int64_t> indices(static_cast<std::size_t>(count));
  std::iota(indices.begin(), indices.end(), int64_t{0});
  std::vector<T> mine;
  const Share share = MyShare((count + batch - 1) / batch);
  for (int64_t b = share.first; b < share.end; ++b) {
    ThrowIfInterrupted();
    const auto first = static_cast<std::size_t>(b * batch);
    const auto size =
        std::min(static_cast<std::size_t>(batch), indices.size() - first);
    const at::Tensor y = answer(std::span(indices).subspan(first, size))
                             .transpose(0, 1)
                             .to(c10::CppTypeToScalarType<T>::value)
                             .contiguous()
                             .cpu();
    const T* const from = y.template data_ptr<T>();
    mine.insert(mine.end(), from, from + y.numel());
  }
  std::vector<T> all;
  for (const auto& part : World().AllGather(std::as_bytes(std::span(mine)))) {
    const std::size_t at = all.size();
    all.resize(at + part.size() / sizeof(T));
    if (!part.empty()) std::memcpy(&all[at], part.data(), part.size());
  }
  return all;
}

// 0 .. count - 1 in an order that depends on these two alone, so that a
// resumed run sees what an uninterrupted one would.
std::vector<int64_t> ShuffledOrder(int64_t count, uint64_t seed, int epoch);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_POSE_BATCHES_H_

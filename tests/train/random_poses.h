// A few random windows and poses to train on in memory.
#ifndef EDGE_INT8_TESTS_TRAIN_RANDOM_POSES_H_
#define EDGE_INT8_TESTS_TRAIN_RANDOM_POSES_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "src/base/error.h"
#include "src/base/random.h"
#include "src/nets/wiflow.h"
#include "src/pose/upstream_shape.h"
#include "src/pose/window_source.h"
#include "train/commands/pose_batches.h"

namespace edge_int8::train {

class RandomPoses : public WindowSource {
 public:
  RandomPoses(int64_t count, uint64_t seed)
      : values_(static_cast<std::size_t>(count) * kWindowValues),
        targets_{
            Metric(),
            std::vector<float>(static_cast<std::size_t>(count) * kPoseValues),
            {}},
        task_(UpstreamTask()),
        graph_(BuildWiflow(WiflowVariant("tiny"))) {
    Rng rng(seed);
    for (float& v : values_) v = static_cast<float>(rng.Uniform());
    for (float& v : targets_.poses) v = static_cast<float>(rng.Uniform());
  }

  int64_t size() const override {
    return static_cast<int64_t>(values_.size()) / kWindowValues;
  }
  void Read(int64_t index, std::span<float> out) const override {
    const auto first = static_cast<std::size_t>(index) * kWindowValues;
    std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(first),
                kWindowValues, out.begin());
  }
  PoseData data() const { return {*this, targets_, task_, graph_}; }
  std::vector<float>& values() { return values_; }
  const std::vector<float>& targets() const { return targets_.poses; }

 private:
  std::vector<float> values_;
  WindowTargets targets_;
  Task task_;
  Graph graph_;  // of a network with these extents
};

// The same, but the read after `reads` throws what Ctrl-C does.
class InterruptingPoses : public WindowSource {
 public:
  InterruptingPoses(const RandomPoses& poses, int reads)
      : poses_(poses), left_(reads) {}

  int64_t size() const override { return poses_.size(); }
  void Read(int64_t index, std::span<float> out) const override {
    if (left_-- <= 0) throw Error(ErrorKind::kInterrupted, "interrupted");
    poses_.Read(index, out);
  }
  PoseData data() const {
    const PoseData poses = poses_.data();
    return {*this, poses.targets, poses.task, poses.graph};
  }

 private:
  const RandomPoses& poses_;
  mutable std::atomic<int> left_;
};

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TESTS_TRAIN_RANDOM_POSES_H_

#include "src/eval/score_poses.h"

#include "src/base/error.h"
#include "src/base/parallel.h"

namespace edge_int8 {

std::vector<PoseTally> TallyPoses(const Dataset& dataset,
                                  std::span<const int64_t> windows,
                                  std::span<const float> poses,
                                  Normalization normalization) {
  Check(poses.size() == windows.size() * kPoseValues,
        "one pose per window is needed");
  std::vector<PoseTally> tallies(windows.size());
  constexpr int64_t kBlock = 1024;
  const auto count = static_cast<int64_t>(windows.size());
  ParallelFor((count + kBlock - 1) / kBlock, [&](int64_t block) {
    const int64_t end = std::min(count, (block + 1) * kBlock);
    for (int64_t i = block * kBlock; i < end; ++i) {
      const auto n = static_cast<std::size_t>(i);
      tallies[n] = TallyPose(poses.subspan(n * kPoseValues, kPoseValues),
                             dataset.Target(windows[n]), normalization);
    }
  });
  return tallies;
}

std::vector<float> TrainMeanPose(const Dataset& dataset) {
  const Selection train = dataset.Select(Split::kTrain, Subset::kFull);
  std::vector<float> targets;
  targets.reserve(train.windows.size() * kPoseValues);
  for (const int64_t window : train.windows) {
    const std::span<const float> target = dataset.Target(window);
    targets.insert(targets.end(), target.begin(), target.end());
  }
  return MeanPose(targets);
}

std::vector<PoseTally> TallyConstantPose(const Dataset& dataset,
                                         std::span<const int64_t> windows,
                                         std::span<const float> pose,
                                         Normalization normalization) {
  std::vector<float> poses;
  poses.reserve(windows.size() * kPoseValues);
  for (std::size_t n = 0; n < windows.size(); ++n) {
    poses.insert(poses.end(), pose.begin(), pose.end());
  }
  return TallyPoses(dataset, windows, poses, normalization);
}

}  // namespace edge_int8

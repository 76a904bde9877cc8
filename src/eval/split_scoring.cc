#include "src/eval/split_scoring.h"

#include <fmt/format.h>

#include "src/base/error.h"
#include "src/pose/no_clean_windows.h"

namespace edge_int8 {
namespace {

std::vector<float> TrainMean(const Dataset& dataset) {
  const std::vector<int64_t> train =
      dataset.Select(Split::kTrain, Subset::kFull).windows;
  std::vector<float> mean = MeanPose(GatherTargets(dataset, train));
  if (mean.empty()) {
    FailInput(dataset.folder().string(),
              fmt::format("its train split has no windows with finite targets, "
                          "and so no mean pose to stand beside a score; {}",
                          dataset.TrainShare()));
  }
  return mean;
}

}  // namespace

std::vector<float> GatherTargets(const Dataset& dataset,
                                 std::span<const int64_t> windows) {
  std::vector<float> targets;
  targets.reserve(windows.size() * kPoseValues);
  for (const int64_t window : windows) {
    const std::span<const float> target = dataset.Target(window);
    targets.insert(targets.end(), target.begin(), target.end());
  }
  return targets;
}

std::vector<PoseTally> SplitTruth::Tally(std::span<const float> poses,
                                         Normalization normalization) const {
  return TallyPoses(poses, targets, normalization);
}

SplitTruth LoadSplitTruth(const Dataset& dataset, Split split, Subset subset,
                          Normalization normalization) {
  SplitTruth truth;
  truth.selection = dataset.Select(split, subset);
  if (truth.selection.windows.empty()) {
    FailInput(dataset.folder().string(),
              fmt::format("split {}, subset {} has no windows to score{}",
                          SplitName(split), SubsetName(subset),
                          UnscaledAmplitudes(dataset)));
  }
  truth.targets = GatherTargets(dataset, truth.selection.windows);
  truth.mean = TrainMean(dataset);
  std::vector<float> constant;
  constant.reserve(truth.targets.size());
  for (std::size_t n = 0; n < truth.selection.windows.size(); ++n) {
    constant.insert(constant.end(), truth.mean.begin(), truth.mean.end());
  }
  truth.mean_pose = truth.Tally(constant, normalization);
  return truth;
}

}  // namespace edge_int8

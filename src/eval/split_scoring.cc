#include "src/eval/split_scoring.h"

#include <fmt/format.h>

#include <set>

#include "src/base/error.h"
#include "src/pose/no_clean_windows.h"

namespace edge_int8 {
namespace {

std::vector<float> TrainMean(const Dataset& dataset) {
  const std::vector<int64_t> train =
      dataset.Select(Split::kTrain, Subset::kFull).windows;
  std::vector<float> mean = dataset.targets().Pick(train).ConstantAnswer();
  if (mean.empty()) {
    FailInput(dataset.folder().string(),
              fmt::format(
                  "its train split has no windows with {}, and so no {} to "
                  "stand beside a score; {}",
                  dataset.metric().is_classes() ? "a class" : "finite targets",
                  ConstantName(dataset.metric()), dataset.TrainShare()));
  }
  return mean;
}

}  // namespace

int SplitTruth::files() const {
  return static_cast<int>(
      std::set<int>(selection.files.begin(), selection.files.end()).size());
}

SplitTruth LoadSplitTruth(const Dataset& dataset, Split split, Subset subset,
                          const std::optional<Metric>& metric) {
  SplitTruth truth;
  truth.selection = dataset.Select(split, subset);
  if (truth.selection.windows.empty()) {
    FailInput(dataset.folder().string(),
              fmt::format("split {}, subset {} has no windows to score{}",
                          SplitName(split), SubsetName(subset),
                          UnscaledAmplitudes(dataset)));
  }
  truth.targets = dataset.targets().Pick(truth.selection.windows);
  truth.targets.metric = metric.value_or(dataset.metric());
  truth.mean = TrainMean(dataset);
  std::vector<float> constant;
  constant.reserve(truth.targets.size() * truth.mean.size());
  for (std::size_t n = 0; n < truth.selection.windows.size(); ++n) {
    constant.insert(constant.end(), truth.mean.begin(), truth.mean.end());
  }
  truth.mean_pose = truth.Tally(constant);
  return truth;
}

}  // namespace edge_int8

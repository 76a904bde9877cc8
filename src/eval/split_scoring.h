// Scores predicted poses of a split's windows, and the mean-pose baseline that
// stands beside every score. Tested by split_scoring_test.cc.
#ifndef EDGE_INT8_SRC_EVAL_SPLIT_SCORING_H_
#define EDGE_INT8_SRC_EVAL_SPLIT_SCORING_H_

#include <cstdint>
#include <span>
#include <vector>

#include "src/pose/dataset.h"
#include "src/pose/pose_metric.h"

namespace edge_int8 {

// Targets of these windows, [n][joint][x, y].
std::vector<float> GatherTargets(const Dataset& dataset,
                                 std::span<const int64_t> windows);

// Windows, targets and baseline of one split and subset: everything needed to
// score any number of models on the same windows.
struct SplitTruth {
  Selection selection;
  std::vector<float> targets;        // [n][joint][x, y]
  std::vector<float> mean;           // the train split's mean pose
  std::vector<PoseTally> mean_pose;  // of always answering the train mean

  std::vector<PoseTally> Tally(
      std::span<const float> poses,
      Normalization normalization = Normalization::kTorso) const;
};

// The mean pose is that of all train-split windows, corrupt ones included:
// their targets are as good as any. Throws kBadInput when the selection or the
// train split is empty.
SplitTruth LoadSplitTruth(const Dataset& dataset, Split split, Subset subset,
                          Normalization normalization = Normalization::kTorso);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EVAL_SPLIT_SCORING_H_

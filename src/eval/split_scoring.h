// Scores predictions of a split's windows, and the constant baseline that
// stands beside every score. Tested by split_scoring_test.cc.
#ifndef EDGE_INT8_SRC_EVAL_SPLIT_SCORING_H_
#define EDGE_INT8_SRC_EVAL_SPLIT_SCORING_H_

#include <optional>
#include <span>
#include <vector>

#include "src/pose/dataset.h"
#include "src/pose/pose_metric.h"

namespace edge_int8 {

// Windows, targets and baseline of one split and subset: everything needed to
// score any number of models on the same windows.
struct SplitTruth {
  Selection selection;
  WindowTargets targets;             // with the metric that scores
  std::vector<float> mean;           // the train split's constant answer
  std::vector<PoseTally> mean_pose;  // of always answering that

  // Of a model's outputs on the selection's windows.
  std::vector<PoseTally> Tally(std::span<const float> outputs) const {
    return targets.Tally(outputs);
  }
  int files() const;  // whose windows these are
};

// Scored by the data set's metric, or by `metric` of the same targets.
//
// The constant answer (mean pose, most frequent class) is that of all
// train-split windows, corrupt ones included: their targets are as good as any.
// Throws kBadInput when the selection or the train split is empty.
SplitTruth LoadSplitTruth(const Dataset& dataset, Split split, Subset subset,
                          const std::optional<Metric>& metric = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EVAL_SPLIT_SCORING_H_

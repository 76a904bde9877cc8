// Scores predicted poses against a dataset's targets by the locked metric.
// Tested by score_poses_test.cc.
#ifndef EDGE_INT8_SRC_EVAL_SCORE_POSES_H_
#define EDGE_INT8_SRC_EVAL_SCORE_POSES_H_

#include <span>
#include <vector>

#include "src/data/dataset.h"
#include "src/metrics/pose_metric.h"

namespace edge_int8 {

// One tally per window of the selection; poses is [n][joint][x, y] in the
// selection's order.
std::vector<PoseTally> TallyPoses(
    const Dataset& dataset, std::span<const int64_t> windows,
    std::span<const float> poses,
    Normalization normalization = Normalization::kTorso);

// The mean pose of the train split's windows (full subset: targets exist for
// corrupt windows too) and the tallies of predicting it everywhere.
std::vector<float> TrainMeanPose(const Dataset& dataset);
std::vector<PoseTally> TallyConstantPose(
    const Dataset& dataset, std::span<const int64_t> windows,
    std::span<const float> pose,
    Normalization normalization = Normalization::kTorso);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EVAL_SCORE_POSES_H_

// The training loss: smooth L1 on positions and on bone lengths; of classes
// cross entropy.
// Tested by pose_loss_test.cc against hand-computed values.
//
//   loss = mean smooth_l1(pred - truth, beta 0.1)
//        + 0.2 * mean smooth_l1(bones(pred) - bones(truth), beta 0.05)
//   bone = sqrt(|a - b|^2 + 1e-8)
#ifndef EDGE_INT8_TRAIN_COMMANDS_POSE_LOSS_H_
#define EDGE_INT8_TRAIN_COMMANDS_POSE_LOSS_H_

#include <ATen/ATen.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "train/commands/pose_batches.h"

namespace edge_int8::train {

using Bones = std::vector<std::pair<int, int>>;
// Upstream's 14.
Bones UpstreamBones();

// Poses are [joint][window][axis]; returns a scalar. Without bones, of the
// positions alone.
at::Tensor PoseLoss(const at::Tensor& predicted, const at::Tensor& truth,
                    const Bones& bones = UpstreamBones());

// What a best epoch has least of, of a score as JSON: MPJPE, or 1 - top-1;
// infinite when a prediction was not finite.
double ErrorOfScore(const nlohmann::json& score);
// "MPJPE 0.008, PCK@20 96.00%, PCK@10 80.00%", or "top-1 90.00%".
std::string ScoreText(const nlohmann::json& score);

// Of a network's output [channel][window][height][width] on a batch, and of
// another network's output on it.
at::Tensor BatchLoss(const at::Tensor& output, const PoseBatch& batch,
                     const PoseData& data);
at::Tensor DistillLoss(const at::Tensor& output, const at::Tensor& teacher,
                       const PoseBatch& batch, const PoseData& data);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_POSE_LOSS_H_

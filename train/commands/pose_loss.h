// The training loss: smooth L1 on positions and on the 14 bone lengths.
// Tested by pose_loss_test.cc against hand-computed values.
//
//   loss = mean smooth_l1(pred - truth, beta 0.1)
//        + 0.2 * mean smooth_l1(bones(pred) - bones(truth), beta 0.05)
//   bone = sqrt(|a - b|^2 + 1e-8)
#ifndef EDGE_INT8_TRAIN_POSE_LOSS_H_
#define EDGE_INT8_TRAIN_POSE_LOSS_H_

#include <ATen/ATen.h>

namespace edge_int8::train {

// Poses are [joint][window][2]; returns a scalar.
at::Tensor PoseLoss(const at::Tensor& predicted, const at::Tensor& truth);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_POSE_LOSS_H_

// The training loss against values worked out by hand.
#include "train/commands/pose_loss.h"

#include <gtest/gtest.h>

#include <cmath>

namespace edge_int8::train {
namespace {

double Loss(const at::Tensor& predicted, const at::Tensor& truth) {
  return PoseLoss(predicted, truth).item<double>();
}

TEST(PoseLoss, OfAnEqualPoseIsZero) {
  at::manual_seed(1);
  const at::Tensor pose = at::rand({15, 4, 2});
  EXPECT_EQ(Loss(pose, pose), 0);
}

// Bones do not change when all joints move alike: 0.5 is in the linear part,
// 0.5 - 0.1 / 2, and 0.02 in the quadratic one, 0.02^2 / (2 * 0.1).
TEST(PoseLoss, OfAMovedPoseIsThePositionsAlone) {
  const at::Tensor pose = at::rand({15, 4, 2});
  EXPECT_NEAR(Loss(pose + 0.5, pose), 0.45, 1e-6);
  EXPECT_NEAR(Loss(pose + 0.02, pose), 0.002, 1e-6);
}

// Joint 0 has one bone, to joint 1, of 14; it grows from 0.3 to 0.4.
TEST(PoseLoss, WeighsBonesByAFifth) {
  at::Tensor truth = at::zeros({15, 1, 2});
  truth[0][0][0] = 0.3;
  at::Tensor predicted = truth.clone();
  predicted[0][0][0] = 0.4;
  const double positions = 0.05 / 30;
  const double bones = (0.1 - 0.05 / 2) / 14;
  EXPECT_NEAR(Loss(predicted, truth), positions + 0.2 * bones, 1e-6);
}

TEST(PoseLoss, HasAGradientWhereABoneHasNoLength) {
  const at::Tensor predicted = at::zeros({15, 1, 2}).set_requires_grad(true);
  PoseLoss(predicted, at::ones({15, 1, 2})).backward();
  EXPECT_TRUE(predicted.grad().isfinite().all().item<bool>());
}

}  // namespace
}  // namespace edge_int8::train

#include "train/commands/pose_loss.h"

#include <vector>

#include "src/pose/bones.h"

namespace edge_int8::train {
namespace {

constexpr double kPositionBeta = 0.1;
constexpr double kBoneBeta = 0.05;
constexpr double kBoneWeight = 0.2;
constexpr double kBoneEpsilon = 1e-8;  // sqrt has no gradient at 0

at::Tensor BoneLengths(const at::Tensor& poses) {
  std::vector<int64_t> begin, end;
  for (const auto& [a, b] : kBones) {
    begin.push_back(a);
    end.push_back(b);
  }
  const auto joints = [&](const std::vector<int64_t>& indices) {
    return poses.index_select(
        0, at::tensor(indices, at::kLong).to(poses.device()));
  };
  return ((joints(begin) - joints(end)).square().sum(-1) + kBoneEpsilon).sqrt();
}

}  // namespace

at::Tensor PoseLoss(const at::Tensor& predicted, const at::Tensor& truth) {
  return at::smooth_l1_loss(predicted, truth, at::Reduction::Mean,
                            kPositionBeta) +
         kBoneWeight * at::smooth_l1_loss(BoneLengths(predicted),
                                          BoneLengths(truth),
                                          at::Reduction::Mean, kBoneBeta);
}

}  // namespace edge_int8::train

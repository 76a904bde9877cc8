#include "train/commands/pose_loss.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "src/pose/bones.h"

namespace edge_int8::train {
namespace {

constexpr double kPositionBeta = 0.1;
constexpr double kBoneBeta = 0.05;
constexpr double kBoneWeight = 0.2;
constexpr double kBoneEpsilon = 1e-8;  // sqrt has no gradient at 0

at::Tensor BoneLengths(const at::Tensor& poses, const Bones& bones) {
  std::vector<int64_t> begin, end;
  for (const auto& [a, b] : bones) {
    begin.push_back(a);
    end.push_back(b);
  }
  const auto joints = [&](const std::vector<int64_t>& indices) {
    return poses.index_select(
        0, at::tensor(indices, at::kLong).to(poses.device()));
  };
  return ((joints(begin) - joints(end)).square().sum(-1) + kBoneEpsilon).sqrt();
}

// [window][score]
at::Tensor ScoresOf(const at::Tensor& output) {
  return output.transpose(0, 1).flatten(1);
}

// [joint][window][axis], from an output that may hold joints and axes anywhere
// in its channels, rows and columns.
at::Tensor PosesOf(const at::Tensor& output, const PoseBatch& batch,
                   const PoseData& data) {
  const Metric& metric = data.task.metric;
  if (output.size(0) == metric.joints) {
    return output.view(batch.targets.sizes());
  }
  return output.transpose(0, 1)
      .reshape({output.size(1), metric.joints, metric.dims})
      .transpose(0, 1);
}

}  // namespace

double ErrorOfScore(const nlohmann::json& score) {
  if (score.contains("top1")) return 1 - score.at("top1").get<double>();
  const nlohmann::json& mpjpe = score.at("mpjpe");
  return mpjpe.is_number() ? mpjpe.get<double>()
                           : std::numeric_limits<double>::infinity();
}

std::string ScoreText(const nlohmann::json& score) {
  const auto percent = [&](const char* key) {
    return fmt::format("{:.2f}%", 100 * score.at(key).get<double>());
  };
  if (score.contains("top1")) return "top-1 " + percent("top1");
  const nlohmann::json& mpjpe = score.at("mpjpe");
  return fmt::format("MPJPE {}, PCK@20 {}, PCK@10 {}",
                     mpjpe.is_number()
                         ? fmt::format("{:.6f}", mpjpe.get<double>())
                         : "not finite",
                     percent("pck@20"), percent("pck@10"));
}

Bones UpstreamBones() { return {kBones.begin(), kBones.end()}; }

at::Tensor PoseLoss(const at::Tensor& predicted, const at::Tensor& truth,
                    const Bones& bones) {
  const at::Tensor positions =
      at::smooth_l1_loss(predicted, truth, at::Reduction::Mean, kPositionBeta);
  if (bones.empty()) return positions;
  return positions +
         kBoneWeight * at::smooth_l1_loss(BoneLengths(predicted, bones),
                                          BoneLengths(truth, bones),
                                          at::Reduction::Mean, kBoneBeta);
}

at::Tensor BatchLoss(const at::Tensor& output, const PoseBatch& batch,
                     const PoseData& data) {
  if (data.task.metric.is_classes()) {
    return at::cross_entropy_loss(ScoresOf(output), batch.targets);
  }
  return PoseLoss(PosesOf(output, batch, data), batch.targets,
                  data.task.skeleton);
}

at::Tensor DistillLoss(const at::Tensor& output, const at::Tensor& teacher,
                       const PoseBatch& batch, const PoseData& data) {
  if (data.task.metric.is_classes()) {
    const at::Tensor wanted = at::softmax(ScoresOf(teacher), 1);
    return -(wanted * at::log_softmax(ScoresOf(output), 1)).sum(1).mean();
  }
  return PoseLoss(PosesOf(output, batch, data), PosesOf(teacher, batch, data),
                  data.task.skeleton);
}

}  // namespace edge_int8::train

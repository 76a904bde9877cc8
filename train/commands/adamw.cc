#include "train/commands/adamw.h"

#include <ATen/core/grad_mode.h>

#include <cmath>

namespace edge_int8::train {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;
constexpr double kWeightDecay = 5e-5;

}  // namespace

AdamW::AdamW(const at::Tensor& parameters)
    : parameters_(parameters),
      first_moment_(at::zeros_like(parameters)),
      second_moment_(at::zeros_like(parameters)) {}

void AdamW::Step(const at::Tensor& gradients, double learning_rate) {
  at::NoGradGuard no_grad;
  ++steps_;
  const double n = static_cast<double>(steps_);
  const double correction1 = 1 - std::pow(kBeta1, n);
  const double correction2 = std::sqrt(1 - std::pow(kBeta2, n));
  parameters_.mul_(1 - learning_rate * kWeightDecay);
  first_moment_.lerp_(gradients, 1 - kBeta1);
  second_moment_.mul_(kBeta2).addcmul_(gradients, gradients, 1 - kBeta2);
  const at::Tensor deviation =
      second_moment_.sqrt().div_(correction2).add_(kEpsilon);
  parameters_.addcdiv_(first_moment_, deviation, -learning_rate / correction1);
}

bool ClipGradients(const at::Tensor& gradients, double limit) {
  at::NoGradGuard no_grad;
  const double norm = gradients.norm().item<double>();
  if (!std::isfinite(norm)) return false;
  if (norm > limit) gradients.mul_(limit / (norm + 1e-6));
  return true;
}

}  // namespace edge_int8::train

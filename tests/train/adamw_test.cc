// The optimizer against LibTorch's, and clipping by hand.
#include "train/commands/adamw.h"

#include <gtest/gtest.h>
#include <torch/optim/adamw.h>

#include <limits>
#include <vector>

namespace edge_int8::train {
namespace {

TEST(AdamW, StepsAsLibTorchDoes) {
  at::manual_seed(1);
  const at::Tensor start = at::randn({50});
  at::Tensor theirs = start.clone().set_requires_grad(true);
  torch::optim::AdamW reference(
      std::vector<at::Tensor>{theirs},
      torch::optim::AdamWOptions(1e-2).weight_decay(5e-5));
  const at::Tensor ours = start.clone();
  AdamW optimizer(ours);
  for (int i = 0; i < 20; ++i) {
    const at::Tensor gradient = at::randn({50});
    theirs.mutable_grad() = gradient.clone();
    reference.step();
    optimizer.Step(gradient, 1e-2);
  }
  EXPECT_LE((ours - theirs).abs().max().item<double>(), 1e-6);
  EXPECT_EQ(optimizer.steps(), 20);
}

TEST(ClipGradients, ScalesOnlyLongOnes) {
  at::Tensor shorter = at::tensor({0.3f, 0.4f});
  EXPECT_TRUE(ClipGradients(shorter, 1.0));
  EXPECT_FLOAT_EQ(shorter[0].item<float>(), 0.3f);
  at::Tensor longer = at::tensor({30.0f, 40.0f});
  EXPECT_TRUE(ClipGradients(longer, 1.0));
  EXPECT_NEAR(longer[0].item<double>(), 0.6, 1e-6);
}

TEST(ClipGradients, RefusesWhatIsNotFinite) {
  at::Tensor gradient =
      at::tensor({1.0f, std::numeric_limits<float>::infinity()});
  EXPECT_FALSE(ClipGradients(gradient, 1.0));
}

}  // namespace
}  // namespace edge_int8::train

// Every operator of imported networks in LibTorch: its values are the float
// executor's, its gradients the slopes of those values.
#include "train/simulation/value_operators.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "src/eval/predictor.h"
#include "tests/testing/function_network.h"
#include "tests/testing/small_models.h"
#include "tests/testing/small_networks.h"
#include "tests/train/largest_difference.h"
#include "tests/train/simulation_check.h"
#include "train/simulation/torch_graph.h"

namespace edge_int8::train {
namespace {

constexpr int64_t kWindows = 3;

at::Tensor FloatOutputs(const Model& model, const WindowSource& windows) {
  const std::vector<float> all =
      PredictAll(*MakeFloatPredictor(model), windows, "float");
  const Extent& e = model.graph.extent(model.graph.output);
  return at::tensor(all)
      .view({kWindows, e.channels, e.height, e.width})
      .transpose(0, 1)
      .contiguous();
}

struct OneNetwork {
  explicit OneNetwork(const Model& model)
      : network(model.graph, at::kCPU, Fused()),
        x(BatchOf(model.graph, RandomWindows(kWindows, 5))) {
    network.Load(model);
    at::manual_seed(2);
    const Extent& e = model.graph.extent(model.graph.output);
    weights = at::randn({e.channels, kWindows, e.height, e.width});
  }
  double Loss() {
    return (network.EvaluationPass(x) * weights).sum().item<double>();
  }
  TorchGraph network;
  at::Tensor x, weights;
};

TEST(ValueOperators, ComputeWhatTheFloatExecutorDoes) {
  for (const SmallNetwork& small : SmallNetworks()) {
    const Model model = small.build(7);
    OneNetwork one(model);
    const at::Tensor expected = FloatOutputs(model, RandomWindows(kWindows, 5));
    EXPECT_LT(LargestDifference(one.network.EvaluationPass(one.x), expected),
              1e-4)
        << small.name;
  }
  const Model functions = FunctionNetwork();
  OneNetwork one(functions);
  EXPECT_LT(
      LargestDifference(one.network.EvaluationPass(one.x),
                        FloatOutputs(functions, RandomWindows(kWindows, 5))),
      1e-4);
}

// Along the gradient a loss rises by the gradient's length: no part of it may
// be wrong.
TEST(ValueOperators, HaveTheSlopesOfWhatTheyCompute) {
  for (const SmallNetwork& small : SmallNetworks()) {
    OneNetwork one(small.build(7));
    (one.network.TrainingPass(one.x, 0) * one.weights).sum().backward();
    const at::Tensor gradient = one.network.gradients().clone();
    const double length = gradient.norm().item<double>();
    ASSERT_GT(length, 0) << small.name;
    at::NoGradGuard no_grad;
    const double step = 2e-3 / length;
    one.network.parameters().add_(gradient, step);
    const double up = one.Loss();
    one.network.parameters().sub_(gradient, 2 * step);
    const double down = one.Loss();
    EXPECT_NEAR((up - down) / (2 * step) / (length * length), 1, 0.03)
        << small.name;
  }
}

TEST(ValueOperators, AFunctionThatJumpsHasTheSlopesBeside) {
  const Function step = ParseFunction("x 0 gt").value();
  const Function line{FunctionKind::kAffine, 3, 1, {}};
  const Function reciprocal{FunctionKind::kReciprocal, 0, 0, {}};
  const auto slope = [](const Function& f, float at) {
    const at::Tensor x = at::full({1}, at).set_requires_grad(true);
    ApplyValues(f, x).sum().backward();
    return x.grad().item<float>();
  };
  EXPECT_EQ(slope(step, 0), 0);
  EXPECT_EQ(slope(step, 1), 0);
  EXPECT_NEAR(slope(line, 2), 3, 1e-3);
  EXPECT_NEAR(slope(reciprocal, 0.5f), -4, 1e-3);
  EXPECT_EQ(slope(reciprocal, 0), 0);
}

}  // namespace
}  // namespace edge_int8::train

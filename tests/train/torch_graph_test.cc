// The trainer's network: evaluation outputs of every variant against PyTorch's,
// and losses and gradients of the fused operators against LibTorch's own.
#include "train/simulation/torch_graph.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "src/base/parallel.h"
#include "src/formats/npy.h"
#include "src/nets/checkpoint.h"
#include "src/nets/wiflow.h"
#include "tests/testing/fixtures.h"
#include "tests/train/largest_difference.h"
#include "train/commands/pose_loss.h"

namespace edge_int8::train {
namespace {

std::filesystem::path ModelFixture(const std::string& name) {
  return Fixtures() / "models" / name;
}

at::Tensor AsTorch(const Tensor& tensor) {
  return at::from_blob(const_cast<float*>(tensor.data.data()), tensor.shape,
                       at::kFloat)
      .clone();
}

class EveryVariant : public testing::TestWithParam<std::string> {};

TEST_P(EveryVariant, EvaluatesAsPyTorchDoes) {
  EDGE_INT8_NEED_FIXTURES();
  const std::string variant = GetParam();
  const at::Tensor input =
      AsTorch(ReadNpyTensor(ModelFixture(variant + "_input.npy")));
  const at::Tensor expected =
      AsTorch(ReadNpyTensor(ModelFixture(variant + "_output.npy")));
  const Model model = LoadCheckpoint(ModelFixture(variant + "_random.pth"));
  for (const Operators* operators : {&Fused(), &Composed()}) {
    TorchGraph network(model.graph, at::kCPU, *operators);
    network.Load(model);
    const at::Tensor output =
        network.EvaluationPass(input.transpose(0, 1).unsqueeze(2).contiguous());
    EXPECT_LE(LargestDifference(output.squeeze(3).transpose(0, 1), expected),
              1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Wiflow, EveryVariant,
                         testing::Values("full", "half", "quarter", "tiny"),
                         [](const auto& info) { return info.param; });

struct Outcome {
  double loss = 0;
  at::Tensor gradients, statistics;
};

Outcome OneStep(const Graph& graph, const Model& model,
                const Operators& operators, const at::Tensor& x,
                const at::Tensor& truth) {
  TorchGraph network(graph, at::kCPU, operators);
  network.Load(model);
  const at::Tensor y = network.TrainingPass(x, 7).view(truth.sizes());
  const at::Tensor loss = PoseLoss(y, truth);
  loss.backward();
  network.CommitStatistics();
  return {loss.item<double>(), network.gradients().clone(),
          network.statistics().clone()};
}

// With dropout, whose masks are the same in both. Rounding grows through forty
// batch norms over three windows, so the whole agrees to 1% only; each
// operator by itself agrees closely, below.
TEST(FusedOperators, GiveTheGradientsOfComposedOnes) {
  for (const char* variant : {"tiny", "quarter"}) {
    const Graph graph = BuildWiflow(WiflowVariant(variant));
    const Model model = RandomModel(graph, 5);
    at::manual_seed(3);
    const at::Tensor x = at::rand({540, 3, 1, 20});
    const at::Tensor truth = at::rand({15, 3, 2});
    const Outcome fused = OneStep(graph, model, Fused(), x, truth);
    const Outcome composed = OneStep(graph, model, Composed(), x, truth);
    EXPECT_NEAR(fused.loss, composed.loss, 1e-5 * composed.loss) << variant;
    EXPECT_LE((fused.gradients - composed.gradients).norm().item<double>(),
              1e-2 * composed.gradients.norm().item<double>())
        << variant;
    EXPECT_LE(LargestDifference(fused.statistics, composed.statistics),
              1e-4 * composed.statistics.abs().max().item<double>())
        << variant;
  }
}

using Leaves = std::vector<at::Tensor>;

// Output and gradients of `body` for both kinds of operators must agree.
void ExpectAgreement(
    const Leaves& inputs, double tolerance,
    const std::function<at::Tensor(const Operators&, const Leaves&)>& body) {
  std::vector<Leaves> results;
  for (const Operators* operators : {&Fused(), &Composed()}) {
    Leaves leaves;
    for (const at::Tensor& input : inputs) {
      leaves.push_back(input.clone().set_requires_grad(true));
    }
    const at::Tensor y = body(*operators, leaves);
    // A weight on each value, so that no gradient is zero by symmetry.
    const at::Tensor weights =
        at::arange(y.numel(), at::kFloat).sin().view(y.sizes());
    (y * y * weights).sum().backward();
    Leaves result = {y.detach()};
    for (const at::Tensor& leaf : leaves) result.push_back(leaf.grad());
    results.push_back(result);
  }
  for (std::size_t i = 0; i < results[0].size(); ++i) {
    EXPECT_LE(LargestDifference(results[0][i], results[1][i]),
              tolerance * results[1][i].abs().max().item<double>())
        << "result " << i;
  }
}

TEST(FusedOperators, ConvolveAsComposedOnes) {
  const Conv grouped = {.out_channels = 8,
                        .kernel_w = 3,
                        .dilation_w = 2,
                        .pad_left = 4,
                        .groups = 4};
  const Conv strided = {.out_channels = 6,
                        .kernel_w = 3,
                        .stride_w = 2,
                        .pad_left = 1,
                        .pad_right = 1};
  const Conv pointwise = {.out_channels = 5};
  const Conv skip = {.out_channels = 5, .stride_w = 2};
  const Conv square = {.out_channels = 3,
                       .kernel_h = 3,
                       .kernel_w = 3,
                       .pad_top = 1,
                       .pad_bottom = 1,
                       .pad_left = 1,
                       .pad_right = 1};
  // Reaches further back than the row is long.
  const Conv far = {.out_channels = 8,
                    .kernel_w = 3,
                    .dilation_w = 8,
                    .pad_left = 16,
                    .groups = 8};
  for (const Conv& conv : {grouped, strided, pointwise, skip, square, far}) {
    const Extent in = {8, 5, 9};
    const ConvShape shape = {
        .conv = conv, .in = in, .out = OutputExtent(conv, {in}), .windows = 23};
    at::manual_seed(1);
    const at::Tensor weight =
        at::randn({conv.out_channels, shape.in_per_group(), conv.kernel_h,
                   conv.kernel_w});
    ExpectAgreement(
        {at::randn({8, 23, 5, 9}), weight, at::randn({conv.out_channels})},
        1e-5, [&](const Operators& operators, const Leaves& x) {
          return operators.Convolve(shape, x[0], x[1], x[2]);
        });
  }
}

// Rows longer than one piece of work, far from zero mean, with and without what
// may follow.
TEST(FusedOperators, NormalizeAsComposedOnes) {
  at::manual_seed(2);
  const DropoutMask mask = {.seed = 9, .threshold = 1u << 31, .scale = 2};
  for (const bool silu : {false, true}) {
    for (const DropoutMask& dropout : {DropoutMask{}, mask}) {
      ExpectAgreement(
          {at::randn({2, 40, 11, 23}) + 5, at::randn({2}), at::randn({2})},
          1e-4, [&](const Operators& operators, const Leaves& x) {
            return operators
                .Normalize(x[0], {x[1], x[2], {}, {}}, {silu, dropout}, true)
                .y;
          });
    }
  }
}

TEST(FusedOperators, AttendAsComposedOnes) {
  for (const Axis axis : {Axis::kWidth, Axis::kHeight}) {
    const AttentionShape shape = {.heads = 2,
                                  .channels = 6,
                                  .windows = 3,
                                  .height = 5,
                                  .width = 17,
                                  .axis = axis};
    at::manual_seed(4);
    ExpectAgreement({at::randn({18, 3, 5, 17})}, 1e-5,
                    [&](const Operators& operators, const Leaves& x) {
                      const at::Tensor p =
                          operators.SoftmaxRows(operators.Scores(shape, x[0]));
                      return operators.Mix(shape, p, x[0]);
                    });
  }
}

TEST(FusedOperators, AddAsComposedOnes) {
  at::manual_seed(4);
  ExpectAgreement({at::randn({3, 5, 7, 11}), at::randn({3, 5, 7, 11})}, 1e-5,
                  [&](const Operators& operators, const Leaves& x) {
                    return operators.AddSilu(x[0], x[1]);
                  });
}

// Fixed pieces of work: a thread more or less changes no bit.
TEST(FusedOperators, AreTheSameForAnyThreadCount) {
  const Graph graph = BuildWiflow(WiflowVariant("tiny"));
  const Model model = RandomModel(graph, 5);
  at::manual_seed(3);
  const at::Tensor x = at::rand({540, 9, 1, 20});
  const at::Tensor truth = at::rand({15, 9, 2});
  SetThreads(2);
  const Outcome two = OneStep(graph, model, Fused(), x, truth);
  SetThreads(3);
  const Outcome three = OneStep(graph, model, Fused(), x, truth);
  SetThreads(0);
  EXPECT_TRUE(at::equal(two.gradients, three.gradients));
}

TEST(TorchGraph, NamesEveryTensorOfTheStateDict) {
  const Graph graph = BuildWiflow(WiflowVariant("tiny"));
  TorchGraph network(graph, at::kCPU, Fused());
  network.Initialize(1);
  const std::vector<StateDictEntry> entries = network.StateDict();
  ASSERT_EQ(entries.size(), graph.parameters.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i].name, graph.parameters[i].name);
  }
}

}  // namespace
}  // namespace edge_int8::train

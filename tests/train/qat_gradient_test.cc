// The straight-through gradients: of one landing against finite differences of
// what they stand for, of both implementations of the operators against each
// other, and of a whole network against the float network's.
#include <gtest/gtest.h>

#include <cmath>

#include "src/qgraph/multiplier.h"
#include "tests/testing/operator_graphs.h"
#include "tests/train/largest_difference.h"
#include "tests/train/simulation_check.h"
#include "train/commands/pose_loss.h"
#include "train/simulation/sim_functions.h"

namespace edge_int8::train {
namespace {

at::Tensor Leaf(std::vector<int64_t> shape) {
  return at::zeros(shape, at::kFloat).set_requires_grad(true);
}

// A landing through a SiLU of three channels, with codes far enough out that
// both clamps are met.
struct LandingCase {
  LandingCase() {
    landing = c10::make_intrusive<Landing>();
    LandThroughSilu(units, pre, {0.02, 14, 0, 255}, true, *landing);
    landing->bias = {100, -300, 0};
    landing->bias_unit = {1e-3f, 2e-3f, 3e-3f};
    landing->trained_bias = 2;
    at::manual_seed(3);
    acc = (at::randn({3, 4, 5, 17}) * 2000).round();
  }
  const std::vector<double> units = {1e-3, 2e-3, 3e-3};
  const CodeGrid pre = {{0.0507}, 100, 0, 255, 8};
  c10::intrusive_ptr<Landing> landing;
  at::Tensor acc;
};

struct LandingResult {
  at::Tensor y, dacc;
  std::vector<at::Tensor> leaves;
};

LandingResult Differentiate(const SimOperators& operators, const LandingCase& c,
                            const at::Tensor& acc) {
  const at::Tensor x = acc.detach().clone().set_requires_grad(true);
  const LandingLeaves leaves = {Leaf({3}), Leaf({1}), Leaf({1}), Leaf({1}),
                                Leaf({1})};
  const at::Tensor y = LandCodes(operators, x, leaves, c.landing);
  const at::Tensor weights =
      at::arange(y.numel(), at::kFloat).sin().view(y.sizes());
  (y * weights).sum().backward();
  return {y.detach(),
          x.grad(),
          {leaves.bias.grad(), leaves.target_scale.grad(),
           leaves.target_zero.grad(), leaves.out_scale.grad(),
           leaves.out_zero.grad()}};
}

TEST(LandingGradients, FusedAreComposedOnes) {
  const LandingCase c;
  for (const at::Tensor& acc : {c.acc, c.acc.to(at::kDouble)}) {
    const LandingResult a = Differentiate(FusedSim(), c, acc);
    const LandingResult b = Differentiate(ComposedSim(), c, acc);
    EXPECT_TRUE(at::equal(a.y, b.y));
    EXPECT_EQ(a.dacc.scalar_type(), acc.scalar_type());
    EXPECT_LE(LargestDifference(a.dacc, b.dacc), 1e-6);
    for (std::size_t i = 0; i < a.leaves.size(); ++i) {
      EXPECT_LE(LargestDifference(a.leaves[i], b.leaves[i]),
                1e-4 * b.leaves[i].abs().max().item<double>() + 1e-6)
          << "leaf " << i;
    }
  }
}

// What the gradient to the accumulator stands for: the SiLU's slope where
// neither rounding is clipped, nothing where the first one is.
TEST(LandingGradients, FollowTheSiluAndStopAtTheClamp) {
  const LandingCase c;
  const LandingResult r = Differentiate(FusedSim(), c, c.acc);
  const at::Tensor weights =
      at::arange(c.acc.numel(), at::kFloat).sin().view(c.acc.sizes());
  int clipped = 0, inside = 0;
  for (int64_t channel = 0; channel < 3; ++channel) {
    const auto o = static_cast<std::size_t>(channel);
    for (int64_t n = 0; n < 4 * 85; ++n) {
      const auto at = [&](const at::Tensor& x) {
        return x[channel].reshape({-1})[n].item<double>();
      };
      const double real = (at(c.acc) + c.landing->bias[o]) * c.units[o];
      const double code = std::floor(real / 0.0507 + 0.5) + 100;
      if (code < 0 || code > 255) {
        EXPECT_EQ(at(r.dacc), 0);
        ++clipped;
        continue;
      }
      const double x = (code - 100) * 0.0507;
      const double stored = SiluReal(x) / 0.02 + 14;
      if (stored > 254 || stored < 1) continue;
      const double h = 1e-4;
      const double slope = (SiluReal(x + h) - SiluReal(x - h)) / (2 * h);
      EXPECT_NEAR(at(r.dacc), at(weights) * slope * c.units[o] / 0.02, 1e-5);
      ++inside;
    }
  }
  EXPECT_GT(clipped, 20);
  EXPECT_GT(inside, 200);
}

// LSQ, whose gradient is that of code * scale with each rounding's error held:
// sum of g * s * (c - v) inside, g * s * c outside.
TEST(LandingGradients, OfAScaleAreLsqs) {
  auto landing = c10::make_intrusive<Landing>();
  const double unit = 0.01, scale = 0.3037;
  LandOnGrid({unit}, {{scale}, 3, 0, 15, 4}, *landing);
  landing->bias = {0};
  landing->bias_unit = {0.01f};
  landing->trained_bias = 1;
  const at::Tensor acc =
      (at::arange(40, at::kFloat) * 23 - 300).view({1, 1, 1, 40});
  const LandingLeaves leaves = {at::Tensor(), Leaf({1}), Leaf({1}), {}, {}};
  const at::Tensor codes = LandCodes(FusedSim(), acc, leaves, landing);
  const at::Tensor weights = (at::arange(40, at::kFloat) * 0.7).cos();
  (codes.view({40}) * weights).sum().backward();
  double expected = 0, expected_zero = 0;
  for (int64_t i = 0; i < 40; ++i) {
    const double g = weights[i].item<double>();
    const double v = acc.view({40})[i].item<double>() * unit / scale;
    const double rounded = std::floor(v + 0.5) + 3;
    const double code = std::min(15.0, std::max(0.0, rounded)) - 3;
    const bool inside = rounded >= 0 && rounded <= 15;
    expected += g * (inside ? code - v : code);
    expected_zero -= inside ? 0 : g;
    EXPECT_EQ(codes.view({40})[i].item<double>(), code);
  }
  EXPECT_NEAR(leaves.target_scale.grad().item<double>(), expected, 1e-3);
  EXPECT_NEAR(leaves.target_zero.grad().item<double>(), expected_zero, 1e-4);
}

TEST(LandingGradients, LeaveUntrainedBiasesAlone) {
  const LandingCase c;
  const LandingResult r = Differentiate(FusedSim(), c, c.acc);
  EXPECT_NE(r.leaves[0][0].item<double>(), 0);
  EXPECT_EQ(r.leaves[0][2].item<double>(), 0);
}

TEST(SoftmaxGradients, FusedAreComposedOnesAndThoseOfARealSoftmax) {
  auto integers = c10::make_intrusive<SoftmaxIntegers>();
  integers->tables = MakeExpTables();
  integers->units = {1e-3, 4e-3};
  for (const double unit : integers->units) {
    integers->logits.push_back(MakeMultiplier(unit * 4096));
  }
  at::manual_seed(2);
  const at::Tensor acc = (at::randn({2, 3, 10, 17}) * 500).round();
  std::vector<at::Tensor> grads, values;
  const at::Tensor weights =
      at::arange(acc.numel(), at::kFloat).sin().view(acc.sizes());
  for (const SimOperators* operators : {&FusedSim(), &ComposedSim()}) {
    const at::Tensor x = acc.clone().set_requires_grad(true);
    const at::Tensor p = SoftmaxCodes(*operators, x, integers);
    (p * weights).sum().backward();
    values.push_back(p.detach());
    grads.push_back(x.grad());
  }
  EXPECT_TRUE(at::equal(values[0], values[1]));
  EXPECT_LE(LargestDifference(grads[0], grads[1]), 1e-4);
  const at::Tensor x = acc.clone().set_requires_grad(true);
  const at::Tensor unit = at::tensor({1e-3f, 4e-3f}).view({2, 1, 1, 1});
  (at::softmax(x * unit, -1) * 32767 * weights).sum().backward();
  EXPECT_LE(LargestDifference(grads[0], x.grad()),
            2e-3 * x.grad().abs().max().item<double>());
}

TEST(WeightGradients, FusedAreComposedOnes) {
  auto integers = c10::make_intrusive<WeightIntegers>();
  integers->scales = {0.01, 0.02, 0.03};
  integers->floored = {0, 0, 1};
  integers->limit = 7;
  at::manual_seed(6);
  const at::Tensor weights = at::randn({3, 5, 4}) * 0.1;
  const at::Tensor scale = at::tensor({0.01f, 0.02f, 0.03f}).view({3, 1, 1});
  integers->codes = (weights / scale + 0.5).floor().clamp(-7, 7);
  std::vector<at::Tensor> dweights, dscales;
  for (const SimOperators* operators : {&FusedSim(), &ComposedSim()}) {
    const at::Tensor w = weights.clone().set_requires_grad(true);
    const at::Tensor log_scale = Leaf({3});
    const at::Tensor codes = WeightCodes(*operators, w, log_scale, integers);
    EXPECT_TRUE(at::equal(codes, integers->codes));
    (codes * at::arange(60, at::kFloat).cos().view({3, 5, 4})).sum().backward();
    dweights.push_back(w.grad());
    dscales.push_back(log_scale.grad());
  }
  EXPECT_LE(LargestDifference(dweights[0], dweights[1]), 1e-3);
  EXPECT_LE(LargestDifference(dscales[0], dscales[1]), 1e-3);
  EXPECT_NE(dscales[0][1].item<double>(), 0);
  EXPECT_EQ(dscales[0][2].item<double>(), 0);  // a floored scale stays
}

}  // namespace
}  // namespace edge_int8::train

// Rounding of real numbers: the values, and LSQ's gradients by hand.
#include "train/simulation/straight_through.h"

#include <gtest/gtest.h>

#include <vector>

namespace edge_int8::train {
namespace {

at::Tensor Square(const std::vector<float>& values) {
  return at::tensor(values).view({2, 2});
}

struct Rounding {
  Rounding() {
    grid = c10::make_intrusive<RoundingGrid>();
    grid->scales = {0.5, 2.0};
    grid->zero = 2;
    grid->low = 0;
    grid->high = 7;
    value = Square({0.6f, -3.0f, 9.0f, 100.0f}).set_requires_grad(true);
    leaves = {at::zeros({2}).set_requires_grad(true),
              at::zeros({1}).set_requires_grad(true)};
  }
  c10::intrusive_ptr<RoundingGrid> grid;
  at::Tensor value;
  RoundingLeaves leaves;
};

void ExpectValues(const at::Tensor& got, std::vector<float> expected) {
  ASSERT_EQ(got.numel(), std::ssize(expected));
  for (int64_t n = 0; n < got.numel(); ++n) {
    EXPECT_NEAR(got.flatten()[n].item<float>(),
                expected[static_cast<std::size_t>(n)], 1e-5)
        << n;
  }
}

TEST(RoundStraightThrough, RoundsAndPassesGradientsByLsq) {
  Rounding r;
  const at::Tensor y = RoundStraightThrough(r.value, {}, r.leaves, r.grid);
  // In units: 1.2, -6 (clipped at -2), 4.5 (to even), 50 (clipped at 5).
  ExpectValues(y, {0.5f, -1.0f, 8.0f, 10.0f});
  y.sum().backward();
  ExpectValues(r.value.grad(), {1, 0, 1, 0});
  ExpectValues(r.leaves.log_scale.grad(),
               {0.5f * (1 - 1.2f) + 0.5f * -2, 2 * (4 - 4.5f) + 2 * 5});
  ExpectValues(r.leaves.zero.grad(), {-(0.5f + 2)});
}

TEST(RoundStraightThrough, TakesWhatTheEngineMadeOfIt) {
  Rounding r;
  const at::Tensor made = Square({1.0f, -1.0f, 8.0f, 10.0f});
  const at::Tensor y = RoundStraightThrough(r.value, made, {}, r.grid);
  ExpectValues(y, {1, -1, 8, 10});
  y.sum().backward();
  ExpectValues(r.value.grad(), {1, 0, 1, 0});
  EXPECT_FALSE(r.leaves.log_scale.grad().defined());
}

TEST(InsteadOf, HasTheNumbersOfOneAndTheGradientOfTheOther) {
  const at::Tensor value = at::ones({2}).set_requires_grad(true);
  const at::Tensor y = InsteadOf(value * 3, at::full({2}, 5.0f));
  ExpectValues(y, {5, 5});
  y.sum().backward();
  ExpectValues(value.grad(), {3, 3});
}

}  // namespace
}  // namespace edge_int8::train

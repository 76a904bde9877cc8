#include "src/graph/value_loops.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace edge_int8 {
namespace {

TEST(MoveValues, ReversesRepeatsAndFills) {
  // [1][2][3] to [1][2][4]: rows swapped, each mirrored, a column of 9 behind.
  const std::vector<float> x = {1, 2, 3, 4, 5, 6};
  const Move move{{1, 2, 4}, 9, {{0, 5, 0, {{2, -3, 4}, {3, -1, 1}}}}};
  std::vector<float> y(8);
  MoveValues(move, {x}, y.data());
  EXPECT_EQ(y, (std::vector<float>{6, 5, 4, 9, 3, 2, 1, 9}));
}

TEST(MoveValues, JoinsTwoInputs) {
  const std::vector<float> a = {1, 2}, b = {3, 4, 5};
  const Move move{
      {1, 1, 5}, 0, {{0, 0, 0, {{2, 1, 1}}}, {1, 0, 2, {{3, 1, 1}}}}};
  std::vector<float> y(5);
  MoveValues(move, {a, b}, y.data());
  EXPECT_EQ(y, (std::vector<float>{1, 2, 3, 4, 5}));
}

TEST(ResizeValues, MixesTwoRowsAndTwoColumns) {
  const std::vector<float> x = {0, 4, 8, 12};  // [1][2][2]
  const Resize resize{{{0, 1, 0.25f}}, {{0, 1, 0.5f}, {1, 1, 0}}};
  std::vector<float> y(2);
  ResizeValues(resize, {1, 2, 2}, x.data(), y.data());
  EXPECT_FLOAT_EQ(y[0], 0.75f * 2 + 0.25f * 10);
  EXPECT_FLOAT_EQ(y[1], 0.75f * 4 + 0.25f * 12);
}

// Mean 0 and variance 1 over exactly the values that belong together.
TEST(NormalizeValues, EachSetHasMeanZeroAndVarianceOne) {
  std::vector<float> x;
  for (int i = 0; i < 24; ++i) x.push_back(std::sin(static_cast<float>(i)));
  const Extent e{4, 2, 3};
  std::vector<float> y(24);
  const auto moments = [&](auto member) {
    double sum = 0, squares = 0;
    int n = 0;
    for (int c = 0; c < 4; ++c) {
      for (int i = 0; i < 6; ++i) {
        if (!member(c, i)) continue;
        const double v = y[static_cast<std::size_t>(c * 6 + i)];
        sum += v;
        squares += v * v;
        ++n;
      }
    }
    EXPECT_NEAR(sum / n, 0, 1e-6);
    EXPECT_NEAR(squares / n, 1, 1e-3);
  };
  NormalizeValues({NormalizeOver::kLayer, 2}, e, x.data(), nullptr, nullptr,
                  y.data());
  moments([](int c, int i) { return c < 2 && i == 4; });
  NormalizeValues({NormalizeOver::kInstance}, e, x.data(), nullptr, nullptr,
                  y.data());
  moments([](int c, int) { return c == 3; });
  NormalizeValues({NormalizeOver::kGroup, 2}, e, x.data(), nullptr, nullptr,
                  y.data());
  moments([](int c, int) { return c >= 2; });
}

TEST(NormalizeValues, UncenteredKeepsTheMean) {
  const std::vector<float> x = {3, 4};
  std::vector<float> y(2);
  NormalizeValues({NormalizeOver::kLayer, 1, false, 0}, {2, 1, 1}, x.data(),
                  nullptr, nullptr, y.data());
  EXPECT_NEAR(y[0], 3 / std::sqrt(12.5), 1e-6);
}

// One unit, one feature, weights of 1: by hand.
TEST(RunRecurrent, IsTheEquationOfEachCell) {
  const std::vector<float> ones(4, 1), zeros(4, 0);
  const std::vector<float> x = {0.5f, -1};
  const auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
  const auto run = [&](RecurrentKind kind, bool reverse) {
    const Recurrent op{kind, 1, reverse};
    std::vector<float> y(2);
    RunRecurrent(
        {op, 1, 2, ones.data(), ones.data(), zeros.data(), zeros.data()},
        x.data(), y.data());
    return y;
  };
  const double n0 = std::tanh(0.5);
  const double h0 = (1 - sigmoid(0.5)) * n0;
  EXPECT_NEAR(run(RecurrentKind::kGru, false)[0], h0, 1e-6);
  const double n1 = std::tanh(-1 + sigmoid(-1 + h0) * h0);
  EXPECT_NEAR(run(RecurrentKind::kGru, false)[1],
              (1 - sigmoid(-1 + h0)) * n1 + sigmoid(-1 + h0) * h0, 1e-6);
  const double c0 = sigmoid(0.5) * std::tanh(0.5);
  const double l0 = sigmoid(0.5) * std::tanh(c0);
  EXPECT_NEAR(run(RecurrentKind::kLstm, false)[0], l0, 1e-6);
  EXPECT_NEAR(run(RecurrentKind::kRnn, true)[1], std::tanh(-1), 1e-6);
  EXPECT_NEAR(run(RecurrentKind::kRnn, true)[0], std::tanh(0.5 + std::tanh(-1)),
              1e-6);
}

}  // namespace
}  // namespace edge_int8

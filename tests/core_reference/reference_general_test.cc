// The operators of format version 2, each by a case that fits a head.
#include <gtest/gtest.h>

#include <cmath>

#include "core/reference/run_reference.h"
#include "tests/core_reference/small_graph.h"
#include "tests/testing/random_integer_graph.h"

namespace edge_int8::core {
namespace {

// What `op` makes of the tensors before the last one.
template <class Op>
Values ResultOf(std::vector<TensorSpec> tensors, const Op& op,
                const std::vector<Values>& inputs) {
  IntegerGraph g;
  g.tensors = std::move(tensors);
  g.exp_tables = RealExpTables();
  std::vector<Values> values = inputs;
  values.resize(g.tensors.size());
  if constexpr (std::is_same_v<Op, AddOp>) {
    return ReferenceAdd(g, op, values);
  } else if constexpr (std::is_same_v<Op, RequantizeOp>) {
    return ReferenceRequantize(g, op, values);
  } else if constexpr (std::is_same_v<Op, MultiplyOp>) {
    return ReferenceMultiply(g, op, values);
  } else if constexpr (std::is_same_v<Op, MatMulOp>) {
    return ReferenceMatMul(g, op, values);
  } else if constexpr (std::is_same_v<Op, SoftmaxOp>) {
    return ReferenceSoftmax(g, op, values);
  } else if constexpr (std::is_same_v<Op, NormalizeOp>) {
    return ReferenceNormalize(g, op, values);
  } else if constexpr (std::is_same_v<Op, WindowPoolOp>) {
    return ReferenceWindowPool(g, op, values);
  } else if constexpr (std::is_same_v<Op, MoveOp>) {
    return ReferenceMove(g, op, values);
  } else if constexpr (std::is_same_v<Op, ResizeOp>) {
    return ReferenceResize(g, op, values);
  } else {
    return ReferenceRecurrent(g, op, values);
  }
}

TEST(ReferenceAdd, RepeatsAndSubtractsTerms) {
  // x[c][w] minus y[w], in halves.
  const AddOp op = {{{0, false, {}}, {1, false, {}, true}}, 2, 1, Plain()};
  EXPECT_EQ(ResultOf({Spec(2, 1, 2), Spec(1, 1, 2), Spec(2, 1, 2)}, op,
                     {{10, 20, 30, 41}, {2, 6}}),
            (Values{4, 7, 14, 18}));  // 17.5 goes up
}

TEST(ReferenceRequantize, TakesTheZeroPointOffAndLooksUp) {
  RequantizeOp op = {0, 1, kTimesHalf, Plain()};
  op.activation.zero = 5;
  EXPECT_EQ(ResultOf({Spec(1, 1, 3, Type::kU8, 100), Spec(1, 1, 3)}, op,
                     {{100, 103, 0}}),
            (Values{5, 7, -45}));  // 1.5 goes up
}

TEST(ReferenceMultiply, RepeatsAnExtentOfOne) {
  const MultiplyOp op = {0, 1, 2, kTimesOne, Plain()};
  EXPECT_EQ(
      ResultOf({Spec(2, 1, 2, Type::kU8, 10), Spec(2, 1, 1), Spec(2, 1, 2)}, op,
               {{11, 12, 13, 9}, {100, -3}}),
      (Values{100, 200, -9, 3}));
}

// y[n][t][m] = sum over k of a[k][t][m] b[k][t][n].
TEST(ReferenceMatMul, ContractsChannels) {
  const MatMulOp op = {0, 1, 2, kTimesOne, Plain()};
  EXPECT_EQ(
      ResultOf({Spec(2, 1, 2, Type::kU8, 1), Spec(2, 1, 3), Spec(3, 1, 2)}, op,
               {{2, 3, 4, 5}, {1, 2, 3, 10, 20, 30}}),
      (Values{31, 42, 62, 84, 93, 126}));
  // One b for both rows.
  EXPECT_EQ(ResultOf({Spec(1, 2, 1), Spec(1, 1, 2), Spec(2, 2, 1)}, op,
                     {{3, 4}, {10, 100}}),
            (Values{30, 40, 300, 400}));
}

TEST(ReferenceSoftmax, GoesAlongAnyAxis) {
  // 2839 is ln 2: a pair of them is 2/3 and 1/3 (softmax_test.cc).
  const std::vector<TensorSpec> tensors = {Spec(2, 2, 2), Spec(2, 2, 2)};
  const auto along = [&](int axis) {
    SoftmaxOp op = {0, 1, axis, 0, kTimesOne};
    const int place = 4 >> axis;  // the stride of an axis
    Values x(8, 0);
    for (int i = 0; i < 8; ++i) {
      if ((i & place) == 0) x[static_cast<std::size_t>(i)] = 2839;
    }
    const Values p = ResultOf(tensors, op, {x});
    for (int i = 0; i < 8; ++i) {
      EXPECT_EQ(p[static_cast<std::size_t>(i)],
                (i & place) == 0 ? 21844 : 10923);
    }
  };
  for (const int axis : {0, 1, 2}) along(axis);
  // Twice the units with one extra bit: 1/3 is 21845.
  EXPECT_EQ(ResultOf({Spec(1, 1, 3), Spec(1, 1, 3)},
                     SoftmaxOp{0, 1, 2, 1, kTimesOne}, {{7, 7, 7}}),
            (Values{21845, 21845, 21845}));
}

NormalizeOp PlainNorm(NormalizeOver over, int channels, int groups = 1) {
  NormalizeOp op;
  op.output = 1;
  op.over = over;
  op.groups = groups;
  op.gain.assign(static_cast<std::size_t>(channels), 1);
  op.bias.assign(static_cast<std::size_t>(channels), 0);
  op.scale = kTimesOne;
  op.activation = Plain();
  return op;
}

// Sets of two values one apart are at -1 and 1 sigma, 4096 units, less what an
// epsilon of 1 is: 4 * variance is 1 of 2, so 1 / sqrt(2) of it.
TEST(ReferenceNormalize, TakesItsSetOfValues) {
  const std::vector<TensorSpec> tensors = {Spec(4, 1, 2), Spec(4, 1, 2)};
  const Values x = {0, 1000, 100, 1100, 5000, 7000, 5100, 7100};
  const int32_t one = 4096;
  const auto normal = [&](NormalizeOver over, int groups = 1) {
    return ResultOf(tensors, PlainNorm(over, 4, groups), {x});
  };
  // Channels {0, 1} and {2, 3} at a place are 100 apart.
  EXPECT_EQ(normal(NormalizeOver::kLayer, 2),
            (Values{-one, -one, one, one, -one, -one, one, one}));
  EXPECT_EQ(normal(NormalizeOver::kInstance),
            (Values{-one, one, -one, one, -one, one, -one, one}));
  // {0, 1000, 100, 1100}: mean 550, sigma 502.49.
  const Values group = normal(NormalizeOver::kGroup, 2);
  EXPECT_EQ(group[0], std::lround(-4096 * 550 / std::sqrt(252500.0)));
  EXPECT_EQ(group[3], std::lround(4096 * 550 / std::sqrt(252500.0)));
}

TEST(ReferenceNormalize, EpsilonGainBiasAndNoMean) {
  const std::vector<TensorSpec> tensors = {Spec(2, 1, 1), Spec(2, 1, 1)};
  NormalizeOp op = PlainNorm(NormalizeOver::kLayer, 2);
  // V = 2 * 1 - 1 + 1 = 2, distances -1 and 1: 4096 / sqrt(2) = 2896.3.
  EXPECT_EQ(ResultOf(tensors, op, {{0, 1}}), (Values{-2896, 2896}));
  op.gain = {2, -1};
  op.bias = {10, 0};
  EXPECT_EQ(ResultOf(tensors, op, {{0, 1}}), (Values{-5782, -2896}));
  // Not centered: 3 and 4 over sqrt(25 / 2).
  op = PlainNorm(NormalizeOver::kLayer, 2);
  op.centered = false;
  EXPECT_EQ(
      ResultOf(tensors, op, {{300, 400}}),
      (Values{static_cast<int32_t>(std::lround(4096 * 3 / std::sqrt(12.5))),
              static_cast<int32_t>(std::lround(4096 * 4 / std::sqrt(12.5)))}));
}

TEST(ReferenceWindowPool, LargestAndSum) {
  const std::vector<TensorSpec> tensors = {Spec(1, 2, 3, Type::kU8, 10),
                                           Spec(1, 1, 2)};
  const Values x = {1, 20, 3, 4, 5, 60};
  WindowPoolOp op = {0, 1, PoolKind::kMax, {{0, 2}}, {{0, 2}, {2, 3}}, {}, {}};
  EXPECT_EQ(ResultOf(tensors, op, {x}), (Values{20, 60}));
  op.kind = PoolKind::kAverage;
  op.activation = Plain();
  op.scale = {kTimesOne};
  EXPECT_EQ(ResultOf(tensors, op, {x}), (Values{-10, 43}));
  op.scale = {kTimesHalf, kTimesOne};
  EXPECT_EQ(ResultOf(tensors, op, {x}), (Values{-5, 43}));
}

TEST(ReferenceMove, FillsMirrorsAndRepeats) {
  // [a b c] mirrored at columns 1 to 3, then a repeated twice, in 7 columns.
  const MoveOp op = {1, 9, {{0, 2, 1, {{3, -1, 1}}}, {0, 0, 4, {{2, 0, 1}}}}};
  EXPECT_EQ(ResultOf({Spec(1, 1, 3), Spec(1, 1, 7)}, op, {{1, 2, 3}}),
            (Values{9, 3, 2, 1, 1, 1, 9}));
  // A transpose is two strides; no dims are one value.
  const MoveOp turn = {1, 0, {{0, 0, 0, {{2, 1, 3}, {3, 2, 1}}}}};
  EXPECT_EQ(
      ResultOf({Spec(1, 3, 2), Spec(1, 2, 3)}, turn, {{1, 2, 3, 4, 5, 6}}),
      (Values{1, 3, 5, 2, 4, 6}));
}

TEST(ReferenceResize, MixesFourNeighbours) {
  ResizeOp op = {0, 1, {{0, 1, 128}}, {{0, 0, 7}, {0, 1, 64}}, {}, Plain()};
  op.scale = {1 << 30, 30 + 16};
  // Between rows: 40 and 60; three quarters of the first column.
  EXPECT_EQ(ResultOf({Spec(1, 2, 2, Type::kU8, 10), Spec(1, 1, 2)}, op,
                     {{10, 30, 90, 110}}),
            (Values{40, 45}));
}

// An RNN whose tanh is 4 times its argument: h' = 4 (x + h / 8).
TEST(ReferenceRecurrent, RunsBothWays) {
  RecurrentOp op = {0, 1, RecurrentKind::kRnn};
  op.input_weights = {1};
  op.recurrent_weights = {1};
  op.input_bias = {0};
  op.recurrent_bias = {0};
  op.input_scale = {kTimesOne};
  op.recurrent_scale = {{1 << 30, 33}};
  for (int i = 0; i < kInterpolateEntries; ++i) {
    op.tanh.push_back(static_cast<int16_t>(
        std::min(32767, std::max(-32767, 4 * (16 * i - 32768)))));
  }
  const std::vector<TensorSpec> tensors = {Spec(1, 1, 3, Type::kU8, 10),
                                           Spec(1, 1, 3)};
  EXPECT_EQ(ResultOf(tensors, op, {{18, 10, 12}}), (Values{32, 16, 16}));
  op.reverse = true;
  EXPECT_EQ(ResultOf(tensors, op, {{18, 10, 12}}), (Values{36, 4, 8}));
}

// Two units, two inputs: rows of the weights are gate * hidden + unit.
TEST(ReferenceRecurrent, RowsAreGateThenUnit) {
  RecurrentOp op = {0, 1, RecurrentKind::kLstm};
  op.input_weights.assign(8 * 2, 0);
  op.recurrent_weights.assign(8 * 2, 0);
  op.input_weights[(2 * 2 + 1) * 2] = 1;  // gate g of unit 1 reads input 0
  op.input_bias.assign(8, 0);
  op.recurrent_bias.assign(8, 0);
  op.input_scale.assign(8, kTimesOne);
  op.recurrent_scale.assign(8, kTimesOne);
  op.sigmoid.assign(kInterpolateEntries, 16384);
  for (int i = 0; i < kInterpolateEntries; ++i) {
    op.tanh.push_back(static_cast<int16_t>(
        std::min(32767, std::max(-32767, 16 * (16 * i - 32768)))));
  }
  // g = 16 * 64 = 1/32, i * g is 1/64 = 32 of 2^-11; tanh of it 512, half of
  // it.
  EXPECT_EQ(ResultOf({Spec(2, 1, 1), Spec(2, 1, 1)}, op, {{64, 1000}}),
            (Values{0, 256}));
}

TEST(ReferenceConstant, IsItsValues) {
  EXPECT_EQ(ReferenceConstant({0, {3, -4}}), (Values{3, -4}));
}

}  // namespace
}  // namespace edge_int8::core

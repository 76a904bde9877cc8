// Breaks each rule of validate_values.cc and validate_recurrent.cc once, and
// what version 2 says of tensors and ends.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/core_container/every_operator.h"

namespace edge_int8::core {
namespace {

Result At(Status status, int op, int item = -1) { return {status, op, item}; }

TEST(ValidateValues, TheGraphToBreakIsValid) {
  EXPECT_EQ(ValidateGraph(EveryOperatorGraph()), Result{});
}

TEST(ValidateValues, Requantize) {
  const auto after = [](const std::function<void(RequantizeOp*)>& change) {
    return AfterChange(kRequantizes, change);
  };
  EXPECT_EQ(after([](auto* op) { op->input = 5; }),
            At(Status::kReadBeforeWrite, 0, 5));
  EXPECT_EQ(after([](auto* op) { op->output = 4; }),
            At(Status::kExtentMismatch, 0, 4));
  EXPECT_EQ(after([](auto* op) { op->scale.shift = 0; }),
            At(Status::kMultiplierRange, 0, 0));
  EXPECT_EQ(after([](auto* op) { op->activation.low = -32769; }),
            At(Status::kActivationRange, 0));
  EXPECT_EQ(AfterGraphChange([](auto* g) { g->tensors[1].type = Type::kS8; }),
            At(Status::kTableValue, 0, 1));
  EXPECT_EQ(AfterGraphChange([](auto* g) { g->tensors[1].type = Type::kS32; }),
            At(Status::kResultType, 0, 1));
}

TEST(ValidateValues, MultiplyBroadcastsOnlyOnes) {
  EXPECT_EQ(AfterChange<MultiplyOp>(kMultiplies, [](auto* op) { op->b = 13; }),
            At(Status::kReadBeforeWrite, kMultiplies, 13));
  const auto with_x = [](int c, int h, int w) {
    return AfterGraphChange([=](auto* g) {
      g->tensors.push_back({"c", c, h, w, Type::kS8, 0});
      ConstantOp held = {
          14, std::vector<int16_t>(static_cast<std::size_t>(c * h * w), 1)};
      g->ops.insert(g->ops.begin(), held);
      std::get<MultiplyOp>(g->ops[2]).b = 14;
    });
  };
  for (const int c : {1, 4}) {
    for (const int h : {1, 3}) {
      for (const int w : {1, 5}) EXPECT_EQ(with_x(c, h, w), Result{});
    }
  }
  EXPECT_EQ(with_x(2, 1, 1), At(Status::kExtentMismatch, 2, 1));
  EXPECT_EQ(with_x(1, 1, 6), At(Status::kExtentMismatch, 2, 1));
}

// The result may be no larger than the largest operand.
TEST(ValidateValues, BroadcastMakesNothingOfItsOwn) {
  EXPECT_EQ(AfterGraphChange([](auto* g) {
              g->tensors.push_back({"c", 1, 3, 5, Type::kS8, 0});
              g->ops.insert(g->ops.begin(),
                            ConstantOp{14, std::vector<int16_t>(15, 1)});
              std::get<MultiplyOp>(g->ops[2]) = {14, 14, 2, kHalf, kWords};
            }),
            At(Status::kExtentMismatch, 2, 2));
}

TEST(ValidateValues, MatMulExtents) {
  const auto after = [](const std::function<void(MatMulOp*)>& change) {
    return AfterChange(kMultipliesMatrices, change);
  };
  EXPECT_EQ(AfterGraphChange([](auto* g) { g->tensors[4].channels = 4; }),
            At(Status::kExtentMismatch, kMultipliesMatrices, 4));
  EXPECT_EQ(after([](auto* op) { op->scale.mantissa = 5; }),
            At(Status::kMultiplierRange, kMultipliesMatrices, 0));
  EXPECT_EQ(AfterGraphChange(
                [](auto* g) { std::get<MatMulOp>(g->ops[kWeighs]).b = 3; }),
            At(Status::kExtentMismatch, kWeighs, 3));  // 4 channels, not 5
}

// Five products of 16-bit values leave 32 bits unless one side is a row of
// probabilities, whatever way it was turned.
TEST(ValidateValues, MatMulAccumulators) {
  EXPECT_EQ(AfterChange<MatMulOp>(kWeighs, [](auto* op) { op->a = 4; }),
            At(Status::kAccumulatorRange, kWeighs));
  EXPECT_EQ(AfterChange<SoftmaxOp>(kSoftmaxes, [](auto* op) { op->axis = 2; }),
            At(Status::kAccumulatorRange, kWeighs));
  // 2^15 * 32767 values of 2^-3 units are too many again.
  EXPECT_EQ(
      AfterChange<SoftmaxOp>(kSoftmaxes, [](auto* op) { op->extra_bits = 1; }),
      At(Status::kAccumulatorRange, kWeighs));
  EXPECT_EQ(
      AfterGraphChange([](auto* g) {
        std::get<SoftmaxOp>(g->ops[kSoftmaxes]).axis = 2;
        g->tensors.push_back({"turned", 5, 3, 5, Type::kS16, 0});
        g->ops.insert(g->ops.begin() + kWeighs, TransposeOp{5, 14, {2, 1, 0}});
        std::get<MatMulOp>(g->ops[kWeighs + 1]).a = 14;
      }),
      Result{});
}

// The same by a Move, also if it repeats rows; not if it repeats a value.
TEST(ValidateValues, MovedProbabilitiesKeepTheirSums) {
  const auto moved = [](const std::vector<MoveDim>& dims) {
    return AfterGraphChange([&](auto* g) {
      std::get<SoftmaxOp>(g->ops[kSoftmaxes]).axis = 2;
      g->tensors.push_back({"moved", 5, 3, 5, Type::kS16, 0});
      g->ops.insert(g->ops.begin() + kWeighs, MoveOp{14, 0, {{5, 0, 0, dims}}});
      std::get<MatMulOp>(g->ops[kWeighs + 1]).a = 14;
    });
  };
  EXPECT_EQ(moved({{5, 15, 1}, {3, 5, 5}, {5, 1, 15}}), Result{});
  EXPECT_EQ(moved({{5, 15, 1}, {3, 0, 5}, {5, 1, 15}}), Result{});
  EXPECT_EQ(moved({{5, 15, 1}, {3, 5, 5}, {5, 0, 15}}),
            At(Status::kAccumulatorRange, kWeighs + 1));
  EXPECT_EQ(moved({{5, 15, 15}, {3, 5, 5}, {5, 1, 1}}),
            At(Status::kAccumulatorRange, kWeighs + 1));
}

// 2,000 probabilities times 127 fit, as many free 16-bit values don't.
TEST(ValidateValues, ConvolutionsOfProbabilities) {
  IntegerGraph g;
  g.exp_tables = RealExpTables();
  g.tensors = {{"x", 2000, 1, 1, Type::kU8, 0},
               {"p", 2000, 1, 1, Type::kS16, 0},
               {"y", 1, 1, 1, Type::kS16, 0}};
  ConvOp conv;
  conv.input = 1;
  conv.output = 2;
  conv.weights.assign(2000, 127);
  conv.bias = {0};
  conv.scale = {kHalf};
  conv.activation = kWords;
  g.ops = {SoftmaxOp{0, 1, 0, 0, kHalf}, conv};
  g.output = 2;
  EXPECT_EQ(ValidateGraph(g), Result{});
  std::get<SoftmaxOp>(g.ops[0]).axis = 1;
  EXPECT_EQ(ValidateGraph(g), At(Status::kAccumulatorRange, 1, 0));
}

TEST(ValidateValues, Softmax) {
  const auto after = [](const std::function<void(SoftmaxOp*)>& change) {
    return AfterChange(kSoftmaxes, change);
  };
  for (const int axis : {-1, 3}) {
    EXPECT_EQ(after([&](auto* op) { op->axis = axis; }),
              At(Status::kAxisOrder, kSoftmaxes));
  }
  for (const int bits : {-1, 13}) {
    EXPECT_EQ(after([&](auto* op) { op->extra_bits = bits; }),
              At(Status::kExtraBits, kSoftmaxes));
  }
  EXPECT_EQ(after([](auto* op) { op->logit.shift = 63; }),
            At(Status::kMultiplierRange, kSoftmaxes, 0));
  EXPECT_EQ(AfterGraphChange([](auto* g) { g->tensors[5].type = Type::kU8; }),
            At(Status::kResultType, kSoftmaxes, 5));
  EXPECT_EQ(AfterGraphChange([](auto* g) { g->exp_tables.fine[0] = 1; }).status,
            Status::kBadExpTable);
  const auto of_length = [](int32_t length) {
    IntegerGraph g;
    g.exp_tables = RealExpTables();
    g.tensors = {{"x", 1, length, 1, Type::kU8, 0},
                 {"y", 1, length, 1, Type::kS16, 0}};
    g.ops = {SoftmaxOp{0, 1, 1, 12, kHalf}};
    g.output = 1;
    return ValidateGraph(g);
  };
  EXPECT_EQ(of_length(65536), Result{});
  EXPECT_EQ(of_length(65537), At(Status::kRowLength, 0));
}

TEST(ValidateValues, Normalize) {
  const auto after = [](const std::function<void(NormalizeOp*)>& change) {
    return AfterChange(kNormalizes, change);
  };
  const auto at = [](Status status, int item = -1) {
    return At(status, kNormalizes, item);
  };
  EXPECT_EQ(after([](auto* op) { op->over = static_cast<NormalizeOver>(3); }),
            at(Status::kUnknownKind));
  for (const int groups : {0, 3, -4}) {
    EXPECT_EQ(after([&](auto* op) { op->groups = groups; }),
              at(Status::kGroupCount));
  }
  for (const int64_t epsilon : {int64_t{0}, kMaxEpsilon + 1}) {
    EXPECT_EQ(after([&](auto* op) { op->epsilon = epsilon; }),
              at(Status::kEpsilonRange));
  }
  EXPECT_EQ(after([](auto* op) { op->gain.pop_back(); }),
            at(Status::kChannelCount));
  EXPECT_EQ(after([](auto* op) { op->bias.pop_back(); }),
            at(Status::kChannelCount));
  EXPECT_EQ(after([](auto* op) { op->gain[2] = -8192; }),
            at(Status::kGainRange, 2));
  EXPECT_EQ(after([](auto* op) { op->bias[1] = 1 << 30; }),
            at(Status::kBiasRange, 1));
  EXPECT_EQ(after([](auto* op) { op->scale.shift = 0; }),
            at(Status::kMultiplierRange, 0));
  EXPECT_EQ(AfterGraphChange([](auto* g) { g->tensors[7].width = 4; }),
            at(Status::kExtentMismatch, 7));
}

IntegerGraph NormOf(int32_t channels, int16_t gain, int32_t bias) {
  IntegerGraph g;
  g.tensors = {{"x", channels, 1, 1, Type::kU8, 0},
               {"y", channels, 1, 1, Type::kS16, 0}};
  NormalizeOp op = {0, 1};
  op.gain.assign(static_cast<std::size_t>(channels), gain);
  op.bias.assign(static_cast<std::size_t>(channels), bias);
  op.scale = kHalf;
  op.activation = kWords;
  g.ops = {op};
  g.output = 1;
  return g;
}

// 2^12 * sqrt(4096) is 2^18, and 2^18 + 2 times 8191 is 262,142 below 2^31.
TEST(ValidateValues, NormalizedValuesTimesGainsFit32Bits) {
  const int32_t room = 2147483647 - 262146 * 8191;
  EXPECT_EQ(ValidateGraph(NormOf(4096, 8191, room)), Result{});
  EXPECT_EQ(ValidateGraph(NormOf(4096, -8191, -room - 1)),
            At(Status::kAccumulatorRange, 0, 0));
  EXPECT_EQ(ValidateGraph(NormOf(4097, 8191, room)),
            At(Status::kAccumulatorRange, 0, 0));
}

// 255 * 2^22 is below 2^30, and 255 * (2^22 + 2^17) is not.
TEST(ValidateValues, NormalizedSumsAreBelow2To30) {
  EXPECT_EQ(ValidateGraph(NormOf(1 << 22, 100, 0)), Result{});
  EXPECT_EQ(ValidateGraph(NormOf((1 << 22) + (1 << 17), 100, 0)),
            At(Status::kAccumulatorRange, 0));
}

TEST(ValidateValues, Recurrent) {
  const auto after = [](const std::function<void(RecurrentOp*)>& change) {
    return AfterChange(kRecurs, change);
  };
  const auto at = [](Status status, int item = -1) {
    return At(status, kRecurs, item);
  };
  EXPECT_EQ(after([](auto* op) { op->kind = static_cast<RecurrentKind>(3); }),
            at(Status::kUnknownKind));
  EXPECT_EQ(after([](auto* op) { op->kind = RecurrentKind::kLstm; }),
            at(Status::kWeightCount));
  EXPECT_EQ(after([](auto* op) { op->weight_bits = 5; }),
            at(Status::kWeightBits));
  EXPECT_EQ(after([](auto* op) { op->weight_bits = 4; }),
            at(Status::kWeightRange, 0));
  EXPECT_EQ(after([](auto* op) { op->input_weights.pop_back(); }),
            at(Status::kWeightCount));
  EXPECT_EQ(after([](auto* op) { op->recurrent_weights.push_back(0); }),
            at(Status::kWeightCount));
  EXPECT_EQ(after([](auto* op) { op->input_bias.pop_back(); }),
            at(Status::kChannelCount));
  EXPECT_EQ(after([](auto* op) { op->recurrent_bias[3] = -(1 << 30); }),
            at(Status::kBiasRange, 3));
  EXPECT_EQ(after([](auto* op) { op->input_scale.pop_back(); }),
            at(Status::kChannelCount));
  EXPECT_EQ(after([](auto* op) { op->recurrent_scale[1].shift = 0; }),
            at(Status::kMultiplierRange, 1));
  EXPECT_EQ(after([](auto* op) { op->sigmoid[7] = -1; }),
            at(Status::kGateTable));
  EXPECT_EQ(after([](auto* op) { op->tanh[7] = -32768; }),
            at(Status::kGateTable));
  EXPECT_EQ(after([](auto* op) { op->sigmoid.pop_back(); }),
            at(Status::kTableSize));
  EXPECT_EQ(after([](auto* op) { op->tanh.clear(); }), at(Status::kTableSize));
  EXPECT_EQ(after([](auto* op) { op->input = 11; }),
            at(Status::kExtentMismatch, 11));
  EXPECT_EQ(AfterGraphChange([](auto* g) { g->tensors[12].type = Type::kS8; }),
            at(Status::kResultType, 12));
  EXPECT_EQ(AfterGraphChange([](auto* g) { g->tensors[12].width = 7; }),
            at(Status::kExtentMismatch, 12));
}

// 520 weights of 127 and h of 32767 leave 32 bits; 512 do not.
TEST(ValidateValues, RecurrentAccumulators) {
  const auto of = [](int32_t hidden) {
    IntegerGraph g;
    g.tensors = {{"x", 1, 1, 1, Type::kU8, 0},
                 {"h", hidden, 1, 1, Type::kS16, 0}};
    RecurrentOp op = {0, 1, RecurrentKind::kRnn};
    const auto rows = static_cast<std::size_t>(hidden);
    op.input_weights.assign(rows, 1);
    op.recurrent_weights.assign(rows * rows, 127);
    op.input_bias.assign(rows, 0);
    op.recurrent_bias.assign(rows, 0);
    op.input_scale.assign(rows, kHalf);
    op.recurrent_scale.assign(rows, kHalf);
    op.tanh.assign(kInterpolateEntries, 0);
    g.ops = {op};
    g.output = 1;
    return ValidateGraph(g);
  };
  EXPECT_EQ(of(512), Result{});
  EXPECT_EQ(of(520), At(Status::kAccumulatorRange, 0, 0));
}

TEST(ValidateValues, Constant) {
  const auto after = [](const std::function<void(ConstantOp*)>& change) {
    return AfterChange(kHolds, change);
  };
  EXPECT_EQ(after([](auto* op) { op->values.pop_back(); }),
            At(Status::kExtentMismatch, kHolds, 13));
  EXPECT_EQ(after([](auto* op) { op->values[1] = 128; }),
            At(Status::kTableValue, kHolds, 13));
  EXPECT_EQ(AfterGraphChange([](auto* g) { g->tensors[13].type = Type::kS32; }),
            At(Status::kResultType, kHolds, 13));
}

TEST(ValidateValues, RealScales) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float bad : {0.0f, -1.0f, kInfinity, std::nanf("")}) {
    EXPECT_EQ(AfterGraphChange([&](auto* g) { g->tensors[2].scales = {bad}; }),
              At(Status::kBadScale, -1, 2));
    if (bad == 0) continue;  // of a pre-activation: unknown
    EXPECT_EQ(
        AfterChange<RequantizeOp>(
            kRequantizes, [&](auto* op) { op->activation.pre_scale = bad; }),
        At(Status::kBadScale, kRequantizes));
  }
  const auto with = [](std::size_t count) {
    return AfterGraphChange(
        [&](auto* g) { g->tensors[2].scales.assign(count, 0.5f); });
  };
  for (const std::size_t count : {0u, 1u, 2u, 4u}) {
    EXPECT_EQ(with(count), Result{});
  }
  for (const std::size_t count : {3u, 8u}) {
    EXPECT_EQ(with(count), At(Status::kBadScale, -1, 2));
  }
}

TEST(ValidateValues, ShapesHaveTheirTensorsSize) {
  const auto input = [](std::vector<int32_t> shape) {
    return AfterGraphChange([&](auto* g) { g->input_shape = shape; });
  };
  EXPECT_EQ(input({60}), Result{});
  EXPECT_EQ(input({1, 3, 1, 20}), Result{});
  for (const std::vector<int32_t>& bad :
       std::vector<std::vector<int32_t>>{{61},
                                         {-6, -10},
                                         {0, 60},
                                         {1 << 30, 1 << 30, 1 << 30, 60},
                                         {1, 1, 1, 1, 1, 1, 1, 1, 60}}) {
    EXPECT_EQ(input(bad), At(Status::kBadShape, -1, 0));
    EXPECT_EQ(AfterGraphChange([&](auto* g) { g->output_shape = bad; }),
              At(Status::kBadShape, -1, 12));
  }
}

}  // namespace
}  // namespace edge_int8::core

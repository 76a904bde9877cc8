// One broken rule at a time, made from a graph that is valid: the rules on each
// operator.
#include <gtest/gtest.h>

#include <limits>

#include "tests/core_container/changed_sample.h"

namespace edge_int8::core {
namespace {

TEST(ValidateOps, ConvolutionTypes) {
  EXPECT_EQ(After([](IntegerGraph* g) {
              ConvOp op = std::get<ConvOp>(g->ops[kCausal]);
              op.input = std::get<PoolOp>(g->ops[kPool]).output;
              op.output = g->output;
              g->ops[kPose] = op;
            }),
            (Result{Status::kOperandType, kPose, 11}));
  EXPECT_EQ(After([](IntegerGraph* g) { g->tensors[2].type = Type::kS32; }),
            (Result{Status::kResultType, kBranch, 2}));
}

TEST(ValidateOps, ConvolutionGeometry) {
  const auto geometry = [](const std::function<void(ConvGeometry*)>& change) {
    return AfterOp<ConvOp>(kCausal, [&](auto* op) { change(&op->geometry); });
  };
  const Result bad = {Status::kBadGeometry, kCausal, -1};
  EXPECT_EQ(geometry([](auto* g) { g->kernel_h = 0; }), bad);
  EXPECT_EQ(geometry([](auto* g) { g->stride_w = 0; }), bad);
  EXPECT_EQ(geometry([](auto* g) { g->dilation_w = -1; }), bad);
  EXPECT_EQ(geometry([](auto* g) { g->pad_left = -1; }), bad);
  EXPECT_EQ(geometry([](auto* g) { g->pad_left = kMaxGeometry + 1; }), bad);
  EXPECT_EQ(geometry([](auto* g) { g->groups = 0; }), bad);
  EXPECT_EQ(geometry([](auto* g) { g->groups = 3; }), bad);
  const Result mismatch = {Status::kExtentMismatch, kCausal, 1};
  EXPECT_EQ(geometry([](auto* g) { g->pad_left = 3; }), mismatch);
  EXPECT_EQ(geometry([](auto* g) { g->stride_w = 2; }), mismatch);
  EXPECT_EQ(geometry([](auto* g) { g->kernel_h = 2; }), mismatch);
  EXPECT_EQ(geometry([](auto* g) { g->dilation_w = kMaxGeometry; }), mismatch);
}

TEST(ValidateOps, ConvolutionWeights) {
  const auto conv = [](std::size_t at,
                       const std::function<void(ConvOp*)>& change) {
    return AfterOp<ConvOp>(at, change);
  };
  for (const int bits : {0, 1, 5, 9}) {
    EXPECT_EQ(conv(kCausal, [&](auto* op) { op->weight_bits = bits; }).status,
              Status::kWeightBits);
  }
  for (const int bits : {4, 3, 2}) {
    const int limit = (1 << (bits - 1)) - 1;
    const auto with = [&](int weight) {
      return conv(kCausal, [&](auto* op) {
        op->weight_bits = bits;
        op->weights.assign(op->weights.size(), static_cast<int8_t>(weight));
      });
    };
    EXPECT_EQ(with(-limit), Result{}) << bits;
    EXPECT_EQ(with(limit + 1), (Result{Status::kWeightRange, kCausal, 0}));
  }
  EXPECT_EQ(conv(kCausal, [](auto* op) { op->weights.push_back(0); }).status,
            Status::kWeightCount);
  EXPECT_EQ(conv(kCausal, [](auto* op) { op->weights.clear(); }).status,
            Status::kWeightCount);
  EXPECT_EQ(conv(kCausal, [](auto* op) { op->weights[5] = -128; }),
            (Result{Status::kWeightRange, kCausal, 5}));
  EXPECT_EQ(conv(kWide, [](auto* op) { op->weights[8] = 8; }),
            (Result{Status::kWeightRange, kWide, 8}));
  EXPECT_EQ(conv(kWide, [](auto* op) { op->weights[8] = -8; }),
            (Result{Status::kWeightRange, kWide, 8}));
  EXPECT_EQ(conv(kCausal, [](auto* op) { op->bias.pop_back(); }).status,
            Status::kChannelCount);
  EXPECT_EQ(conv(kCausal, [](auto* op) { op->scale.pop_back(); }).status,
            Status::kChannelCount);
  EXPECT_EQ(conv(kCausal, [](auto* op) { op->bias[3] = 1 << 30; }),
            (Result{Status::kBiasRange, kCausal, 3}));
  EXPECT_EQ(conv(kCausal, [](auto* op) { op->bias[3] = INT32_MIN; }),
            (Result{Status::kBiasRange, kCausal, 3}));
}

TEST(ValidateOps, Multipliers) {
  const auto scale = [](Multiplier m) {
    return AfterOp<ConvOp>(kCausal, [&](auto* op) { op->scale[2] = m; });
  };
  const Result bad = {Status::kMultiplierRange, kCausal, 2};
  EXPECT_EQ(scale({0, 1}), Result{});
  EXPECT_EQ(scale({1 << 30, 1}), Result{});
  EXPECT_EQ(scale({INT32_MAX, 62}), Result{});
  EXPECT_EQ(scale({(1 << 30) - 1, 31}), bad);
  EXPECT_EQ(scale({-(1 << 30), 31}), bad);
  EXPECT_EQ(scale({1 << 30, 0}), bad);
  EXPECT_EQ(scale({1 << 30, 63}), bad);
}

// Whatever its sign, one unit of bias more than fits is refused.
TEST(ValidateOps, AccumulatorsAreBoundToTheUnit) {
  IntegerGraph g;
  const int32_t n = 66000;
  g.tensors = {{"", n, 1, 1, Type::kU8, 0},
               {"", 1, 1, 1, Type::kS16, 0},
               {"", 1, 1, 1, Type::kS32, 0}};
  ConvOp conv;
  conv.output = 1;
  conv.weights.assign(n, 127);
  conv.weights[7] = -127;  // Signs don't help: partial sums count.
  const int64_t room = (int64_t{1} << 31) - 1 - int64_t{n} * 127 * 255;
  conv.bias = {static_cast<int32_t>(-room)};
  conv.scale = {{1 << 30, 40}};
  g.ops = {conv, PoolOp{1, 2, 1, {}}};
  g.output = 2;
  EXPECT_EQ(ValidateGraph(g), Result{});
  --std::get<ConvOp>(g.ops[0]).bias[0];
  EXPECT_EQ(ValidateGraph(g), (Result{Status::kAccumulatorRange, 0, 0}));
}

TEST(ValidateOps, ActivationRangesAndTables) {
  const auto activation = [](std::size_t at,
                             const std::function<void(Activation*)>& change) {
    return AfterOp<ConvOp>(at, [&](auto* op) { change(&op->activation); })
        .status;
  };
  const Status range = Status::kActivationRange;
  EXPECT_EQ(activation(kCausal, [](auto* a) { a->low = 256; }), range);
  EXPECT_EQ(activation(kCausal, [](auto* a) { a->high = 32768; }), range);
  EXPECT_EQ(activation(kCausal, [](auto* a) { a->low = -32769; }), range);
  EXPECT_EQ(activation(kCausal, [](auto* a) { a->zero = 40000; }), range);
  EXPECT_EQ(
      activation(kCausal, [](auto* a) { a->kind = static_cast<TableKind>(3); }),
      range);
  const Status size = Status::kTableSize;
  EXPECT_EQ(activation(kCausal, [](auto* a) { a->table.pop_back(); }), size);
  EXPECT_EQ(activation(kCausal, [](auto* a) { a->high = 254; }), size);
  EXPECT_EQ(activation(kCausal, [](auto* a) { a->kind = TableKind::kNone; }),
            size);
  EXPECT_EQ(activation(kCausal,
                       [](auto* a) {
                         a->high = 99;
                         a->table.resize(100);
                       }),
            size);
  EXPECT_EQ(activation(kHead, [](auto* a) { a->table.push_back(0); }), size);
  const Status value = Status::kTableValue;
  EXPECT_EQ(activation(kCausal, [](auto* a) { a->table[17] = 256; }), value);
  EXPECT_EQ(activation(kCausal, [](auto* a) { a->table[17] = -1; }), value);
  EXPECT_EQ(activation(kQkv, [](auto* a) { a->high = 128; }), value);
}

TEST(ValidateOps, Sums) {
  const auto sum = [](const std::function<void(AddOp*)>& change) {
    return AfterOp<AddOp>(kSum, change);
  };
  const auto with = [](Status status, int32_t item = -1) {
    return Result{status, kSum, item};
  };
  EXPECT_EQ(sum([](auto* op) { op->terms.pop_back(); }),
            with(Status::kTermCount));
  EXPECT_EQ(sum([](auto* op) { op->terms.resize(9, op->terms[0]); }),
            with(Status::kTermCount));
  EXPECT_EQ(sum([](auto* op) { op->fraction_bits = 0; }),
            with(Status::kFractionBits));
  EXPECT_EQ(sum([](auto* op) { op->fraction_bits = 16; }),
            with(Status::kFractionBits));
  EXPECT_EQ(sum([](auto* op) { op->terms[1].rescale = false; }),
            with(Status::kOperandType, 1));  // u8 is not in the sum's units
  EXPECT_EQ(sum([](auto* op) { op->terms[1].tensor = 3; }),
            with(Status::kReadBeforeWrite, 3));
  EXPECT_EQ(sum([](auto* op) { op->terms[1].scale.shift = 0; }),
            with(Status::kMultiplierRange, 0));
  // 235 (= 255 - zero point 20) times 2^23 is below 2^31; times 2^24 is not.
  EXPECT_EQ(sum([](auto* op) { op->terms[1].scale = {1 << 30, 7}; }), Result{});
  EXPECT_EQ(sum([](auto* op) {
              op->terms[1].scale = {1 << 30, 6};
            }),
            with(Status::kAccumulatorRange, 1));
  EXPECT_EQ(
      After([](IntegerGraph* g) {
        auto& op = std::get<TransposeOp>(g->ops[kImage]);
        g->ops[kImage] = AddOp{
            {{op.input, true, {}}, {op.input, true, {}}}, op.output, 7, {}};
      }),
      (Result{Status::kExtentMismatch, kImage, 0}));
}

TEST(ValidateOps, Attention) {
  const auto mix = [](const std::function<void(AttentionOp*)>& change) {
    return AfterOp<AttentionOp>(kMix, change).status;
  };
  EXPECT_EQ(mix([](auto* op) { op->input = 5; }), Status::kOperandType);
  EXPECT_EQ(mix([](auto* op) { op->heads = 0; }), Status::kHeadCount);
  EXPECT_EQ(mix([](auto* op) { op->heads = 3; }), Status::kHeadCount);
  EXPECT_EQ(mix([](auto* op) { op->axis = static_cast<AttentionAxis>(2); }),
            Status::kAxisOrder);
  EXPECT_EQ(mix([](auto* op) { op->logit.pop_back(); }), Status::kChannelCount);
  EXPECT_EQ(mix([](auto* op) { op->bias.pop_back(); }), Status::kChannelCount);
  EXPECT_EQ(mix([](auto* op) { op->bias[1] = -(1 << 30); }),
            Status::kBiasRange);
  EXPECT_EQ(mix([](auto* op) { op->scale[1].mantissa = 3; }),
            Status::kMultiplierRange);
  EXPECT_EQ(mix([](auto* op) { op->activation.low = -1; }),
            Status::kTableValue);
  EXPECT_EQ(AfterOp<ConvOp>(kQkv, [](auto* op) { op->activation.low = -128; }),
            (Result{Status::kOperandRange, kMix, -1}));
}

// A graph of one q/k/v convolution and an attention of `length` places.
IntegerGraph OneAttention(int32_t channels, int32_t length) {
  IntegerGraph g = SampleGraph();
  const auto c = static_cast<std::size_t>(channels);
  g.tensors = {{"", 1, 1, length, Type::kU8, 0},
               {"", 3 * channels, 1, length, Type::kS8, 0},
               {"", channels, 1, length, Type::kU8, 0},
               {"", channels, 1, 1, Type::kS32, 0}};
  ConvOp qkv;
  qkv.output = 1;
  qkv.weights.assign(3 * c, 1);
  qkv.bias.assign(3 * c, 0);
  qkv.scale.assign(3 * c, {1 << 30, 31});
  qkv.activation = {0, -127, 127, TableKind::kNone, {}};
  AttentionOp mix;
  mix.input = 1;
  mix.output = 2;
  mix.logit = {{1 << 30, 31}};
  mix.bias.assign(c, 0);
  mix.scale.assign(c, {1 << 30, 45});
  g.ops = {qkv, mix, PoolOp{2, 3, 1, {}}};
  g.output = 3;
  return g;
}

TEST(ValidateOps, AttentionStaysInItsRowsAndIn32Bits) {
  EXPECT_EQ(ValidateGraph(OneAttention(1, kMaxSoftmaxRow)), Result{});
  EXPECT_EQ(ValidateGraph(OneAttention(1, kMaxSoftmaxRow + 1)),
            (Result{Status::kRowLength, 1, -1}));
  // 65,793 * 255 * 128 is the last below 2^31.
  EXPECT_EQ(ValidateGraph(OneAttention(65793, 2)), Result{});
  EXPECT_EQ(ValidateGraph(OneAttention(65794, 2)),
            (Result{Status::kAccumulatorRange, 1, -1}));
}

TEST(ValidateOps, Pools) {
  const auto pool = [](const std::function<void(PoolOp*)>& change) {
    return AfterOp<PoolOp>(kPool, change);
  };
  EXPECT_EQ(pool([](auto* op) { op->bins = 0; }).status, Status::kBinCount);
  EXPECT_EQ(pool([](auto* op) { op->bins = INT32_MAX; }).status,
            Status::kBinCount);
  EXPECT_EQ(pool([](auto* op) { op->bins = 4; }).status,
            Status::kExtentMismatch);
  EXPECT_EQ(pool([](auto* op) { op->bin_scale.pop_back(); }).status,
            Status::kChannelCount);
  EXPECT_EQ(pool([](auto* op) { op->bin_scale.clear(); }), Result{});
  EXPECT_EQ(pool([](auto* op) { op->bin_scale[1].shift = 63; }),
            (Result{Status::kMultiplierRange, kPool, 1}));
  EXPECT_EQ(pool([](auto* op) {
              op->bin_scale[1] = {INT32_MAX, 1};
            }),
            (Result{Status::kAccumulatorRange, kPool, 1}));
  EXPECT_EQ(pool([](auto* op) { op->input = 4; }).status,
            Status::kOperandType);  // u8, but its zero point is not 0
  EXPECT_EQ(After([](IntegerGraph* g) { g->tensors[11].type = Type::kS16; }),
            (Result{Status::kResultType, kPool, 11}));
}

TEST(ValidateOps, PoolSumsAreBoundToTheUnit) {
  IntegerGraph g;
  const auto rows = static_cast<int32_t>(((int64_t{1} << 31) - 1) / 255);
  g.tensors = {{"", 1, rows, 1, Type::kU8, 0}, {"", 1, 1, 1, Type::kS32, 0}};
  g.ops = {PoolOp{0, 1, 1, {}}};
  g.output = 1;
  EXPECT_EQ(ValidateGraph(g), Result{});
  ++g.tensors[0].height;
  EXPECT_EQ(ValidateGraph(g), (Result{Status::kAccumulatorRange, 0, 0}));
}

TEST(ValidateOps, Transposes) {
  const auto order = [](std::array<int32_t, 3> to) {
    return AfterOp<TransposeOp>(kImage, [&](auto* op) { op->order = to; })
        .status;
  };
  EXPECT_EQ(order({0, 1, 1}), Status::kAxisOrder);
  EXPECT_EQ(order({0, 1, 3}), Status::kAxisOrder);
  EXPECT_EQ(order({-1, 1, 0}), Status::kAxisOrder);
  EXPECT_EQ(order({0, 1, 2}), Status::kExtentMismatch);
  EXPECT_EQ(After([](IntegerGraph* g) { g->tensors[4].zero_point = 8; }),
            (Result{Status::kBadZeroPoint, kImage, 4}));
  EXPECT_EQ(After([](IntegerGraph* g) {
              g->tensors[4].zero_point = 0;
              g->tensors[4].type = Type::kS8;
            }),
            (Result{Status::kResultType, kImage, 4}));
}

TEST(ValidateOps, WorkIsCapped) {
  IntegerGraph g;
  g.tensors = {{"", 1, 4096, 1024, Type::kU8, 0},
               {"", 1, 4096, 1024, Type::kU8, 0},
               {"", 1, 1, 1, Type::kS32, 0}};
  ConvOp conv;
  conv.output = 1;
  conv.geometry = {.kernel_h = 127,
                   .kernel_w = 127,
                   .pad_top = 63,
                   .pad_bottom = 63,
                   .pad_left = 63,
                   .pad_right = 63};
  conv.weights.assign(127 * 127, 0);
  conv.bias = {0};
  conv.scale = {{0, 1}};
  g.ops = {conv, PoolOp{1, 2, 1, {}}};
  g.output = 2;
  EXPECT_EQ(ValidateGraph(g).status, Status::kOk);
  auto& op = std::get<ConvOp>(g.ops[0]);
  op.geometry = {.kernel_h = 129,
                 .kernel_w = 129,
                 .pad_top = 64,
                 .pad_bottom = 64,
                 .pad_left = 64,
                 .pad_right = 64};
  op.weights.assign(129 * 129, 0);
  EXPECT_EQ(ValidateGraph(g), (Result{Status::kTooMuchWork, 0, -1}));
}

}  // namespace
}  // namespace edge_int8::core

// What the engine believes about the size of stored values, against what the
// operators say.
#include "core/engine/value_range.h"

#include <gtest/gtest.h>

#include "tests/core_engine/random_graph.h"

namespace edge_int8::core {
namespace {

constexpr Target kPlainWords = {Type::kS16, TableKind::kNone, 8};

TEST(LargestValue, OfAConvolutionIsItsClampOrItsTablesLargest) {
  RandomGraph g(1, 3, 2, 5);
  const int32_t plain = g.Conv(0, 4, {}, kPlainWords);
  const int32_t looked_up =
      g.Conv(0, 4, {}, {Type::kS16, TableKind::kLookup, 8});
  IntegerGraph graph = g.Finish(plain);
  EXPECT_EQ(LargestValue(graph, plain), 32768);
  auto& clamp = std::get<ConvOp>(graph.ops[0]).activation;
  clamp.low = -700;
  clamp.high = 300;
  EXPECT_EQ(LargestValue(graph, plain), 700);
  auto& table = std::get<ConvOp>(graph.ops[1]).activation.table;
  table.assign(256, 17);
  table[9] = -40;
  EXPECT_EQ(LargestValue(graph, looked_up), 40);
}

TEST(LargestValue, LooksThroughTransposesAndAsksSums) {
  RandomGraph g(2, 3, 2, 5);
  const int32_t a = g.Conv(0, 4, {}, kPlainWords);
  const int32_t sum = g.Add({a, a}, kPlainWords);
  const int32_t turned = g.Transpose(sum, {2, 1, 0});
  IntegerGraph graph = g.Finish(turned);
  std::get<AddOp>(graph.ops[1]).activation.low = -5;
  std::get<AddOp>(graph.ops[1]).activation.high = 9;
  EXPECT_EQ(LargestValue(graph, turned), 9);
}

// 128 times 32,767 and half a unit per key, and the bias, scaled.
TEST(LargestValue, OfAttentionIsAlsoWhatItsValuesAddUpTo) {
  RandomGraph g(3, 3, 4, 20);
  const int32_t qkv = g.Conv(0, 6, {}, {Type::kS8, TableKind::kNone, 8});
  const int32_t mix = g.Attention(qkv, 1, AttentionAxis::kWidth, kPlainWords);
  IntegerGraph graph = g.Finish(mix);
  auto& op = std::get<AttentionOp>(graph.ops[1]);
  op.bias = {0, -1000000};
  op.scale = {{1 << 30, 42}, {1 << 30, 40}};  // 2^-12 and 2^-10
  EXPECT_EQ(LargestValue(graph, mix), (128 * 32787 + 1000000 + 512) / 1024);
  op.scale[1].shift = 31;
  EXPECT_EQ(LargestValue(graph, mix), 32768);
  op.activation.low = -100;
  op.activation.high = 100;
  EXPECT_EQ(LargestValue(graph, mix), 100);
  // A clamp can also push small values out.
  op.scale[1].shift = 40;
  op.activation.low = 20000;
  op.activation.high = 30000;
  EXPECT_EQ(LargestValue(graph, mix), 20000);
}

TEST(LargestValue, OfATensorThatNothingWritesIsAnyWord) {
  RandomGraph g(4, 3, 2, 5);
  const IntegerGraph graph = g.Finish(g.Conv(0, 4, {}, {}));
  EXPECT_EQ(LargestValue(graph, 0), 32768);
}

}  // namespace
}  // namespace edge_int8::core

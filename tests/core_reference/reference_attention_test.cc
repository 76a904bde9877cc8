#include <gtest/gtest.h>

#include <cmath>

#include "core/reference/run_reference.h"
#include "tests/core_reference/small_graph.h"

namespace edge_int8::core {
namespace {

// A probability of 32767 times 2^-15 is one but for 1/32768.
constexpr Multiplier kUnit = {1 << 30, 45};
// One unit of a logit is a nat: the larger one takes all.
constexpr Multiplier kNats = {1 << 30, 18};
constexpr Multiplier kNothing = {0, 1};

// q, k, v of `channels` on height x width, in tensor 0; the mix in tensor 1.
IntegerGraph AttentionGraph(int channels, int height, int width) {
  IntegerGraph g = Between(Spec(3 * channels, height, width, Type::kS8),
                           Spec(channels, height, width));
  for (std::size_t i = 0; i < 256; ++i) {
    const auto x = static_cast<double>(i);
    g.exp_tables.coarse[i] =
        static_cast<uint16_t>(std::floor(32768 * std::exp(-x / 16) + 0.5));
    g.exp_tables.fine[i] =
        static_cast<uint16_t>(std::floor(32768 * std::exp(-x / 4096) + 0.5));
  }
  return g;
}

AttentionOp PlainAttention(int channels, int heads, AttentionAxis axis) {
  AttentionOp op;
  op.output = 1;
  op.heads = heads;
  op.axis = axis;
  op.logit.assign(static_cast<std::size_t>(heads), kNats);
  op.bias.assign(static_cast<std::size_t>(channels), 0);
  op.scale.assign(static_cast<std::size_t>(channels), kUnit);
  op.activation = Plain();
  return op;
}

TEST(ReferenceAttention, AQueryTakesTheValueOfTheKeyItMatches) {
  const IntegerGraph g = AttentionGraph(1, 1, 2);
  const AttentionOp op = PlainAttention(1, 1, AttentionAxis::kWidth);
  const Values qkv = {127, -127,  // q
                      127, -127,  // k
                      50,  -20};  // v
  EXPECT_EQ(ReferenceAttention(g, op, qkv), (Values{50, -20}));
  const Values crossed = {-127, 127, 127, -127, 50, -20};
  EXPECT_EQ(ReferenceAttention(g, op, crossed), (Values{-20, 50}));
}

TEST(ReferenceAttention, EqualKeysGiveTheMean) {
  const IntegerGraph g = AttentionGraph(1, 1, 2);
  const AttentionOp op = PlainAttention(1, 1, AttentionAxis::kWidth);
  const Values qkv = {3, -9, 7, 7, 50, -20};
  EXPECT_EQ(ReferenceAttention(g, op, qkv), (Values{15, 15}));
}

// The same numbers along either axis: columns match, rows have equal keys.
TEST(ReferenceAttention, LinesAlongTheOtherAxisDoNotMix) {
  const IntegerGraph g = AttentionGraph(1, 2, 2);
  const Values qkv = {127,  -127,  // q
                      -127, 127,   //
                      127,  127,   // k
                      -127, -127,  //
                      1,    3,     // v
                      2,    4};    //
  EXPECT_EQ(
      ReferenceAttention(g, PlainAttention(1, 1, AttentionAxis::kHeight), qkv),
      (Values{1, 4, 2, 3}));
  EXPECT_EQ(
      ReferenceAttention(g, PlainAttention(1, 1, AttentionAxis::kWidth), qkv),
      (Values{2, 2, 3, 3}));
}

TEST(ReferenceAttention, HeadsHaveTheirOwnChannelsAndLogits) {
  const IntegerGraph g = AttentionGraph(2, 1, 2);
  AttentionOp op = PlainAttention(2, 2, AttentionAxis::kWidth);
  op.logit = {kNothing, kNats};
  const Values qkv = {127, -127, 127, -127,  // q of channels 0 and 1
                      127, -127, 127, -127,  // k
                      10,  30,   5,   7};    // v
  EXPECT_EQ(ReferenceAttention(g, op, qkv), (Values{20, 20, 5, 7}));
}

// One head sums over both channels; here they cancel. Two heads would not.
TEST(ReferenceAttention, AHeadSumsOverItsChannels) {
  const IntegerGraph g = AttentionGraph(2, 1, 2);
  const Values qkv = {127, 127, -127, -127,  // q
                      127, 0,   127,  0,     // k
                      0,   100, 0,    100};  // v
  EXPECT_EQ(
      ReferenceAttention(g, PlainAttention(2, 1, AttentionAxis::kWidth), qkv),
      (Values{50, 50, 50, 50}));
  EXPECT_EQ(
      ReferenceAttention(g, PlainAttention(2, 2, AttentionAxis::kWidth), qkv),
      (Values{0, 0, 100, 100}));
}

TEST(ReferenceAttention, BiasIsAddedBeforeTheOneRounding) {
  const IntegerGraph g = AttentionGraph(2, 1, 1);
  AttentionOp op = PlainAttention(2, 1, AttentionAxis::kWidth);
  op.bias = {3 << 15, 1 << 14};  // 3 and one half
  op.scale[1] = {1 << 30, 46};   // (4 * 32767 + 2^14) / 2^16 = 2.25
  op.activation = {1, 0, 255, TableKind::kNone, {}};
  EXPECT_EQ(ReferenceAttention(g, op, {1, 1, 1, 1, 4, 4}), (Values{8, 3}));
}

}  // namespace
}  // namespace edge_int8::core

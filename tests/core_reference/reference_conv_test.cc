#include <gtest/gtest.h>

#include "core/reference/run_reference.h"
#include "tests/core_reference/small_graph.h"

namespace edge_int8::core {
namespace {

TEST(ReferenceConv, PointwiseMixesChannels) {
  const IntegerGraph g = Between(Spec(2, 1, 3), Spec(2, 1, 3));
  const ConvOp op = PlainConv({}, 2, {1, 10, -1, 100});
  const Values x = {1, 2, 3,   // channel 0
                    4, 5, 6};  // channel 1
  EXPECT_EQ(ReferenceConv(g, op, x), (Values{41, 52, 63, 399, 498, 597}));
}

// y[t] = 100 x[t - 4] + 10 x[t - 2] + x[t], and nothing before time 0.
TEST(ReferenceConv, CausalAndDilatedLooksOnlyBack) {
  const IntegerGraph g = Between(Spec(1, 1, 5), Spec(1, 1, 5));
  const ConvOp op = PlainConv({.kernel_w = 3, .dilation_w = 2, .pad_left = 4},
                              1, {100, 10, 1});
  EXPECT_EQ(ReferenceConv(g, op, {1, 2, 3, 4, 5}), (Values{1, 2, 13, 24, 135}));
}

// Stored 4, 5, 6 with zero point 3 mean 1, 2, 3; outside is the real 0.
TEST(ReferenceConv, PaddingIsTheZeroPoint) {
  const IntegerGraph g = Between(Spec(1, 1, 3, Type::kU8, 3), Spec(1, 1, 3));
  const ConvOp op = PlainConv({.kernel_w = 3, .pad_left = 1, .pad_right = 1}, 1,
                              {1, 10, 100});
  EXPECT_EQ(ReferenceConv(g, op, {4, 5, 6}), (Values{210, 321, 32}));
}

TEST(ReferenceConv, StrideSkipsPositions) {
  const IntegerGraph even = Between(Spec(1, 1, 6), Spec(1, 1, 3));
  EXPECT_EQ(
      ReferenceConv(even, PlainConv({.kernel_w = 2, .stride_w = 2}, 1, {10, 1}),
                    {1, 2, 3, 4, 5, 6}),
      (Values{12, 34, 56}));
  const IntegerGraph padded = Between(Spec(1, 1, 5), Spec(1, 1, 3));
  EXPECT_EQ(
      ReferenceConv(
          padded,
          PlainConv(
              {.kernel_w = 3, .stride_w = 2, .pad_left = 1, .pad_right = 1}, 1,
              {1, 10, 100}),
          {1, 2, 3, 4, 5}),
      (Values{210, 432, 54}));
}

TEST(ReferenceConv, GroupsReadTheirOwnChannels) {
  const IntegerGraph g = Between(Spec(4, 1, 1), Spec(2, 1, 1));
  EXPECT_EQ(ReferenceConv(g, PlainConv({.groups = 2}, 2, {1, 10, 1, 10}),
                          {1, 2, 3, 4}),
            (Values{21, 43}));
  // Depthwise with two results per channel.
  const IntegerGraph wide = Between(Spec(2, 1, 1), Spec(4, 1, 1));
  EXPECT_EQ(
      ReferenceConv(wide, PlainConv({.groups = 2}, 4, {1, 2, 3, 4}), {10, 100}),
      (Values{10, 20, 300, 400}));
}

TEST(ReferenceConv, HeightComesBeforeWidth) {
  const IntegerGraph square = Between(Spec(1, 2, 2), Spec(1, 1, 1));
  EXPECT_EQ(
      ReferenceConv(
          square, PlainConv({.kernel_h = 2, .kernel_w = 2}, 1, {64, 16, 4, 1}),
          {1, 2,    //
           3, 3}),  //
      (Values{64 + 32 + 12 + 3}));
  const IntegerGraph column = Between(Spec(1, 3, 2), Spec(1, 1, 2));
  EXPECT_EQ(ReferenceConv(
                column, PlainConv({.kernel_h = 2, .dilation_h = 2}, 1, {10, 1}),
                {1, 4,    //
                 2, 5,    //
                 3, 6}),  //
            (Values{13, 46}));
  // Rows are padded and skipped like columns.
  const IntegerGraph strided = Between(Spec(1, 3, 1), Spec(1, 2, 1));
  EXPECT_EQ(
      ReferenceConv(
          strided,
          PlainConv(
              {.kernel_h = 3, .stride_h = 2, .pad_top = 1, .pad_bottom = 1}, 1,
              {1, 10, 100}),
          {1, 2, 3}),
      (Values{210, 32}));
}

// acc = bias + w * x, then one rounding per channel, then zero point and clamp.
TEST(ReferenceConv, EachChannelHasItsBiasAndItsMultiplier) {
  const IntegerGraph g = Between(Spec(1, 1, 1), Spec(3, 1, 1, Type::kU8, 100));
  ConvOp op = PlainConv({}, 3, {1, 1, 1});
  op.bias = {2, -8, 500};
  op.scale = {kTimesHalf, kTimesHalf, kTimesOne};
  op.activation = {100, 0, 255, TableKind::kNone, {}};
  // 7 / 2 = 3.5 -> 4; -3 / 2 = -1.5 -> -1; 505 is clamped.
  EXPECT_EQ(ReferenceConv(g, op, {5}), (Values{104, 99, 255}));
}

TEST(ReferenceConv, ALookupReplacesWhatItIsGiven) {
  const IntegerGraph g = Between(Spec(1, 1, 3), Spec(1, 1, 3));
  ConvOp op = PlainConv({}, 1, {1});
  op.activation = {10, 0, 255, TableKind::kLookup, {}};
  for (int i = 0; i < 256; ++i) {
    op.activation.table.push_back(static_cast<int16_t>(3 * i));
  }
  EXPECT_EQ(ReferenceConv(g, op, {-20, 0, 1000}), (Values{0, 30, 765}));
}

}  // namespace
}  // namespace edge_int8::core

#include "core/engine/accumulator_range.h"

#include <gtest/gtest.h>

namespace edge_int8::core {
namespace {

ConvOp TwoChannels() {
  ConvOp op;
  op.weights = {3, -5, 100, 20};
  op.bias = {7, -1000};
  return op;
}

TEST(LargestAccumulators, OfBytesReachFromTheZeroPointToBothEnds) {
  TensorLayout in;
  in.type = Type::kU8;
  in.zero = 55;
  // 7 + 3 * 200 + 5 * 55 or 7 - 3 * 55 - 5 * 200; -1000 + 120 * 200.
  EXPECT_EQ(LargestAccumulators(TwoChannels(), in),
            (std::vector<int64_t>{1158, 23000}));
}

TEST(LargestAccumulators, OfWordsDontWrap) {
  TensorLayout in;
  in.type = Type::kS16;
  EXPECT_EQ(
      LargestAccumulators(TwoChannels(), in),
      (std::vector<int64_t>{3 * 32767 + 5 * 32768 + 7, 120 * 32768 + 1000}));
}

// Values inside the image, taps outside it (which add nothing): no window adds
// up to more than was said.
TEST(LargestAccumulators, APaddedTapMayBeMissing) {
  ConvOp op;
  op.weights = {100, 100};
  op.bias = {-5000};
  TensorLayout in;
  in.type = Type::kU8;
  in.zero = 255;  // no tap is ever positive
  EXPECT_EQ(LargestAccumulators(op, in), (std::vector<int64_t>{56000}));
  op.bias = {90000};
  EXPECT_EQ(LargestAccumulators(op, in), (std::vector<int64_t>{90000}));
}

TEST(LargestAccumulators, OfAttentionAreOneUnitOfValuesAndItsRounding) {
  AttentionOp op;
  op.bias = {10, -300000};
  EXPECT_EQ(LargestAccumulators(op, 20),
            (std::vector<int64_t>{128 * 32787 + 10, 128 * 32787 + 300000}));
}

}  // namespace
}  // namespace edge_int8::core

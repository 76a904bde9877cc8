#include "core/container/packed_weights.h"

#include <gtest/gtest.h>

namespace edge_int8::core {
namespace {

std::vector<int8_t> Unpacked(const std::vector<uint8_t>& bytes,
                             std::size_t count, int bits) {
  std::vector<int8_t> weights;
  EXPECT_TRUE(UnpackWeights(bytes, count, bits, &weights));
  return weights;
}

TEST(PackedWeights, OfFourBitsTheFirstIsTheLowNibble) {
  const std::vector<int8_t> weights = {1, -1, 7, -7, -8};
  const std::vector<uint8_t> bytes = {0xf1, 0x97, 0x08};
  EXPECT_EQ(PackWeights(weights, 4), bytes);
  EXPECT_EQ(Unpacked(bytes, 5, 4), weights);
}

// 1 = 001, -1 = 111, 3 = 011: read from the right, 11 111 001 is the first
// byte.
TEST(PackedWeights, OfThreeBitsCrossBytes) {
  const std::vector<int8_t> weights = {1, -1, 3, -3};
  const std::vector<uint8_t> bytes = {0b11'111'001, 0b0000'101'0};
  EXPECT_EQ(PackWeights(weights, 3), bytes);
  EXPECT_EQ(Unpacked(bytes, 4, 3), weights);
}

TEST(PackedWeights, OfTwoBitsAreFourInAByte) {
  const std::vector<int8_t> weights = {1, -1, 0, 1, -1};
  const std::vector<uint8_t> bytes = {0b01'00'11'01, 0b11};
  EXPECT_EQ(PackWeights(weights, 2), bytes);
  EXPECT_EQ(Unpacked(bytes, 5, 2), weights);
}

TEST(PackedWeights, EveryValueComesBackAtEveryPlace) {
  for (const int bits : {2, 3, 4}) {
    const int limit = 1 << (bits - 1);
    std::vector<int8_t> weights;
    for (int n = 0; n < 60; ++n) {
      const auto packed = PackWeights(weights, bits);
      EXPECT_EQ(packed.size(), PackedBytes(weights.size(), bits));
      EXPECT_EQ(Unpacked(packed, weights.size(), bits), weights);
      weights.push_back(static_cast<int8_t>(n * 7 % (2 * limit) - limit));
    }
  }
}

TEST(PackedWeights, BitsAfterTheLastAreZero) {
  std::vector<int8_t> weights;
  EXPECT_FALSE(UnpackWeights(std::vector<uint8_t>{0x10}, 1, 4, &weights));
  EXPECT_FALSE(UnpackWeights(std::vector<uint8_t>{0, 0x80}, 5, 3, &weights));
  EXPECT_TRUE(UnpackWeights(std::vector<uint8_t>{0, 0x7f}, 5, 3, &weights));
  EXPECT_FALSE(UnpackWeights(std::vector<uint8_t>{0x40}, 3, 2, &weights));
}

TEST(PackedWeights, NothingPacksToNothing) {
  EXPECT_TRUE(PackWeights({}, 3).empty());
  EXPECT_TRUE(Unpacked({}, 0, 3).empty());
}

}  // namespace
}  // namespace edge_int8::core

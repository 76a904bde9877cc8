#include "core/container/nibbles.h"

#include <gtest/gtest.h>

namespace edge_int8::core {
namespace {

TEST(Nibbles, TheFirstWeightIsTheLowNibble) {
  const std::vector<int8_t> weights = {1, -1, 7, -7, -8};
  const std::vector<uint8_t> bytes = {0xf1, 0x97, 0x08};
  EXPECT_EQ(PackNibbles(weights), bytes);
  EXPECT_EQ(UnpackNibbles(bytes, 5), weights);
}

TEST(Nibbles, EveryPairComesBack) {
  for (int low = -8; low < 8; ++low) {
    for (int high = -8; high < 8; ++high) {
      const std::vector<int8_t> pair = {static_cast<int8_t>(low),
                                        static_cast<int8_t>(high)};
      EXPECT_EQ(UnpackNibbles(PackNibbles(pair), 2), pair);
    }
  }
}

TEST(Nibbles, NothingPacksToNothing) {
  EXPECT_TRUE(PackNibbles({}).empty());
  EXPECT_TRUE(UnpackNibbles({}, 0).empty());
}

}  // namespace
}  // namespace edge_int8::core

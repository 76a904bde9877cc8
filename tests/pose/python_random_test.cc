#include "src/pose/python_random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Expected values: python3 -c "import random; random.seed(42); print(...)".
TEST(PythonRandom, GivesPythonsBits) {
  PythonRandom random(42);
  EXPECT_EQ(random.Bits(32), 2746317213u);
  EXPECT_EQ(random.Bits(32), 478163327u);
  EXPECT_EQ(random.Bits(1), 0u);
  EXPECT_EQ(random.Bits(8), 189u);
}

TEST(PythonRandom, GivesPythonsBitsForOtherSeeds) {
  EXPECT_EQ(PythonRandom(0).Bits(32), 3626764237u);
  EXPECT_EQ(PythonRandom(0xffffffff).Bits(32), 2728839433u);
}

TEST(PythonRandom, GivesEveryValueBelowN) {
  PythonRandom random(1);
  std::vector<int> seen(5, 0);
  for (int i = 0; i < 1000; ++i) ++seen[random.Below(5)];
  for (const int count : seen) EXPECT_GT(count, 100);
  EXPECT_EQ(random.Below(1), 0u);
}

TEST(PythonShuffle, OfFewIsPythons) {
  EXPECT_THAT(PythonShuffle(42, 0), IsEmpty());
  EXPECT_THAT(PythonShuffle(42, 1), ElementsAre(0));
  EXPECT_THAT(PythonShuffle(42, 7), ElementsAre(1, 3, 4, 2, 6, 0, 5));
}

}  // namespace
}  // namespace edge_int8

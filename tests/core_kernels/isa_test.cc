#include "core/kernels/isa.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace edge_int8::core {
namespace {

TEST(Isa, NamesAndParsingAgree) {
  for (int i = 0; i < kIsaCount; ++i) {
    const auto isa = static_cast<Isa>(i);
    EXPECT_EQ(ParseIsa(IsaName(isa)), isa);
  }
  EXPECT_EQ(ParseIsa("AVX2"), std::nullopt);
  EXPECT_EQ(ParseIsa(""), std::nullopt);
}

TEST(Isa, ScalarIsAlwaysThereAndTheBestIsAvailable) {
  const std::vector<Isa> isas = AvailableIsas();
  ASSERT_FALSE(isas.empty());
  EXPECT_EQ(isas.front(), Isa::kScalar);
  EXPECT_EQ(BestIsa(), isas.back());
  for (int i = 0; i < kIsaCount; ++i) {
    const auto isa = static_cast<Isa>(i);
    EXPECT_EQ(IsAvailable(isa),
              std::find(isas.begin(), isas.end(), isa) != isas.end());
  }
}

}  // namespace
}  // namespace edge_int8::core

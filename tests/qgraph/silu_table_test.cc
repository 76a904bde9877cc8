#include "src/qgraph/silu_table.h"

#include <gtest/gtest.h>

#include <cmath>

namespace edge_int8 {
namespace {

TEST(SiluReal, KnownValuesAndLimits) {
  EXPECT_EQ(SiluReal(0), 0);
  EXPECT_NEAR(SiluReal(1), 0.7310585786300049, 1e-15);
  EXPECT_NEAR(SiluReal(-1.2784645), -0.27846454276, 1e-10);  // the minimum
  EXPECT_EQ(SiluReal(-1000), 0);
  EXPECT_EQ(SiluReal(1000), 1000);
}

class EveryLookup : public testing::TestWithParam<int> {};

TEST_P(EveryLookup, HoldsTheNearestCodeOfEveryPreActivation) {
  const int bits = GetParam();
  const double scale = 12.0 / (1 << bits);
  const int32_t zero = (1 << bits) / 3;
  const TableOutput out{0.035, 9, 0, 255};
  const std::vector<int16_t> table = SiluLookup(bits, scale, zero, out);
  ASSERT_EQ(table.size(), std::size_t{1} << bits);
  for (int32_t code = 0; code < (1 << bits); ++code) {
    const double real = SiluReal((code - zero) * scale);
    const double stored =
        (table[static_cast<std::size_t>(code)] - out.zero) * out.scale;
    EXPECT_NEAR(stored, real, 0.5 * out.scale + 1e-12) << code;
  }
  EXPECT_EQ(table[static_cast<std::size_t>(zero)], out.zero);
}
INSTANTIATE_TEST_SUITE_P(SiluLookup, EveryLookup, testing::Values(8, 12));

TEST(SiluLookup, ClampsToItsOutputsRange) {
  const std::vector<int16_t> table =
      SiluLookup(8, 1.0, 128, {0.01, 0, -127, 127});
  EXPECT_EQ(table.front(), 0);
  EXPECT_EQ(table[127], -27);  // SiLU(-1) = -0.2689
  EXPECT_EQ(table.back(), 127);
}

TEST(SiluInterpolated, BetweenEntriesIsWithinAUnitOfTheTruth) {
  const double scale = 6.0 / 32767;
  const TableOutput out{8.0 / 32767, 0, -32767, 32767};
  const std::vector<int16_t> table = SiluInterpolated(scale, out);
  ASSERT_EQ(table.size(), std::size_t{core::kInterpolateEntries});
  for (int32_t pre = -32768; pre <= 32767; pre += 7) {
    const double truth = SiluReal(pre * scale) / out.scale;
    EXPECT_NEAR(core::Interpolate(table.data(), pre), truth, 1.1) << pre;
  }
}

TEST(MakeExpTables, HoldPowersOfEIn15Bits) {
  const core::ExpTables tables = MakeExpTables();
  EXPECT_EQ(tables.coarse[0], 32768);
  EXPECT_EQ(tables.fine[0], 32768);
  EXPECT_EQ(tables.coarse[16], 12055);  // 32768 / e = 12054.7
  EXPECT_EQ(tables.coarse[255], 0);
  for (uint32_t u = 0; u < 65536; u += 13) {
    EXPECT_NEAR(core::IntegerExp(tables, u) / 32768.0,
                std::exp(-static_cast<double>(u) / 4096), 1.6 / 32768)
        << u;
  }
}

}  // namespace
}  // namespace edge_int8

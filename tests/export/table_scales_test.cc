#include "src/export/table_scales.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "src/qgraph/silu_table.h"

namespace edge_int8 {
namespace {

core::Activation Lookup(int bits, double pre, int32_t zero,
                        const TableOutput& out) {
  return {zero, 0, (1 << bits) - 1, core::TableKind::kLookup,
          SiluLookup(bits, pre, zero, out)};
}

// Any pair that gives the same table is right, so the first claim is that; the
// second, that the pair is near the true one.
TEST(TableScales, AnEightBitTableGivesBothScalesBack) {
  for (const double pre : {0.004, 0.02, 0.05, 0.13}) {
    for (const int32_t zero : {0, 40, 128, 200}) {
      const double top = SiluReal((255 - zero) * pre);
      const TableOutput out{(top + 0.28) / 250, 11, 0, 255};
      const TableScales found =
          RecoverTableScales(Lookup(8, pre, zero, out), 11, 0, 255);
      EXPECT_EQ(found.wrong, 0) << pre << " " << zero;
      EXPECT_NEAR(found.pre / pre, 1, 0.05) << pre << " " << zero;
      EXPECT_NEAR(found.out / out.scale, 1, 0.05) << pre << " " << zero;
    }
  }
}

TEST(TableScales, SixteenBitEntriesGiveThemExactly) {
  const TableOutput out{0.0004, 0, -32768, 32767};
  for (const int bits : {8, 12}) {
    const double pre = bits == 8 ? 0.05 : 0.003;
    const TableScales found =
        RecoverTableScales(Lookup(bits, pre, 90, out), 0, -32768, 32767);
    EXPECT_EQ(found.wrong, 0);
    EXPECT_NEAR(found.pre / pre, 1, 1e-3);
    EXPECT_NEAR(found.out / out.scale, 1, 1e-3);
  }
}

TEST(TableScales, AKnownScaleIsKept) {
  const TableOutput out{0.03, 9, 0, 255};
  const core::Activation table = Lookup(8, 0.04, 70, out);
  const TableScales by_out = RecoverTableScales(table, 9, 0, 255, {{}, 0.03});
  EXPECT_EQ(by_out.out, 0.03);
  EXPECT_EQ(by_out.wrong, 0);
  const TableScales by_pre = RecoverTableScales(table, 9, 0, 255, {0.04, {}});
  EXPECT_EQ(by_pre.pre, 0.04);
  EXPECT_EQ(by_pre.wrong, 0);
}

TEST(TableScales, InterpolatedTablesToo) {
  const core::Activation table{
      0, -32767, 32767, core::TableKind::kInterpolate,
      SiluInterpolated(2e-4, {1e-4, 0, -32767, 32767})};
  const TableScales found = RecoverTableScales(table, 0, -32768, 32767);
  EXPECT_EQ(found.wrong, 0);
  EXPECT_NEAR(found.pre / 2e-4, 1, 1e-3);
}

TEST(TableScales, ADeadTableIsReproducedByScalesThatAreFinite) {
  const core::Activation table = {30, 0, 255, core::TableKind::kLookup,
                                  std::vector<int16_t>(256, 17)};
  const TableScales found = RecoverTableScales(table, 17, 0, 255);
  EXPECT_EQ(found.wrong, 0);
  EXPECT_GT(found.pre, 0);
  EXPECT_TRUE(std::isfinite(found.out));
}

TEST(TableScales, ATableOfSomethingElseIsReportedWrong) {
  core::Activation table = Lookup(8, 0.04, 70, {0.03, 9, 0, 255});
  for (int i = 100; i < 110; ++i) table.table[static_cast<std::size_t>(i)] = 0;
  EXPECT_GE(RecoverTableScales(table, 9, 0, 255).wrong, 10);
}

}  // namespace
}  // namespace edge_int8

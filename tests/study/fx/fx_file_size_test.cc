#include "src/study/fx/fx_file_size.h"

#include <gtest/gtest.h>

#include "src/study/fx/fx_fuse.h"
#include "tests/testing/operator_graphs.h"

namespace edge_int8 {
namespace {

FxFileSize SizeOf(const std::string& variant) {
  const Model fused =
      FuseAsFx(RandomModel(BuildWiflow(WiflowVariant(variant)), 1));
  return SizeAsFx(fused, PlaceAsFx(fused.graph));
}

// torch 2.11's file of `half` as convert_fx leaves it: 374 names, 454 storages
// of 955,992 bytes together, 1,083,843 bytes on disk
// (bench/peers/fx_fbgemm.py prints the size).
TEST(SizeAsFx, IsThatOfTheRealFile) {
  const FxFileSize size = SizeOf("half");
  EXPECT_EQ(size.entries, 374);
  EXPECT_EQ(size.storages, 454);
  EXPECT_EQ(size.numbers, 955992);
  EXPECT_NEAR(static_cast<double>(size.bytes()), 1083843, 1000);
}

TEST(SizeAsFx, IsMoreThanAByteAWeight) {
  EXPECT_GT(SizeOf("tiny").numbers, 53000);
  EXPECT_LT(SizeOf("tiny").numbers, SizeOf("quarter").numbers);
}

}  // namespace
}  // namespace edge_int8

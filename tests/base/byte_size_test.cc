#include "src/base/byte_size.h"

#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

TEST(ByteSize, IsANumberWithAUnitOrWithout) {
  EXPECT_EQ(ParseByteSize("524288"), 524288);
  EXPECT_EQ(ParseByteSize("0"), 0);
  EXPECT_EQ(ParseByteSize("512K"), 524288);
  EXPECT_EQ(ParseByteSize("512k"), 524288);
  EXPECT_EQ(ParseByteSize("512KiB"), 524288);
  EXPECT_EQ(ParseByteSize("512 Ki"), 524288);
  EXPECT_EQ(ParseByteSize("512kB"), 512000);
  EXPECT_EQ(ParseByteSize("0.3MiB"), 314573);  // 314572.8
  EXPECT_EQ(ParseByteSize("1e3"), 1000);
  EXPECT_EQ(ParseByteSize("2G"), int64_t{2} << 30);
  EXPECT_EQ(ParseByteSize("7B"), 7);
}

TEST(ByteSize, WithoutAUnitIsOfTheOneThatIsAsked) {
  EXPECT_EQ(ParseByteSize("256", int64_t{1} << 20), 256 << 20);
  EXPECT_EQ(ParseByteSize("256K", int64_t{1} << 20), 256 << 10);
}

TEST(ByteSize, IsNothingElse) {
  for (const char* text : {"", "K", "MiB", "12X", "12KiBi", "1 2", "-1", "nan",
                           "inf", "1e30", "0x10", "12 KB extra", "+5"}) {
    EXPECT_FALSE(ParseByteSize(text)) << text;
  }
}

}  // namespace
}  // namespace edge_int8

#include "src/base/file_size.h"

#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

// A disk of 200 kB had "0.0 GB free".
TEST(FileSize, IsSaidInTheUnitThatSaysMost) {
  EXPECT_EQ(BytesText(0), "0 bytes");
  EXPECT_EQ(BytesText(999), "999 bytes");
  EXPECT_EQ(BytesText(1000), "1.00 kB");
  EXPECT_EQ(BytesText(204'800), "205 kB");
  EXPECT_EQ(BytesText(999'499), "999 kB");
  EXPECT_EQ(BytesText(999'600), "1.00 MB");
  EXPECT_EQ(BytesText(15'552'000'128), "15.6 GB");
  EXPECT_EQ(BytesText(4e18), "4000 PB");
}

}  // namespace
}  // namespace edge_int8

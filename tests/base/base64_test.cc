#include "src/base/base64.h"

#include <gtest/gtest.h>

#include <string>

namespace edge_int8 {
namespace {

std::string Encode(const std::string& text) {
  return Base64(std::as_bytes(std::span(text)));
}

// RFC 4648, section 10.
TEST(Base64, EncodesTheStandardsExamples) {
  EXPECT_EQ(Encode(""), "");
  EXPECT_EQ(Encode("f"), "Zg==");
  EXPECT_EQ(Encode("fo"), "Zm8=");
  EXPECT_EQ(Encode("foo"), "Zm9v");
  EXPECT_EQ(Encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Encode("\xfb\xff\xfe"), "+//+");
}

TEST(IsBase64, RefusesWhatCouldEndAnAttribute) {
  EXPECT_TRUE(IsBase64(""));
  EXPECT_TRUE(IsBase64("Zm9vYg=="));
  for (const char* bad :
       {"Zg=", "Z", "Zm9v\n", "Zm\"v", "Z===", "====", "Zm=v", "Zm9v Zg=="}) {
    EXPECT_FALSE(IsBase64(bad)) << bad;
  }
}

}  // namespace
}  // namespace edge_int8

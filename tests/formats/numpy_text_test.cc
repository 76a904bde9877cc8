#include "src/formats/numpy_text.h"

#include <gtest/gtest.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace edge_int8 {
namespace {

std::optional<std::string> TextOf(std::u32string_view characters) {
  return TextOfNumpy(std::as_bytes(std::span(characters)));
}

TEST(NumpyText, IsUtf32WithoutTheZerosThatFillItUp) {
  using namespace std::string_literals;
  EXPECT_EQ(TextOf(U"ab"), "ab");
  EXPECT_EQ(TextOf(std::u32string_view(U"ab\0\0", 4)), "ab");
  EXPECT_EQ(TextOf(std::u32string_view(U"a\0b\0", 4)), "a\0b"s);
  EXPECT_EQ(TextOf(std::u32string_view(U"\0", 1)), "");
  EXPECT_EQ(TextOf(U""), "");
  EXPECT_EQ(TextOf(U"\u00e9\u6c34\U0001f6b6"), "\u00e9\u6c34\U0001f6b6");
}

TEST(NumpyText, RefusesWhatIsNoUnicode) {
  EXPECT_EQ(TextOf(std::u32string(1, char32_t{0xd800})), std::nullopt);
  EXPECT_EQ(TextOf(std::u32string(1, char32_t{0x110000})), std::nullopt);
  EXPECT_EQ(TextOfNumpy(std::as_bytes(std::span("abcd"))), std::nullopt);
}

}  // namespace
}  // namespace edge_int8

#include "src/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace edge_int8 {
namespace {

TEST(ReadUtf8, ReadsEveryLength) {
  const std::string text = "aß€😀";
  std::size_t at = 0;
  for (const char32_t expected : {U'a', U'ß', U'€', U'😀'}) {
    const CodePoint point = ReadUtf8(text, at);
    EXPECT_TRUE(point.valid);
    EXPECT_EQ(point.value, expected);
    at += point.bytes;
  }
  EXPECT_EQ(at, text.size());
}

TEST(ReadUtf8, RefusesWhatRfc3629Does) {
  for (const std::string bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
        "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xff", "\xc3", "\xe2\x82"}) {
    EXPECT_FALSE(ReadUtf8(bad, 0).valid);
    EXPECT_EQ(ReadUtf8(bad, 0).bytes, 1u);
  }
}

TEST(VisibleText, ShowsWhatCanNotBeSeen) {
  EXPECT_EQ(VisibleText("plain <ü>"), "plain <ü>");
  EXPECT_EQ(VisibleText(std::string("a\0b\n\x1b\x7f", 6)), "a␀b␊␛␡");
  EXPECT_EQ(VisibleText("a\u202eb\u2028"), "a⟨U+202E⟩b⟨U+2028⟩");
  EXPECT_EQ(VisibleText("\xff\xe2\x82"), "\ufffd\ufffd\ufffd");
  EXPECT_EQ(VisibleText("\u0085"), "⟨U+0085⟩");
}

TEST(ShortenMiddle, KeepsBothEndsAndWholeCharacters) {
  EXPECT_EQ(ShortenMiddle("12345678", 8), "12345678");
  EXPECT_EQ(ShortenMiddle("123456789", 8), "1234…789");
  EXPECT_EQ(ShortenMiddle("äöüäöüäöü", 8), "äöüä…äöü");
  EXPECT_EQ(ShortenMiddle(std::string(4096, 'x'), 20).size(), 19u + 3u);
}

}  // namespace
}  // namespace edge_int8

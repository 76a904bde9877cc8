// Reads text of unknown origin code point by code point. Tested by
// utf8_test.cc.
#ifndef EDGE_INT8_SRC_BASE_UTF8_H_
#define EDGE_INT8_SRC_BASE_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace edge_int8 {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;  // read from the text
  bool valid = false;     // false: one byte that begins nothing
};

// The code point at `at`, which is inside the text. Overlong forms, surrogates
// and values past U+10FFFF are not valid (RFC 3629).
CodePoint ReadUtf8(std::string_view text, std::size_t at);

// `value` must be a code point and no surrogate.
void AppendUtf8(char32_t value, std::string& out);

// True for what a reader can't see or what would reorder the line around it:
// control characters, line separators, bidirectional marks, noncharacters.
bool IsInvisible(char32_t code_point);

// Text in which everything can be seen: control characters become their
// pictures (U+240A for a line feed), other invisible ones "⟨U+202E⟩", bytes
// that are not UTF-8 U+FFFD.
std::string VisibleText(std::string_view text);

// At most `most` code points (8 or more): the middle of longer text becomes
// "…", since both ends of a path say something. Expects valid UTF-8.
std::string ShortenMiddle(std::string_view text, std::size_t most);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_UTF8_H_

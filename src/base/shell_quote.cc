#include "src/base/shell_quote.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/base/utf8.h"

namespace edge_int8 {
namespace {

constexpr std::string_view kPlainMarks = "-_./,:=+@%";

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') ||
         kPlainMarks.find(c) != std::string_view::npos;
}

// Whether '...' shows the argument as it is, on one line.
bool IsVisible(std::string_view argument) {
  for (std::size_t at = 0; at < argument.size();) {
    const CodePoint point = ReadUtf8(argument, at);
    if (!point.valid || IsInvisible(point.value)) return false;
    at += point.bytes;
  }
  return true;
}

std::string SingleQuoted(std::string_view argument) {
  std::string text = "'";
  for (const char c : argument) {
    if (c == '\'') {
      text += "'\\''";  // Closes, a quote by itself, opens again.
    } else {
      text += c;
    }
  }
  return text + "'";
}

// Three octal digits, never fewer: a digit may follow.
std::string DollarQuoted(std::string_view argument) {
  std::string text = "$'";
  for (std::size_t at = 0; at < argument.size();) {
    const CodePoint point = ReadUtf8(argument, at);
    const bool seen = point.valid && !IsInvisible(point.value);
    for (const char c : argument.substr(at, point.bytes)) {
      if (c == '\'' || c == '\\') {
        text += fmt::format("\\{}", c);
      } else if (seen) {
        text += c;
      } else {
        text += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
      }
    }
    at += point.bytes;
  }
  return text + "'";
}

}  // namespace

std::string ShellQuote(std::string_view argument) {
  if (!argument.empty() && std::ranges::all_of(argument, IsPlain)) {
    return std::string(argument);
  }
  return IsVisible(argument) ? SingleQuoted(argument) : DollarQuoted(argument);
}

}  // namespace edge_int8

#include "src/base/utf8.h"

#include <fmt/format.h>

#include <vector>

namespace edge_int8 {

void AppendUtf8(char32_t value, std::string& out) {
  const auto put = [&out](uint32_t byte) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xc0 | (value >> 6));
    put(0x80 | (value & 0x3f));
  } else if (value < 0x10000) {
    put(0xe0 | (value >> 12));
    put(0x80 | ((value >> 6) & 0x3f));
    put(0x80 | (value & 0x3f));
  } else {
    put(0xf0 | (value >> 18));
    put(0x80 | ((value >> 12) & 0x3f));
    put(0x80 | ((value >> 6) & 0x3f));
    put(0x80 | (value & 0x3f));
  }
}

CodePoint ReadUtf8(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const uint32_t first = byte(0);
  if (first < 0x80) return {first, 1, true};
  std::size_t length = 0;
  uint32_t value = 0;
  uint32_t smallest = 0;  // of this length; below it is overlong
  if ((first & 0xe0) == 0xc0) {
    length = 2, value = first & 0x1f, smallest = 0x80;
  } else if ((first & 0xf0) == 0xe0) {
    length = 3, value = first & 0x0f, smallest = 0x800;
  } else if ((first & 0xf8) == 0xf0) {
    length = 4, value = first & 0x07, smallest = 0x10000;
  } else {
    return {first, 1, false};
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {first, 1, false};
    value = (value << 6) | (byte(i) & 0x3f);
  }
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < smallest || value > 0x10ffff || surrogate) {
    return {first, 1, false};
  }
  return {value, length, true};
}

bool IsInvisible(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c ||
         (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
         (c >= 0xfff9 && c <= 0xfffb) || (c & 0xfffe) == 0xfffe ||
         (c >= 0xfdd0 && c <= 0xfdef) || (c >= 0xe0000 && c <= 0xe007f);
}

std::string VisibleText(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = ReadUtf8(text, at);
    if (!point.valid) {
      AppendUtf8(0xfffd, shown);
    } else if (point.value < 0x20) {
      AppendUtf8(0x2400 + point.value, shown);
    } else if (point.value == 0x7f) {
      AppendUtf8(0x2421, shown);
    } else if (IsInvisible(point.value)) {
      shown += fmt::format("⟨U+{:04X}⟩", static_cast<uint32_t>(point.value));
    } else {
      shown += text.substr(at, point.bytes);
    }
    at += point.bytes;
  }
  return shown;
}

std::string ShortenMiddle(std::string_view text, std::size_t most) {
  std::vector<std::size_t> starts;
  for (std::size_t at = 0; at < text.size();) {
    starts.push_back(at);
    at += ReadUtf8(text, at).bytes;
  }
  if (starts.size() <= most) return std::string(text);
  const std::size_t tail = (most - 1) / 2;
  const std::size_t head = most - 1 - tail;
  std::string shortened(text.substr(0, starts[head]));
  shortened += "…";
  shortened += text.substr(starts[starts.size() - tail]);
  return shortened;
}

}  // namespace edge_int8

#include "src/formats/numpy_text.h"

#include <cstdint>
#include <cstring>

#include "src/base/utf8.h"

namespace edge_int8 {

std::optional<std::string> TextOfNumpy(std::span<const std::byte> bytes) {
  if (bytes.size() % sizeof(char32_t) != 0) return std::nullopt;
  std::string text;
  std::size_t end = 0;  // of the last character that is not filling
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(char32_t)) {
    char32_t value = 0;
    std::memcpy(&value, &bytes[at], sizeof value);
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    if (value > 0x10ffff || surrogate) return std::nullopt;
    AppendUtf8(value, text);
    if (value != 0) end = text.size();
  }
  text.resize(end);
  return text;
}

}  // namespace edge_int8

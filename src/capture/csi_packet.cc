#include "src/capture/csi_packet.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace edge_int8 {

std::string MacText(uint64_t sender) {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}",
                     sender >> 40 & 0xff, sender >> 32 & 0xff,
                     sender >> 24 & 0xff, sender >> 16 & 0xff,
                     sender >> 8 & 0xff, sender & 0xff);
}

std::optional<uint64_t> ParseMac(std::string_view text) {
  if (text.size() != 17) return std::nullopt;
  uint64_t mac = 0;
  for (std::size_t at = 0; at < 17; at += 3) {
    unsigned byte = 0;
    const char* const end = text.data() + at + 2;
    const auto result = std::from_chars(text.data() + at, end, byte, 16);
    if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
    if (at < 15 && text[at + 2] != ':' && text[at + 2] != '-') {
      return std::nullopt;
    }
    mac = mac << 8 | byte;
  }
  return mac;
}

}  // namespace edge_int8

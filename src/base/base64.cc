#include "src/base/base64.h"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>

#include "src/base/error.h"

namespace edge_int8 {

std::string Base64(std::span<const std::byte> bytes) {
  Check(bytes.size() < std::numeric_limits<int>::max() / 2,
        "libcrypto counts in int");
  // EVP_EncodeBlock ends its text with a NUL.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

bool IsBase64(std::string_view text) {
  if (text.size() % 4 != 0) return false;
  const std::size_t padding = text.ends_with("==")  ? 2
                              : text.ends_with("=") ? 1
                                                    : 0;
  text.remove_suffix(padding);
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '+' || c == '/';
  });
}

}  // namespace edge_int8

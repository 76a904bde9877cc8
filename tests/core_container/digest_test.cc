#include "core/container/digest.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/base/random.h"
#include "src/base/sha256.h"

namespace edge_int8::core {
namespace {

std::string Hex(std::span<const std::byte> bytes) {
  std::string hex;
  for (const uint8_t byte : Sha256Digest(bytes)) {
    hex += fmt::format("{:02x}", byte);
  }
  return hex;
}

std::string HexOfText(std::string_view text) {
  return Hex(std::as_bytes(std::span(text)));
}

// FIPS 180-2, appendix B, and the empty message.
TEST(Digest, EqualsThePublishedVectors) {
  EXPECT_EQ(HexOfText(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexOfText("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(
      HexOfText("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(HexOfText(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Crosses the places where the length starts a block of its own (56 and 64).
TEST(Digest, EqualsOpenSslAtEveryLengthUpToThreeBlocks) {
  Rng rng(3);
  std::vector<std::byte> bytes;
  for (int n = 0; n <= 200; ++n) {
    EXPECT_EQ(Hex(bytes), Sha256(bytes)) << n;
    bytes.push_back(static_cast<std::byte>(rng.Next() >> 56));
  }
}

}  // namespace
}  // namespace edge_int8::core

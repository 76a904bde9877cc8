#include "src/base/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

// FIPS 180-2, appendix B, and the digest of no bytes.
constexpr std::string_view kOfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kOfAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kOfTwoBlocks =
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
constexpr std::string_view kOfAMillionA =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

std::string HashText(std::string_view text) {
  return Sha256(std::as_bytes(std::span(text)));
}

TEST(Sha256, MatchesTheFipsVectors) {
  EXPECT_EQ(HashText(""), kOfNothing);
  EXPECT_EQ(HashText("abc"), kOfAbc);
  EXPECT_EQ(
      HashText("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
      kOfTwoBlocks);
  EXPECT_EQ(HashText(std::string(1000000, 'a')), kOfAMillionA);
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  const TempFolder folder;
  EXPECT_EQ(Sha256File(folder.Write("empty", "")), kOfNothing);
  EXPECT_EQ(Sha256File(folder.Write("abc", "abc")), kOfAbc);
  // Crosses the pieces in which a file is read.
  const std::string large(3 * (1 << 20) + 17, '\x5a');
  EXPECT_EQ(Sha256File(folder.Write("large", large)), HashText(large));
}

TEST(Sha256, OfAMissingFileOrAFolderIsBadInputThatNamesIt) {
  const TempFolder folder;
  for (const auto& path : {folder / "absent", folder.path()}) {
    const Error error = ErrorOf([&] { Sha256File(path); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    EXPECT_EQ(std::string(error.what()).find(path.string() + ": "), 0u)
        << error.what();
  }
}

}  // namespace
}  // namespace edge_int8

#include "core/container/wrapper.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/container/artifact.h"
#include "core/container/digest.h"
#include "ei8_generated.h"

namespace edge_int8::core {
namespace {

std::vector<std::byte> Count(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = std::byte(i & 0xff);
  return bytes;
}

// The header is written byte by byte; FlatBuffers must agree with each of them.
TEST(Wrapper, IsAFlatBufferOfItsSchema) {
  for (const std::size_t size : {0u, 1u, 7u, 8u, 1000u}) {
    const std::vector<std::byte> content = Count(size);
    const std::vector<std::byte> file = WrapContent(content, 2);
    ASSERT_EQ(file.size(), kHeaderBytes + size);
    flatbuffers::Verifier verifier(
        reinterpret_cast<const uint8_t*>(file.data()), file.size());
    ASSERT_TRUE(ei8::VerifyFileBuffer(verifier)) << size;
    const ei8::File* root = ei8::GetFile(file.data());
    EXPECT_EQ(root->version(), 2u);
    const std::span<const uint8_t> sha256(root->sha256()->bytes()->data(), 32);
    EXPECT_TRUE(std::ranges::equal(sha256, Sha256Digest(content)));
    EXPECT_EQ(reinterpret_cast<const std::byte*>(root->content()->data()),
              file.data() + kHeaderBytes);
    EXPECT_EQ(root->content()->size(), size);
  }
}

TEST(Wrapper, GivesItsContentBack) {
  for (const std::size_t size : {0u, 1u, 63u, 64u, 4097u}) {
    const std::vector<std::byte> content = Count(size);
    const std::vector<std::byte> file = WrapContent(content, 2);
    std::span<const std::byte> inside;
    uint32_t version = 0;
    ASSERT_EQ(UnwrapContent(file, &inside, &version), Status::kOk);
    EXPECT_EQ(version, 2u);
    EXPECT_TRUE(std::ranges::equal(inside, content));
  }
}

TEST(Wrapper, EveryFlippedBitIsRefused) {
  std::vector<std::byte> file = WrapContent(Count(9), 1);
  for (std::size_t i = 0; i < file.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      file[i] ^= std::byte{1} << bit;
      std::span<const std::byte> inside;
      uint32_t version = 0;
      const Status status = UnwrapContent(file, &inside, &version);
      if (i >= 4 && i < 8) {
        EXPECT_EQ(status, Status::kNotEi8);
      } else if (i >= 28 && i < 32) {
        // 3 = 1 ^ 2, and no known one is a bit away.
        EXPECT_EQ(status, Status::kUnknownVersion);
      } else if ((i >= 36 && i < 68) || i >= kHeaderBytes) {
        EXPECT_EQ(status, Status::kHashMismatch);
      } else {
        EXPECT_EQ(status, Status::kBadWrapper) << i;
      }
      file[i] ^= std::byte{1} << bit;
    }
  }
}

}  // namespace
}  // namespace edge_int8::core

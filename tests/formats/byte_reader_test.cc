#include "src/formats/byte_reader.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

TEST(ByteReader, ReadsLittleEndianNumbersInTurn) {
  ByteReader in("x", Bytes("\x01\x02\x03\x04\x05\x06\x07"));
  EXPECT_EQ(in.Little<uint8_t>("a"), 1);
  EXPECT_EQ(in.Little<uint16_t>("b"), 0x0302);
  EXPECT_EQ(in.Little<uint32_t>("c"), 0x07060504u);
  EXPECT_TRUE(in.AtEnd());
}

TEST(ByteReader, NamesFileAndByteWhenBytesAreMissing) {
  ByteReader in("a/b.npy", Bytes("abcdef"));
  in.Take(4, "a");
  const Error error = ErrorOf([&] { in.Little<uint32_t>("the length"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_STREQ(error.what(),
               "a/b.npy at byte 4: ends in the middle of the length: expected "
               "4 more bytes, found 2");
}

TEST(ByteReader, RefusesACountFarAboveTheFileWithoutWrappingAround) {
  ByteReader in("x", Bytes("abc"));
  in.Take(1, "a");
  for (const uint64_t count : {uint64_t{3}, ~uint64_t{0}, ~uint64_t{0} - 1}) {
    EXPECT_EQ(ErrorOf([&] { in.Take(count, "b"); }).kind(),
              ErrorKind::kBadInput);
  }
  EXPECT_EQ(in.position(), 1u);
}

TEST(ByteReader, SubReaderKeepsPositionsOfTheFile) {
  ByteReader in("x", Bytes("abcdef"));
  in.Take(2, "a");
  ByteReader sub = in.Sub(3, "b");
  EXPECT_EQ(sub.position(), 2u);
  EXPECT_TRUE(sub.Consume("cd"));
  EXPECT_FALSE(sub.Consume("ef"));  // 'f' is not the sub reader's.
  EXPECT_EQ(sub.position(), 4u);
  EXPECT_EQ(in.position(), 5u);
}

TEST(CheckedElementCount, IsTheProductOrNothing) {
  EXPECT_EQ(CheckedElementCount({}), 1);
  EXPECT_EQ(CheckedElementCount({3, 4}), 12);
  EXPECT_EQ(CheckedElementCount({int64_t{1} << 60, int64_t{1} << 60, 0}), 0);
  EXPECT_EQ(CheckedElementCount({int64_t{1} << 62}), int64_t{1} << 62);
  EXPECT_FALSE(CheckedElementCount({int64_t{1} << 62, 2}));
  EXPECT_FALSE(CheckedElementCount({int64_t{1} << 32, int64_t{1} << 32}));
  EXPECT_FALSE(CheckedElementCount({0, -1}));
}

}  // namespace
}  // namespace edge_int8

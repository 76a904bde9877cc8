#include "src/formats/zip_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "src/formats/byte_reader.h"
#include "src/formats/stored_zip.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"
#include "tests/testing/zip_bytes.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ZipArchive OpenZip(const std::string& bytes) {
  return {"x.zip", std::as_bytes(std::span(bytes))};
}

std::string TextOf(const ZipArchive& archive, const std::string& name) {
  return std::string(AsText(archive.Read(name, 1 << 24)));
}

std::string ZipRefusal(const std::string& bytes, const std::string& name,
                       uint64_t most = 1 << 20) {
  const Error error = ErrorOf([&] { OpenZip(bytes).Read(name, most); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("x.zip"));
  return error.what();
}

TEST(ZipArchive, ReadsStoredAndDeflatedEntries) {
  const std::string big(100000, 'a');
  const std::string deflated = DeflatedZip({{"a/b.txt", big}, {"c", "x"}});
  EXPECT_LT(deflated.size(), 1000u);
  for (const std::string& bytes :
       {StoredZip({{"a/b.txt", big}, {"c", "x"}}), deflated}) {
    const ZipArchive archive = OpenZip(bytes);
    EXPECT_THAT(archive.names(), ElementsAre("a/b.txt", "c"));
    EXPECT_TRUE(archive.Has("c"));
    EXPECT_FALSE(archive.Has("d"));
    EXPECT_EQ(archive.DeclaredSize("a/b.txt"), big.size());
    EXPECT_EQ(TextOf(archive, "a/b.txt"), big);
    EXPECT_EQ(TextOf(archive, "c"), "x");
  }
}

TEST(ZipArchive, ReadsFromAFile) {
  const TempFolder folder;
  const auto path = folder.Write("x.zip", StoredZip({{"c", "x"}}));
  EXPECT_EQ(TextOf(ZipArchive(path), "c"), "x");
  EXPECT_THROW(ZipArchive(folder / "absent.zip"), Error);
}

TEST(ZipArchive, OfAMissingEntryNamesIt) {
  EXPECT_EQ(ZipRefusal(StoredZip({{"c", "x"}}), "d"),
            "x.zip, entry 'd': is missing");
}

TEST(ZipArchive, RefusesNamesThatLeaveTheArchive) {
  for (const std::string_view name :
       {"/etc/passwd", "../x", "a/../../x", "a\\b", "C:/x", ".."}) {
    EXPECT_THAT(ZipRefusal(StoredZip({{std::string(name), "x"}}), "x"),
                HasSubstr(std::string(name)));
  }
  EXPECT_EQ(TextOf(OpenZip(StoredZip({{"a..b/c..", "x"}})), "a..b/c.."), "x");
}

TEST(ZipArchive, RefusesANameThatAppearsTwice) {
  std::string bytes = StoredZip({{"aa", "x"}, {"bb", "y"}});
  ReplaceAll(bytes, "bb", "aa");
  EXPECT_THAT(ZipRefusal(bytes, "aa"), HasSubstr("twice"));
}

TEST(ZipArchive, RefusesMoreBytesThanTheCallerTakes) {
  const std::string bytes = DeflatedZip({{"c", std::string(1001, 'a')}});
  EXPECT_THAT(ZipRefusal(bytes, "c", 1000),
              HasSubstr("declares 1001 bytes, expected at most 1000"));
}

TEST(ZipArchive, RefusesEntriesWhoseDeclaredSizeIsNotTrue) {
  for (const uint32_t size : {0u, 999u, 1001u, 500000u, 0xfffffffeu}) {
    std::string bytes = DeflatedZip({{"c", std::string(1000, 'a')}});
    SetDeclaredSize(bytes, size);
    EXPECT_NE(ZipRefusal(bytes, "c", uint64_t{1} << 40), "") << size;
  }
}

TEST(ZipArchive, RefusesContentThatDoesNotMatchItsCrc) {
  std::string bytes = StoredZip({{"c", "hello"}});
  ReplaceAll(bytes, "hello", "hellO");
  EXPECT_THAT(ZipRefusal(bytes, "c"), HasSubstr("CRC"));
}

TEST(ZipArchive, RefusesADirectoryLargerThanTheFile) {
  std::string bytes = StoredZip({{"c", "hello"}});
  ClaimZip64Entries(bytes, uint64_t{1} << 28);
  EXPECT_THAT(ZipRefusal(bytes, "c"), HasSubstr("more zip entries than"));
}

// The places in its records count from its own beginning.
TEST(ZipArchive, MayHoldAnArchiveWithALargeDirectory) {
  std::string inner = StoredZip({{"c", "hello"}});
  ClaimZip64Entries(inner, 1);
  const std::string bytes =
      StoredZip({{"filler", std::string(100, '\xff')}, {"inner.zip", inner}});
  EXPECT_EQ(TextOf(OpenZip(bytes), "inner.zip"), inner);
}

TEST(ZipArchive, RefusesWhatIsNoArchive) {
  EXPECT_THAT(ZipRefusal("", "c"), HasSubstr("is not a readable zip archive"));
  EXPECT_EQ(ZipRefusal("PK\x03\x04", "c"),
            "x.zip: is a zip archive that is cut short or damaged: the "
            "directory at its end is missing");
  EXPECT_THAT(ZipRefusal(std::string(100000, 'P'), "c"), HasSubstr("not a"));
}

TEST(ZipArchive, RefusesEveryTruncation) {
  const std::string bytes = StoredZip({{"c", "hello"}, {"d", "x"}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_NE(ZipRefusal(bytes.substr(0, size), "c"), "") << size;
  }
}

}  // namespace
}  // namespace edge_int8

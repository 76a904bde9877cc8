#include "src/formats/npz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "src/formats/npy_writer.h"
#include "src/formats/string_array.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/fixtures.h"
#include "tests/testing/zip_bytes.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Integers(std::vector<int64_t> values) {
  return NpyBytes({static_cast<int64_t>(values.size())},
                  std::span<const int64_t>(values));
}

TEST(Npz, ReadsArraysStoredOrDeflated) {
  const ZipMembers members = {{"a.npy", Integers({1, 2, 3})},
                              {"b.npy", NpyBytes({"x", "y"})}};
  for (const std::string& bytes : {StoredZip(members), DeflatedZip(members)}) {
    const Npz npz("x.npz", std::as_bytes(std::span(bytes)));
    EXPECT_THAT(npz.Names(), ElementsAre("a", "b"));
    EXPECT_TRUE(npz.Has("a"));
    EXPECT_FALSE(npz.Has("a.npy"));
    EXPECT_THAT(npz.Read("a").view().Integers(), ElementsAre(1, 2, 3));
    EXPECT_THAT(ReadStrings(npz.Read("b").view()), ElementsAre("x", "y"));
  }
}

TEST(Npz, KeepsAnArraysValuesWhenItIsMoved) {
  const std::string bytes = StoredZip({{"a.npy", Integers({4, 5})}});
  const Npz npz("x.npz", std::as_bytes(std::span(bytes)));
  NpyArray first = npz.Read("a");
  const NpyArray second = std::move(first);
  EXPECT_THAT(second.view().Integers(), ElementsAre(4, 5));
}

TEST(Npz, NamesFileAndEntryOfABadArray) {
  const std::string bytes = StoredZip({{"a.npy", "abc"}});
  const Npz npz("x.npz", std::as_bytes(std::span(bytes)));
  EXPECT_STREQ(ErrorOf([&] { npz.Read("a"); }).what(),
               "x.npz, entry 'a.npy' at byte 0: not a .npy file: bad magic");
  EXPECT_STREQ(ErrorOf([&] { npz.Read("b"); }).what(),
               "x.npz, entry 'b.npy': is missing");
}

TEST(Npz, RefusesToReadAnArrayAboveTheCap) {
  std::string bytes = StoredZip({{"a.npy", "abc"}});
  SetDeclaredSize(bytes, 0x7fffffff);
  const Npz npz("x.npz", std::as_bytes(std::span(bytes)));
  EXPECT_THAT(ErrorOf([&] { npz.Read("a"); }).what(),
              HasSubstr("declares 2147483647 bytes, expected at most"));
}

TEST(NpzFixtures, HoldTheTablesOfBothFolders) {
  EDGE_INT8_NEED_FIXTURES();
  for (const char* const name : {"preprocessed_csi_data", "csv_mode"}) {
    const auto folder = Fixtures() / name;
    const Npz files(folder / "file_info.npz");
    EXPECT_THAT(files.Names(),
                ElementsAre("keypoints_files", "file_ids", "window_ranges"));
    const auto paths = ReadStrings(files.Read("keypoints_files").view());
    EXPECT_EQ(files.Read("window_ranges").view().shape(),
              (Shape{static_cast<int64_t>(paths.size()), 2}));
    EXPECT_THAT(Npz(folder / "config.npz").Read("stride").view().Integers(),
                ElementsAre(20));
  }
  const Npz files(Fixtures() / "preprocessed_csi_data" / "file_info.npz");
  EXPECT_EQ(ReadStrings(files.Read("keypoints_files").view())[19],
            "keypoints/subject5_act3_019.csv");
}

}  // namespace
}  // namespace edge_int8

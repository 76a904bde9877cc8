#include "src/pose/dataset_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/formats/npy_writer.h"
#include "src/formats/npz_writer.h"
#include "tests/pose/small_folder.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// What reading says about a folder of 2 files of 2 windows with this changed.
std::string Refusal(FolderSpec spec) {
  const TempFolder temp;
  spec.files = 2;
  spec.windows_per_file = 2;
  WriteFolder(temp.path(), spec);
  const Error error = ErrorOf([&] { ReadDatasetTables(temp.path(), 4); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  return error.what();
}

TEST(DatasetTables, HoldWhatTheFolderSays) {
  const TempFolder temp;
  WriteFolder(temp.path(), {.files = 2,
                            .windows_per_file = 2,
                            .window_size = std::vector<int64_t>{20}});
  const DatasetTables tables = ReadDatasetTables(temp.path(), 4);
  EXPECT_EQ(tables.files(), 2);
  EXPECT_THAT(tables.window_to_file, ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(tables.window_to_frame, ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(tables.keypoints_files, ElementsAre("kp/0.csv", "kp/1.csv"));
  EXPECT_EQ(tables.window_ranges[1].begin, 2);
  EXPECT_EQ(tables.window_ranges[1].end, 4);
}

TEST(DatasetTables, AllowFilesWithoutWindowsAndRangesInAnyOrder) {
  const TempFolder temp;
  WriteFolder(temp.path(),
              {.files = 3,
               .windows_per_file = 1,
               .window_to_file = std::vector<int64_t>{2, 0, 0},
               .window_ranges = std::vector<int64_t>{1, 3, 3, 3, 0, 1}});
  EXPECT_THAT(ReadDatasetTables(temp.path(), 3).window_to_file,
              ElementsAre(2, 0, 0));
}

TEST(DatasetTables, TakeIndicesOfAnyWidthAndNamesOfOneWidth) {
  const TempFolder temp;
  WriteFolder(temp.path(), {.files = 1, .windows_per_file = 2});
  const std::string two(2, '\0');
  WriteNpz(temp / "window_info.npz",
           {{"window_to_file", NpyHeaderBytes("|u1", {2}) + two},
            {"window_to_frame", NpyHeaderBytes("<i2", {2}) + two + two}},
           IfExists::kReplace);
  WriteNpz(temp / "file_info.npz",
           {{"keypoints_files",
             NpyHeaderBytes("<U2", {1}) + std::string("k\0\0\0p\0\0\0", 8)},
            {"window_ranges",
             NpyHeaderBytes("<u2", {1, 2}) + std::string("\0\0\2\0", 4)}},
           IfExists::kReplace);
  const DatasetTables tables = ReadDatasetTables(temp.path(), 2);
  EXPECT_THAT(tables.keypoints_files, ElementsAre("kp"));
  EXPECT_THAT(tables.window_to_frame, ElementsAre(0, 0));
  EXPECT_EQ(tables.window_ranges[0].end, 2);
}

TEST(DatasetTables, RefuseWindowsOfFilesThatAreNotThere) {
  EXPECT_THAT(Refusal({.window_to_file = std::vector<int64_t>{0, 0, 1, 2}}),
              HasSubstr("'window_to_file.npy': window 3 is of file 2, "
                        "expected 0 to 1"));
  EXPECT_THAT(Refusal({.window_to_file = std::vector<int64_t>{-1, 0, 1, 1}}),
              HasSubstr("window 0 is of file -1"));
  EXPECT_THAT(
      Refusal({.window_to_file = std::vector<int64_t>{INT64_MAX, 0, 1, 1}}),
      HasSubstr("window 0 is of file"));
}

TEST(DatasetTables, RefuseNegativeFrames) {
  EXPECT_THAT(Refusal({.window_to_frame = std::vector<int64_t>{0, 1, 0, -1}}),
              HasSubstr("window 3 is of frame -1"));
}

TEST(DatasetTables, RefuseTablesOfAnotherLength) {
  EXPECT_THAT(Refusal({.window_to_file = std::vector<int64_t>{0, 0, 1}}),
              HasSubstr("has shape (3), expected (4)"));
  EXPECT_THAT(Refusal({.window_to_frame = std::vector<int64_t>{0}}),
              HasSubstr("has shape (1), expected (4)"));
  EXPECT_THAT(Refusal({.window_ranges = std::vector<int64_t>{0, 4}}),
              HasSubstr("has shape (1, 2), expected (2, 2)"));
  EXPECT_THAT(Refusal({.keypoints_files = std::vector<std::string>{}}),
              HasSubstr("lists 0 files"));
}

TEST(DatasetTables, RefuseRangesThatLeaveTheSetOrDisagree) {
  const auto with = [](std::vector<int64_t> ranges) {
    return Refusal({.window_ranges = std::move(ranges)});
  };
  EXPECT_THAT(with({0, 2, 2, 5}), HasSubstr("file 1 has windows 2 to 5"));
  EXPECT_THAT(with({-1, 2, 2, 4}), HasSubstr("file 0 has windows -1 to 2"));
  EXPECT_THAT(with({2, 0, 2, 4}), HasSubstr("file 0 has windows 2 to 0"));
  EXPECT_THAT(with({0, 3, 3, 4}),
              HasSubstr("gives window 2 to file 0, window_to_file to file 1"));
  EXPECT_THAT(with({0, 2, 2, 3}), HasSubstr("covers 3 windows, expected 4"));
}

TEST(DatasetTables, RefuseAnotherWindowSize) {
  EXPECT_THAT(Refusal({.window_size = std::vector<int64_t>{21}}),
              HasSubstr("'window_size.npy': expected one value, 20"));
}

TEST(DatasetTables, NameTheFileThatIsMissing) {
  const TempFolder temp;
  for (const char* const name : {"file_info.npz", "window_info.npz"}) {
    WriteFolder(temp.path(), {});
    std::filesystem::remove(temp / name);
    const Error error = ErrorOf([&] { ReadDatasetTables(temp.path(), 2); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    EXPECT_THAT(error.what(), HasSubstr(name));
  }
}

}  // namespace
}  // namespace edge_int8

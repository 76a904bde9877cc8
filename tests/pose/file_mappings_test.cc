#include "src/pose/file_mappings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "src/formats/pickle_writer.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

// Of a file that holds `pickle`, for an array of 10 frames.
std::vector<FileFrames> ReadPickled(const std::string& pickle,
                                    const std::vector<std::string>& names) {
  const TempFolder temp;
  return ReadFileMappings(temp.Write("m.pkl", pickle), 10, names);
}

FileFrames FramesOf(const IntFields& fields) {
  return ReadPickled(PickleDictOfDicts({{"a", fields}}), {"a"})[0];
}

std::string MappingRefusal(const std::string& pickle) {
  const Error error = ErrorOf([&] { ReadPickled(pickle, {"a"}); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("m.pkl"));
  return error.what();
}
TEST(FileMappings, CountFramesWhereAnEntrySaysSo) {
  EXPECT_EQ(FramesOf({{"start_idx", 4}}).start, 4);
  EXPECT_EQ(FramesOf({{"start_idx", 4}}).count, std::nullopt);
  EXPECT_EQ(FramesOf({{"start_idx", 4}, {"num_frames", 5}}).count, 5);
  const FileFrames both =
      FramesOf({{"start_idx", 4}, {"end_idx", 9}, {"num_frames", 5}});
  EXPECT_EQ(both.start, 4);
  EXPECT_EQ(both.count, 5);
  EXPECT_EQ(FramesOf({{"start_idx", 10}, {"num_frames", 0}}).count, 0);
}

TEST(FileMappings, AnEndMayBeTheLastFrameOrTheOneAfterIt) {
  EXPECT_EQ(
      FramesOf({{"start_idx", 4}, {"end_idx", 8}, {"num_frames", 5}}).count, 5);
  EXPECT_EQ(FramesOf({{"start_idx", 4}, {"end_idx", 8}}).count, 5);
  EXPECT_EQ(FramesOf({{"start_idx", 4}, {"end_idx", 10}}).count, 6);
}

TEST(FileMappings, KeepTheOrderOfTheNames) {
  const auto files = ReadPickled(
      PickleDictOfDicts({{"a", {{"start_idx", 4}}}, {"b", {{"start_idx", 2}}}}),
      {"b", "a", "b"});
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[0].start, 2);
  EXPECT_EQ(files[1].start, 4);
  EXPECT_EQ(files[2].start, 2);
}

// Upstream, which reads the start alone, takes such a set.
TEST(FileMappings, RangesThatLeaveTheArrayOrDisagreeSayNothing) {
  for (const IntFields& fields :
       {IntFields{{"start_idx", 4}, {"end_idx", 11}},
        IntFields{{"start_idx", 4}, {"end_idx", 3}},
        IntFields{{"start_idx", 4}, {"num_frames", 7}},
        IntFields{{"start_idx", 4}, {"num_frames", -1}},
        IntFields{{"start_idx", -1}, {"num_frames", 1}},
        IntFields{{"start_idx", 11}, {"num_frames", 0}},
        IntFields{{"start_idx", INT64_MIN}, {"end_idx", 3}},
        IntFields{{"start_idx", 1}, {"num_frames", INT64_MAX}},
        IntFields{{"start_idx", 1}, {"end_idx", 3}, {"num_frames", 4}}}) {
    EXPECT_EQ(FramesOf(fields).count, std::nullopt)
        << testing::PrintToString(fields);
  }
}

TEST(FileMappings, RefuseEntriesThatAreSomethingElse) {
  EXPECT_THAT(MappingRefusal("\x80\x02]."), HasSubstr("expected a dict"));
  EXPECT_THAT(MappingRefusal("\x80\x02}."),
              HasSubstr("has no entry for 'a' of file_info.npz"));
  EXPECT_THAT(MappingRefusal("\x80\x02}U\x01\x61}s."),
              HasSubstr("'a' has no integer 'start_idx'"));
  EXPECT_THAT(MappingRefusal("\x80\x02}U\x01\x61K\x03s."),
              HasSubstr("'a' has no integer 'start_idx'"));
  EXPECT_THAT(MappingRefusal("\x80\x02}U\x01\x61}(U\x09start_idxK\x00"
                             "U\x07"
                             "end_idxNus."s),
              HasSubstr("'a' has no integer 'end_idx'"));
  EXPECT_THAT(MappingRefusal(""), HasSubstr("is empty"));
}

TEST(FileMappings, MayBeADefaultDict) {
  const auto files = ReadPickled(
      "\x80\x02"
      "ccollections\ndefaultdict\ncbuiltins\ndict\n\x85R"
      "U\x01\x61}U\x09start_idxK\x03ss."s,
      {"a"});
  EXPECT_EQ(files[0].start, 3);
}

}  // namespace
}  // namespace edge_int8

#include "src/pose/pose_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/output_file.h"
#include "src/formats/npy_writer.h"
#include "src/pose/upstream_shape.h"
#include "src/pose/window_source.h"
#include "tests/pose/pairs_folder.h"
#include "tests/pose/small_folder.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

template <typename T>
class FillUnseenJointsTest : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(FillUnseenJointsTest, Types);

TYPED_TEST(FillUnseenJointsTest, PutsTheMeanOfTheSeenOnesThere) {
  std::array<TypeParam, kPoseValues> frame{};
  frame[2] = 1;  // Joint 1 is at (1, 2),
  frame[3] = 2;
  frame[28] = 3;  // and joint 14 at (3, 0).
  FillUnseenJoints<TypeParam>(frame);
  for (std::size_t joint = 0; joint < kJoints; ++joint) {
    const bool seen = joint == 1 || joint == 14;
    if (seen) continue;
    EXPECT_EQ(frame[joint * 2], 2) << joint;
    EXPECT_EQ(frame[joint * 2 + 1], 1) << joint;
  }
  EXPECT_EQ(frame[2], 1);
  EXPECT_EQ(frame[29], 0);
}

TYPED_TEST(FillUnseenJointsTest, LeavesAFrameInWhichNothingIsSeen) {
  std::array<TypeParam, kPoseValues> frame{};
  FillUnseenJoints<TypeParam>(frame);
  EXPECT_THAT(frame, Each(TypeParam{0}));
}

// Both modes read a folder of 2 files of 2 windows.
class PoseTargets : public testing::Test {
 protected:
  DatasetTables Write(FolderSpec spec) {
    spec.files = 2;
    spec.windows_per_file = 2;
    WriteFolder(temp_.path(), spec);
    return ReadDatasetTables(temp_.path(), 4);
  }
  std::string NpyRefusal(const FolderSpec& spec) {
    const DatasetTables tables = Write(spec);
    const Error error = ErrorOf([&] { ReadNpyTargets(temp_.path(), tables); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    return error.what();
  }
  TempFolder temp_;
};

TEST_F(PoseTargets, NpyModeTakesEachFilesFramesFromItsStart) {
  // The set's frames lie in the array as 2, 3, 0, 1.
  const DatasetTables tables = Write({.start_idx = std::vector<int64_t>{2, 0}});
  const std::vector<float> targets = ReadNpyTargets(temp_.path(), tables);
  ASSERT_EQ(targets.size(), 4u * kPoseValues);
  EXPECT_EQ(targets[0], 2.0f / 1000);
  EXPECT_EQ(targets[kPoseValues], 3.0f / 1000);
  EXPECT_EQ(targets[3 * kPoseValues + 29], 15.5f / 1000);
}

TEST_F(PoseTargets, CsvModeGivesTheSameAsNpyMode) {
  const std::vector<float> npy = ReadNpyTargets(temp_.path(), Write({}));
  const std::vector<float> csv =
      ReadCsvTargets(temp_.path(), Write({.csv = true}), {});
  EXPECT_EQ(npy, csv);
}

TEST_F(PoseTargets, NpyModeRefusesFramesThatAreNotThere) {
  EXPECT_THAT(NpyRefusal({.keypoint_frames = 3}),
              HasSubstr("has 3 frames; window 3 is frame 1 of 'kp/1.csv', "
                        "which begins at 2"));
  EXPECT_THAT(NpyRefusal({.start_idx = std::vector<int64_t>{-1, 2}}),
              HasSubstr("begins at -1"));
  EXPECT_THAT(NpyRefusal({.start_idx = std::vector<int64_t>{INT32_MAX, 2}}),
              HasSubstr("begins at 2147483647"));
  EXPECT_THAT(
      NpyRefusal({.window_to_frame = std::vector<int64_t>{0, 1, 0, INT64_MAX}}),
      HasSubstr("window 3 is frame 9223372036854775807"));
}

// Frame 2 of file 0 would be frame 0 of file 1, the pose of another recording.
TEST_F(PoseTargets, NpyModeRefusesFramesOfTheNextFile) {
  const std::vector<int64_t> behind = {0, 2, 0, 1};
  EXPECT_THAT(NpyRefusal({.window_to_frame = behind,
                          .end_idx = std::vector<int64_t>{1, 3}}),
              HasSubstr("all_keypoints.npy: window 1 is frame 2 of "
                        "'kp/0.csv', which has 2 frames"));
  // As upstream reads it, where nothing says that the file ends there.
  const std::vector<float> targets =
      ReadNpyTargets(temp_.path(), Write({.window_to_frame = behind}));
  EXPECT_EQ(targets[kPoseValues], 2.0f / 1000);
}

TEST_F(PoseTargets, NpyModeNamesTheTypesThatItTakes) {
  const DatasetTables tables = Write({});
  const std::vector<int64_t> values(4 * kPoseValues, 1);
  temp_.Write("all_keypoints.npy",
              NpyBytes({4, kJoints, 2}, std::span<const int64_t>(values)));
  EXPECT_THAT(ErrorOf([&] { ReadNpyTargets(temp_.path(), tables); }).what(),
              HasSubstr("all_keypoints.npy: holds <i8, expected <f4, <f8 or "
                        "<f2; in Python: array.astype('<f4')"));
  const std::vector<uint16_t> halves(4 * kPoseValues, 0x3800);  // 0.5
  WriteArray(temp_ / "all_keypoints.npy", "<f2", {4, kJoints, 2}, halves);
  EXPECT_THAT(ReadNpyTargets(temp_.path(), tables), Each(0.5f));
}

TEST_F(PoseTargets, NpyModeSaysWhatOtherPosesAreAndWhatMendsThem) {
  const DatasetTables tables = Write({});
  const auto refusal = [&](const Shape& shape) {
    const std::vector<float> values(AsSize(ElementCount(shape)), 0.5f);
    WriteArray(temp_ / "all_keypoints.npy", "<f4", shape, values);
    const Error error = ErrorOf([&] { ReadNpyTargets(temp_.path(), tables); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    EXPECT_THAT(error.what(), HasSubstr("expected [frames, 15, 2]"));
    return std::string(error.what());
  };
  EXPECT_THAT(refusal({4, 25, 2}), HasSubstr("x[i, :15])"));
  EXPECT_THAT(refusal({4, 25, 3}), HasSubstr("x[i, :15, :2])"));
  EXPECT_THAT(refusal({4, 15, 3}), HasSubstr("x[i, :, :2])"));
  EXPECT_THAT(refusal({4, 2, 15}), HasSubstr("x[i].T)"));
  EXPECT_THAT(refusal({4, 30}), HasSubstr("x[i].reshape(15, 2))"));
  EXPECT_THAT(refusal({4, 1, 15, 2}), HasSubstr("x[i, 0])"));
  EXPECT_THAT(
      refusal({4, 17, 2}),
      AllOf(HasSubstr("has 17 joints where 15"), HasSubstr("12, 13, 14]])"),
            HasSubstr("\"mended_keypoints.npy\"")));
  EXPECT_THAT(refusal({4, 17, 3}), HasSubstr("12, 13, 14], :2])"));
  EXPECT_THAT(refusal({4, 14, 2}),
              AllOf(HasSubstr("has 14 joints where 15"),
                    HasSubstr("The pairs layout takes any"),
                    Not(HasSubstr("python3"))));
  EXPECT_THAT(refusal({60}), Not(HasSubstr("python3")));
}

TEST_F(PoseTargets, NpyModeRefusesAUsedFrameThatIsNotFinite) {
  const DatasetTables tables =
      Write({.window_to_frame = std::vector<int64_t>{0, 1, 0, 0}});
  const auto with_nan_at = [&](std::size_t frame) {
    std::vector<float> values(4 * kPoseValues, 0.5f);
    values[frame * kPoseValues + 5] = std::nanf("");
    temp_.Write("all_keypoints.npy",
                NpyBytes({4, kJoints, 2}, std::span<const float>(values)));
  };
  with_nan_at(3);  // No window uses it.
  EXPECT_THAT(ReadNpyTargets(temp_.path(), tables), Each(0.5f));
  with_nan_at(1);
  EXPECT_THAT(ErrorOf([&] { ReadNpyTargets(temp_.path(), tables); }).what(),
              HasSubstr("frame 1 has a value that is not finite"));
}

TEST_F(PoseTargets, CsvModeSaysWhenOneFileOfNpyModeIsThere) {
  const DatasetTables tables = Write({});
  const auto refusal = [&] {
    return std::string(
        ErrorOf([&] { ReadCsvTargets(temp_.path(), tables, {}); }).what());
  };
  std::filesystem::rename(temp_ / "file_mappings.pkl", temp_ / "kept");
  EXPECT_THAT(refusal(), HasSubstr("all_keypoints.npy is there and "
                                   "file_mappings.pkl is missing"));
  std::filesystem::rename(temp_ / "kept", temp_ / "file_mappings.pkl");
  std::filesystem::remove(temp_ / "all_keypoints.npy");
  EXPECT_THAT(refusal(), HasSubstr("file_mappings.pkl is there and "
                                   "all_keypoints.npy is missing"));
  std::filesystem::remove(temp_ / "file_mappings.pkl");
  EXPECT_THAT(refusal(), testing::Not(HasSubstr("missing")));
}

TEST_F(PoseTargets, NpyModeRefusesFilesWithoutAnEntry) {
  const DatasetTables tables = Write({});
  DatasetTables renamed = tables;
  renamed.keypoints_files[1] = "kp/other.csv";
  EXPECT_THAT(ErrorOf([&] { ReadNpyTargets(temp_.path(), renamed); }).what(),
              HasSubstr("file_mappings.pkl: has no entry for 'kp/other.csv'"));
}

TEST_F(PoseTargets, CsvModeRefusesFramesThatAreNotThere) {
  const DatasetTables tables =
      Write({.csv = true, .window_to_frame = std::vector<int64_t>{0, 1, 0, 2}});
  EXPECT_THAT(ErrorOf([&] { ReadCsvTargets(temp_.path(), tables, {}); }).what(),
              HasSubstr("kp/1.csv: has 2 frames; window 3 is frame 2"));
}

TEST_F(PoseTargets, CsvModeReadsFromTheGivenRoot) {
  const DatasetTables tables = Write({.csv = true});
  const TempFolder root;
  std::filesystem::rename(temp_ / "kp", root / "kp");
  EXPECT_THROW(ReadCsvTargets(temp_.path(), tables, {}), Error);
  EXPECT_EQ(ReadCsvTargets(temp_.path(), tables, root.path()).size(),
            4u * kPoseValues);
}

}  // namespace
}  // namespace edge_int8

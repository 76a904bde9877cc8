#include "src/pose/dataset_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/pose/synth_dataset.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Names(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& path : SmallDatasetFiles(folder)) {
    EXPECT_EQ(path.parent_path(), folder);
    names.push_back(path.filename().string());
  }
  return names;
}

TEST(DatasetFiles, AreTheWindowsAndTheSmallOnes) {
  EXPECT_TRUE(IsDatasetFile("csi_windows.npy"));
  EXPECT_TRUE(IsDatasetFile("config.npz"));
  EXPECT_FALSE(IsDatasetFile("config.npz.txt"));
  EXPECT_FALSE(IsDatasetFile(""));
}

TEST(SmallDatasetFiles, AreTheKnownOnesThatAreThereInAFixedOrder) {
  const TempFolder folder;
  EXPECT_THAT(Names(folder.path()), IsEmpty());
  for (const char* name :
       {"synthetic.json", "notes.txt", "csi_windows.npy", "file_mappings.pkl",
        "window_info.npz", "expected_targets.npy", "all_keypoints.npy"}) {
    folder.Write(name, "x");
  }
  EXPECT_THAT(Names(folder.path()),
              ElementsAre("window_info.npz", "all_keypoints.npy",
                          "file_mappings.pkl", "synthetic.json"));
  folder.Write("config.npz", "x");
  folder.Write("file_info.npz", "x");
  EXPECT_THAT(
      Names(folder.path()),
      ElementsAre("window_info.npz", "file_info.npz", "config.npz",
                  "all_keypoints.npy", "file_mappings.pkl", "synthetic.json"));
}

TEST(CheckDatasetFolder, SaysWhatElseTheFolderHolds) {
  const TempFolder folder;
  const auto refusal = [&] {
    return std::string(
        ErrorOf([&] { CheckDatasetFolder(folder.path()); }).what());
  };
  EXPECT_THAT(refusal(), EndsWith("says what each file holds"));
  folder.Write("notes.txt", "x");
  EXPECT_THAT(refusal(), EndsWith("says what each file holds"));
  folder.Write("capture.csv", "x");
  EXPECT_THAT(refusal(), HasSubstr("'edge-int8 dataset import esp32'"));
  std::filesystem::create_directory(folder / "a set");
  folder.Write("a set/csi_windows.npy", "x");
  EXPECT_THAT(refusal(), EndsWith("a set' in it is one"));
}

TEST(SmallDatasetFiles, OfAMissingFolderAreNone) {
  const TempFolder folder;
  EXPECT_THAT(SmallDatasetFiles(folder / "none"), IsEmpty());
}

// A file that the writer adds and this list lacks would go unhashed.
TEST(SmallDatasetFiles, AndTheWindowsAreAllThatASetConsistsOf) {
  const TempFolder folder;
  WriteSyntheticDataset(folder / "set", {.files = 2, .windows = 1},
                        IfExists::kFail);
  std::vector<std::string> listed = Names(folder / "set");
  listed.emplace_back(kWindowFile);
  std::vector<std::string> there;
  for (const auto& entry :
       std::filesystem::directory_iterator(folder / "set")) {
    there.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(there, testing::UnorderedElementsAreArray(listed));
}

}  // namespace
}  // namespace edge_int8

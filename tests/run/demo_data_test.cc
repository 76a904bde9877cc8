#include "src/run/demo_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "src/base/sha256.h"
#include "src/pose/dataset.h"
#include "src/pose/file_split.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

constexpr Split kSplits[] = {Split::kTrain, Split::kVal, Split::kTest};

TEST(DemoSynthOptions, AreTheFirstFilesOfEachSplitOfTheWholeSet) {
  const SynthOptions options = DemoSynthOptions();
  EXPECT_EQ(options.files, 500);
  EXPECT_EQ(options.windows, 40);
  EXPECT_EQ(options.seed, 42u);
  const FileSplit split = SplitFiles(500);
  std::vector<int> expected(split.train.begin(), split.train.begin() + 110);
  expected.insert(expected.end(), split.val.begin(), split.val.begin() + 10);
  expected.insert(expected.end(), split.test.begin(), split.test.end());
  std::ranges::sort(expected);
  EXPECT_EQ(options.only_files, expected);
  EXPECT_EQ(expected.size(), 195u);
}

TEST(DemoSynthOptions, AskingForMoreFilesThanThereAreGivesAll) {
  const SynthOptions options = DemoSynthOptions({1000, 1000, 1000});
  EXPECT_EQ(options.only_files->size(), 500u);
}

// A few files of each split, and all of the test split: its windows are few
// enough to make, and its clean ones are what the default bench scores.
class DemoData : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    temp_ = new TempFolder;
    EnsureDemoData(Folder(), DemoSynthOptions(kFiles));
    dataset_ = new Dataset(Dataset::Open(Folder()));
  }
  static void TearDownTestSuite() {
    delete dataset_;
    delete temp_;
  }
  static std::filesystem::path Folder() { return *temp_ / "demo-data"; }

  static constexpr DemoFiles kFiles = {4, 3, 75};
  static TempFolder* temp_;
  static Dataset* dataset_;
};
TempFolder* DemoData::temp_ = nullptr;
Dataset* DemoData::dataset_ = nullptr;

TEST_F(DemoData, ThePartsSplitIsTheWholeSets) {
  const FileSplit whole = SplitFiles(500);
  EXPECT_EQ(dataset_->files(), 500);
  EXPECT_EQ(dataset_->SplitFiles(Split::kTrain), whole.train);
  EXPECT_EQ(dataset_->SplitFiles(Split::kVal), whole.val);
  EXPECT_EQ(dataset_->SplitFiles(Split::kTest), whole.test);
  std::vector<std::size_t> sizes;
  for (const Split split : kSplits) {
    const Selection selection = dataset_->Select(split, Subset::kFull);
    sizes.push_back(selection.windows.size());
    for (const int file : selection.files) {
      EXPECT_THAT(dataset_->SplitFiles(split), testing::Contains(file));
    }
  }
  EXPECT_THAT(sizes, testing::ElementsAre(160, 120, 3000));
  EXPECT_TRUE(dataset_->synthetic());
}

// By content: neither the windows nor their poses of one split are in another.
TEST_F(DemoData, NoWindowOfOneSplitIsInAnother) {
  std::map<std::string, Split> windows;
  std::map<std::string, Split> poses;
  for (const Split split : kSplits) {
    for (const int64_t w : dataset_->Select(split, Subset::kFull).windows) {
      const auto hash = [](std::span<const float> values) {
        return Sha256(std::as_bytes(values));
      };
      const auto [window, new_window] =
          windows.emplace(hash(dataset_->Window(w)), split);
      EXPECT_EQ(window->second, split) << "window " << w;
      const auto [pose, new_pose] =
          poses.emplace(hash(dataset_->Target(w)), split);
      EXPECT_EQ(pose->second, split) << "pose of window " << w;
    }
  }
  EXPECT_GT(windows.size(), 3000u);  // The hash tells windows apart.
}

TEST_F(DemoData, HasAtLeast2000CleanTestWindows) {
  EXPECT_GE(dataset_->Select(Split::kTest, Subset::kClean).windows.size(),
            2000u);
}

TEST(EnsureDemoData, KeepsACompleteFolderAndReplacesAnother) {
  const TempFolder temp;
  const auto folder = temp / "demo-data";
  const auto windows = folder / "csi_windows.npy";
  EnsureDemoData(folder, DemoSynthOptions({1, 1, 1}));
  const auto written = std::filesystem::last_write_time(windows);
  EnsureDemoData(folder, DemoSynthOptions({1, 1, 1}));
  EXPECT_EQ(std::filesystem::last_write_time(windows), written);
  // Another part of the set.
  EnsureDemoData(folder, DemoSynthOptions({1, 1, 2}));
  EXPECT_EQ(Dataset::Open(folder).windows(), 160);
  // One whose writing was cut short before the marker.
  std::filesystem::remove(folder / "demo.json");
  std::filesystem::remove(folder / "window_info.npz");
  EnsureDemoData(folder, DemoSynthOptions({1, 1, 2}));
  EXPECT_EQ(Dataset::Open(folder).windows(), 160);
}

TEST(EnsureDemoData, LeavesAForeignFolderAlone) {
  const TempFolder temp;
  std::filesystem::create_directory(temp / "demo-data");
  temp.Write("demo-data/csi_windows.npy", "measured");
  const Error error = ErrorOf([&] {
    EnsureDemoData(temp / "demo-data", DemoSynthOptions({1, 0, 0}));
  });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_EQ(ReadText(temp / "demo-data/csi_windows.npy"), "measured");
}

TEST(DemoCheckpoint, IsTheHalfModelOrAnErrorThatSaysWhatToDo) {
  try {
    const std::filesystem::path path = DemoCheckpoint();
    EXPECT_EQ(path.filename(), "half.pth");
    EXPECT_TRUE(std::filesystem::exists(path));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    EXPECT_THAT(error.what(), testing::HasSubstr("--checkpoint"));
  }
}

}  // namespace
}  // namespace edge_int8

#include "src/pose/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "src/base/parallel.h"
#include "src/formats/npy.h"
#include "src/formats/npy_writer.h"
#include "src/formats/torch_storage.h"
#include "src/pose/upstream_shape.h"
#include "tests/pose/pairs_folder.h"
#include "tests/pose/small_folder.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/fixtures.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

nlohmann::json ReadJson(const std::filesystem::path& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file);
}

void ExpectTargets(const Dataset& dataset, const std::filesystem::path& path) {
  const Tensor expected = ReadNpyTensor(path);
  ASSERT_EQ(expected.shape, (Shape{dataset.windows(), kJoints, 2}));
  for (int64_t i = 0; i < dataset.windows(); ++i) {
    const auto* const pose = expected.data.data() + i * kPoseValues;
    EXPECT_THAT(dataset.Target(i), testing::ElementsAreArray(pose, kPoseValues))
        << "window " << i;
  }
}

// --- The fixtures: answers by the original code, to the last bit ---

TEST(DatasetFixtures, NpyModeHasUpstreamsTargetsSplitAndCorruptWindows) {
  EDGE_INT8_NEED_FIXTURES();
  const auto folder = Fixtures() / "preprocessed_csi_data";
  const Dataset dataset = Dataset::Open(folder);
  EXPECT_EQ(dataset.windows(), 320);
  EXPECT_EQ(dataset.files(), 20);
  EXPECT_EQ(dataset.target_mode(), TargetMode::kNpy);
  EXPECT_FALSE(dataset.synthetic());
  ExpectTargets(dataset, folder / "expected_targets.npy");

  const auto expected = ReadJson(folder / "expected_split.json");
  for (const Split split : {Split::kTrain, Split::kVal, Split::kTest}) {
    EXPECT_EQ(dataset.SplitFiles(split),
              expected.at(SplitName(split)).get<std::vector<int>>());
  }
  std::vector<int64_t> corrupt;
  for (int64_t i = 0; i < dataset.windows(); ++i) {
    EXPECT_EQ(dataset.FileOf(i), i / 16);
    if (dataset.Scan().corrupt[static_cast<std::size_t>(i)] != 0) {
      corrupt.push_back(i);
    }
  }
  EXPECT_EQ(corrupt,
            expected.at("corrupt_windows").get<std::vector<int64_t>>());
}

TEST(DatasetFixtures, CsvModeHasUpstreamsTargetsAndSplit) {
  EDGE_INT8_NEED_FIXTURES();
  const auto folder = Fixtures() / "csv_mode";
  const Dataset dataset = Dataset::Open(folder);
  EXPECT_EQ(dataset.windows(), 65);
  EXPECT_EQ(dataset.files(), 8);
  EXPECT_EQ(dataset.target_mode(), TargetMode::kCsv);
  ExpectTargets(dataset, folder / "expected_targets.npy");
  const auto expected = ReadJson(folder / "expected_split.json");
  for (const Split split : {Split::kTrain, Split::kVal, Split::kTest}) {
    EXPECT_EQ(dataset.SplitFiles(split),
              expected.at(SplitName(split)).get<std::vector<int>>());
  }
  EXPECT_THAT(dataset.Scan().corrupt, Each(0));
}

TEST(DatasetFixtures, CleanLeavesCorruptWindowsOutAndFullZeroesThem) {
  EDGE_INT8_NEED_FIXTURES();
  const Dataset dataset = Dataset::Open(Fixtures() / "preprocessed_csi_data");
  // Files 18 and 19 are corrupt; both are in the train split.
  EXPECT_EQ(dataset.Select(Split::kTrain, Subset::kFull).windows.size(), 224u);
  EXPECT_EQ(dataset.Select(Split::kTrain, Subset::kClean).windows.size(), 192u);
  EXPECT_EQ(dataset.Select(Split::kTest, Subset::kClean).windows.size(), 48u);
  EXPECT_EQ(dataset.Select(Split::kAll, Subset::kClean).windows.size(), 288u);

  const Selection full = dataset.Select(Split::kTrain, Subset::kFull);
  const SelectionSource source(dataset, full.windows);
  std::vector<float> window(kWindowValues);
  for (int64_t i = 0; i < source.size(); ++i) {
    source.Read(i, window);
    const int file = full.files[static_cast<std::size_t>(i)];
    if (file >= 18) {
      EXPECT_THAT(window, Each(0.0f));
    } else {
      EXPECT_TRUE(std::ranges::equal(
          window, dataset.Window(full.windows[static_cast<std::size_t>(i)])));
    }
  }
}

TEST(DatasetFixtures, RealMasksLeaveThePublishedCounts) {
  EDGE_INT8_NEED_FIXTURES();
  const TempFolder temp;
  // The public set's size: 500 files of 720 windows. Its values are a hole in
  // a sparse file; only the masks make windows corrupt.
  const FolderSpec spec{.files = 500, .windows_per_file = 720};
  WriteFolder(temp.path(), spec);
  const Dataset dataset = Dataset::Open(
      temp.path(), {.corrupt_masks = {Fixtures() / "nan_windows_mask.npy",
                                      Fixtures() / "big_windows_mask.npy"}});
  const std::array<std::pair<Split, std::array<std::size_t, 2>>, 3> expected = {
      {{Split::kTest, {54000, 52560}},
       {Split::kTrain, {252000, 246528}},
       {Split::kVal, {54000, 51840}}}};
  for (const auto& [split, counts] : expected) {
    std::size_t clean = 0;
    const Selection full = dataset.Select(split, Subset::kFull);
    EXPECT_EQ(full.windows.size(), counts[0]);
    for (const int64_t window : full.windows) {
      clean += static_cast<std::size_t>(!dataset.Masked(window));
    }
    EXPECT_EQ(clean, counts[1]);
  }
}

// --- Small folders ---

TEST(Dataset, SelectsFilesInShuffledOrderAndTheirWindowsAscending) {
  const TempFolder temp;
  WriteFolder(temp.path(), {.files = 7, .windows_per_file = 2});
  const Dataset dataset = Dataset::Open(temp.path());
  // random.seed(42) shuffles 7 files to 1 3 4 2 6 0 5: 4 train, 1 val, 2 test.
  const Selection train = dataset.Select(Split::kTrain, Subset::kFull);
  EXPECT_THAT(train.windows, ElementsAre(2, 3, 6, 7, 8, 9, 4, 5));
  EXPECT_THAT(train.files, ElementsAre(1, 1, 3, 3, 4, 4, 2, 2));
  EXPECT_THAT(dataset.Select(Split::kVal, Subset::kFull).windows,
              ElementsAre(12, 13));
  EXPECT_THAT(dataset.Select(Split::kTest, Subset::kFull).windows,
              ElementsAre(0, 1, 10, 11));
  EXPECT_THAT(dataset.Select(Split::kAll, Subset::kFull).files,
              ElementsAre(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6));
}

TEST(Dataset, OneValueOutsideTheRangeMakesAWindowCorrupt) {
  const TempFolder temp;
  std::vector<float> values(6 * kWindowValues, 0.5f);
  values[0 * kWindowValues + 7] = NAN;
  values[1 * kWindowValues] = -INFINITY;
  values[2 * kWindowValues + kWindowValues - 1] = 1.50000012f;
  values[3 * kWindowValues + 1] = -1.50000012f;
  values[4 * kWindowValues + 2] = 1.5f;   // Still good.
  values[5 * kWindowValues + 3] = -1.5f;  // So is this.
  WriteFolder(temp.path(),
              {.files = 1, .windows_per_file = 6, .values = values});
  const Dataset dataset = Dataset::Open(temp.path());
  EXPECT_THAT(dataset.Scan().corrupt, ElementsAre(1, 1, 1, 1, 0, 0));
  EXPECT_EQ(dataset.Scan().value_min, -1.50000012f);
  EXPECT_EQ(dataset.Scan().value_max, 1.50000012f);
  const double finite = 6.0 * kWindowValues - 2;
  EXPECT_DOUBLE_EQ(dataset.Scan().clipped_share, 4 / finite);
  EXPECT_THAT(dataset.Select(Split::kAll, Subset::kClean).windows,
              ElementsAre(4, 5));
}

TEST(Dataset, ScansTheSameWhateverTheThreadCount) {
  const TempFolder temp;
  std::vector<float> values(200 * kWindowValues);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i % 1009) / 1000;
  }
  values[130 * kWindowValues] = 2;
  WriteFolder(temp.path(),
              {.files = 2, .windows_per_file = 100, .values = values});
  SetThreads(1);
  const Dataset one = Dataset::Open(temp.path());
  const WindowScan expected = one.Scan();
  SetThreads(5);
  const Dataset five = Dataset::Open(temp.path());
  EXPECT_EQ(five.Scan().corrupt, expected.corrupt);
  EXPECT_EQ(five.Scan().value_min, expected.value_min);
  EXPECT_EQ(five.Scan().value_max, expected.value_max);
  EXPECT_EQ(five.Scan().clipped_share, expected.clipped_share);
  EXPECT_GT(expected.clipped_share, 0);
  SetThreads(0);
}

TEST(Dataset, MasksAreOred) {
  const TempFolder temp;
  WriteFolder(temp.path(), {.files = 1, .windows_per_file = 3});
  WriteMask(temp / "a.npy", {1, 0, 0});
  WriteMask(temp / "b.npy", {0, 0, 1});
  const Dataset dataset = Dataset::Open(
      temp.path(), {.corrupt_masks = {temp / "a.npy", temp / "b.npy"}});
  EXPECT_THAT(dataset.Scan().corrupt, ElementsAre(1, 0, 1));
  EXPECT_TRUE(dataset.Masked(0));
  EXPECT_FALSE(dataset.Masked(1));
}

TEST(Dataset, RefusesAMaskOfAnotherSizeOrType) {
  const TempFolder temp;
  WriteFolder(temp.path(), {.files = 1, .windows_per_file = 3});
  WriteMask(temp / "mask.npy", {1, 0});
  const auto open = [&](const std::filesystem::path& mask) {
    return std::string(ErrorOf([&] {
                         Dataset::Open(temp.path(), {.corrupt_masks = {mask}});
                       }).what());
  };
  EXPECT_THAT(open(temp / "mask.npy"),
              HasSubstr("mask.npy: has shape (2), expected (3)"));
  EXPECT_THAT(open(temp / "csi_windows.npy"), HasSubstr("has shape (3, 540"));
  EXPECT_THAT(open(temp / "absent.npy"), HasSubstr("absent.npy"));
}

TEST(Dataset, TakesAMaskOfZerosAndOnes) {
  const TempFolder temp;
  WriteFolder(temp.path(), {.files = 1, .windows_per_file = 3});
  const auto open = [&](const std::vector<int64_t>& mask) {
    temp.Write("mask.npy", NpyBytes({3}, std::span<const int64_t>(mask)));
    return Dataset::Open(temp.path(), {.corrupt_masks = {temp / "mask.npy"}});
  };
  EXPECT_THAT(open({0, 1, 0}).Scan().corrupt, ElementsAre(0, 1, 0));
  EXPECT_THAT(ErrorOf([&] {
                open({0, 2, 0});
              }).what(),
              HasSubstr("mask.npy: value 1 is 2, expected bool (|b1)"));
}

TEST(Dataset, WithoutKeypointArrayOrMappingsReadsCsv) {
  const TempFolder temp;
  WriteFolder(temp.path(), {.files = 1, .windows_per_file = 3, .csv = true});
  const Dataset dataset = Dataset::Open(temp.path());
  EXPECT_EQ(dataset.target_mode(), TargetMode::kCsv);
  EXPECT_EQ(dataset.Target(2)[0], 0.002f);  // WriteFolder's frame 2.
}

TEST(Dataset, SaysHowManyOfItsFilesTrain) {
  const TempFolder temp;
  WriteFolder(temp / "one", {.files = 1});
  WriteFolder(temp / "four", {.files = 4});
  EXPECT_EQ(Dataset::Open(temp / "one").TrainShare(),
            "the set has 1 file, of which 0 train");
  EXPECT_EQ(Dataset::Open(temp / "four").TrainShare(),
            "the set has 4 files, of which 2 train");
}

TEST(Dataset, SaysWhetherItIsSynthetic) {
  const TempFolder temp;
  WriteFolder(temp.path(), {});
  EXPECT_FALSE(Dataset::Open(temp.path()).synthetic());
  temp.Write("synthetic.json", "{}");
  EXPECT_TRUE(Dataset::Open(temp.path()).synthetic());
}

template <typename T>
std::vector<T> StoredAs(const std::vector<float>& values, float scale) {
  std::vector<T> stored(values.size());
  std::ranges::transform(values, stored.begin(), [&](float value) {
    return static_cast<T>(value * scale);
  });
  return stored;
}

TEST(Dataset, ReadsWindowsOfEveryTypeAndWithAxesOfOne) {
  const TempFolder temp;
  std::vector<float> values(2 * kWindowValues);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i % 256) / 255;
  }
  WriteFolder(temp.path(), {.values = values});
  const auto path = temp / "csi_windows.npy";
  const auto expect_values = [&](const char* what) {
    const Dataset dataset = Dataset::Open(temp.path());
    ASSERT_EQ(dataset.windows(), 2) << what;
    EXPECT_THAT(dataset.Scan().corrupt, Each(0)) << what;
    const std::vector<float> window = dataset.Window(1);
    for (std::size_t i = 0; i < window.size(); ++i) {
      ASSERT_NEAR(window[i], values[kWindowValues + i], 5e-4) << what;
    }
  };
  expect_values("float32");
  const Shape shape = {2, kSubcarriers, kFrames};
  WriteArray(path, "<f8", shape, StoredAs<double>(values, 1));
  expect_values("float64");
  WriteArray(path, "|u1", shape, StoredAs<uint8_t>(values, 255.01f));
  expect_values("bytes");
  std::vector<uint16_t> halves(values.size());
  std::ranges::transform(values, halves.begin(), FloatToHalf);
  WriteArray(path, "<f2", shape, halves);
  expect_values("float16");
  WriteArray(path, "<f4", {2, 1, kSubcarriers, kFrames}, values);
  expect_values("a channel axis");
  WriteArray(path, "<f4", {2, kSubcarriers, kFrames, 1}, values);
  expect_values("an axis of one at the end");
}

TEST(Dataset, OfOneWindowMayLackTheFirstAxis) {
  const TempFolder temp;
  WriteFolder(temp.path(),
              {.files = 1, .values = std::vector(kWindowValues, 0.5f)});
  WriteArray(temp / "csi_windows.npy", "<f4", {kSubcarriers, kFrames},
             std::vector<float>(kWindowValues, 0.25f));
  const Dataset dataset = Dataset::Open(temp.path());
  EXPECT_EQ(dataset.windows(), 1);
  EXPECT_EQ(dataset.Scan().value_max, 0.25f);
}

TEST(Dataset, RefusesWindowFilesThatAreSomethingElse) {
  const TempFolder temp;
  const auto refusal = [&](const FolderSpec& spec) {
    WriteFolder(temp.path(), spec);
    const Error error = ErrorOf([&] { Dataset::Open(temp.path()); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    EXPECT_THAT(error.what(), HasSubstr("csi_windows.npy"));
    return std::string(error.what());
  };
  EXPECT_THAT(refusal({.windows_dtype = "<i4"}),
              HasSubstr("holds <i4, expected windows of <f4, <f2, <f8 or |u1; "
                        "in Python: array.astype('<f4')"));
  EXPECT_THAT(refusal({.windows_shape = Shape{1, 20, 540}}),
              HasSubstr("expected [n, 540, 20]"));
  EXPECT_THAT(refusal({.files = 1, .windows_per_file = 0}),
              HasSubstr("holds no windows"));
}

TEST(Dataset, OfAMissingFolderNamesIt) {
  const Error error = ErrorOf([] { Dataset::Open("/nowhere/at/all"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("/nowhere/at/all: No such folder"));
}

TEST(SplitNames, ParseBackAndRefuseOthers) {
  for (const Split split :
       {Split::kTrain, Split::kVal, Split::kTest, Split::kAll}) {
    EXPECT_EQ(ParseSplit(SplitName(split)), split);
  }
  for (const Subset subset : {Subset::kFull, Subset::kClean}) {
    EXPECT_EQ(ParseSubset(SubsetName(subset)), subset);
  }
  EXPECT_EQ(ErrorOf([] { ParseSplit("Test"); }).kind(), ErrorKind::kUsage);
  EXPECT_EQ(ErrorOf([] { ParseSubset(""); }).kind(), ErrorKind::kUsage);
}

// Npy mode reads nothing there, but whoever gave the flag thinks it does.
TEST(Dataset, AKeypointsRootThatIsNotThereIsBadInputInEitherMode) {
  for (const bool csv : {false, true}) {
    const TempFolder temp;
    FolderSpec spec;
    spec.csv = csv;
    WriteFolder(temp / "data", spec);
    DatasetOptions options;
    options.keypoints_root = temp / "nowhere";
    const Error error = ErrorOf([&] { Dataset::Open(temp / "data", options); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    EXPECT_THAT(error.what(), HasSubstr("nowhere"));
    EXPECT_THAT(error.what(), HasSubstr("--keypoints-root"));
  }
}

}  // namespace
}  // namespace edge_int8

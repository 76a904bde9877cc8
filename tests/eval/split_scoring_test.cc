#include "src/eval/split_scoring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "src/pose/file_split.h"
#include "src/pose/upstream_shape.h"
#include "tests/pose/small_folder.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

constexpr int kPerFile = 2;

// 20 files of two windows. The windows named are corrupt.
FolderSpec Spec(const std::vector<int64_t>& corrupt = {}) {
  FolderSpec spec;
  spec.files = 20;
  spec.windows_per_file = kPerFile;
  if (!corrupt.empty()) {
    spec.values.assign(std::size_t{40} * kWindowValues, 0.5f);
    for (const int64_t window : corrupt) {
      spec.values[static_cast<std::size_t>(window) * kWindowValues + 7] =
          std::numeric_limits<float>::quiet_NaN();
    }
  }
  return spec;
}

// The mean pose of a split's windows, as plainly as can be.
std::vector<float> MeanOfTrain(const Dataset& dataset) {
  std::vector<double> sum(kPoseValues);
  double count = 0;
  for (const int file : SplitFiles(dataset.files()).train) {
    for (int64_t w = file * kPerFile; w < (file + 1) * kPerFile; ++w) {
      for (std::size_t i = 0; i < sum.size(); ++i) {
        sum[i] += dataset.Target(w)[i];
      }
      ++count;
    }
  }
  std::vector<float> mean;
  for (const double s : sum) mean.push_back(static_cast<float>(s / count));
  return mean;
}

TEST(WindowTargets, KeepTheOrderAndRepeats) {
  const TempFolder folder;
  WriteFolder(folder.path(), Spec());
  const Dataset dataset = Dataset::Open(folder.path());
  const std::vector<int64_t> windows = {31, 4, 4};
  const std::vector<float> targets = dataset.targets().Pick(windows).poses;
  ASSERT_EQ(targets.size(), 3u * kPoseValues);
  // Joint 0 of frame f is at f / 1000.
  EXPECT_EQ(targets[0], 0.031f);
  EXPECT_EQ(targets[kPoseValues], 0.004f);
  EXPECT_EQ(targets[2 * kPoseValues], 0.004f);
  EXPECT_TRUE(dataset.targets().Pick({}).poses.empty());
}

TEST(LoadSplitTruth, TargetsAreAlignedWithTheSelection) {
  const TempFolder folder;
  WriteFolder(folder.path(), Spec());
  const Dataset dataset = Dataset::Open(folder.path());
  for (const Split split :
       {Split::kTrain, Split::kVal, Split::kTest, Split::kAll}) {
    const SplitTruth truth = LoadSplitTruth(dataset, split, Subset::kFull);
    EXPECT_EQ(truth.selection.windows,
              dataset.Select(split, Subset::kFull).windows);
    EXPECT_EQ(truth.targets.poses,
              dataset.targets().Pick(truth.selection.windows).poses);
    EXPECT_EQ(truth.mean_pose.size(), truth.selection.windows.size());
    // The truth itself is a perfect prediction.
    const Score perfect = MergeTallies(truth.Tally(truth.targets.poses));
    EXPECT_EQ(perfect.Pck(10), 1.0);
    EXPECT_EQ(perfect.mpjpe, 0.0);
  }
}

TEST(LoadSplitTruth, TheBaselineAlwaysAnswersTheTrainMean) {
  const TempFolder folder;
  WriteFolder(folder.path(), Spec());
  const Dataset dataset = Dataset::Open(folder.path());
  const std::vector<float> mean = MeanOfTrain(dataset);
  for (const Split split : {Split::kTest, Split::kTrain}) {
    const SplitTruth truth = LoadSplitTruth(dataset, split, Subset::kFull);
    double error = 0;
    for (std::size_t n = 0; n < truth.mean_pose.size(); ++n) {
      const PoseTally expected = TallyPose(
          mean,
          std::span(truth.targets.poses).subspan(n * kPoseValues, kPoseValues));
      EXPECT_EQ(truth.mean_pose[n].hits, expected.hits);
      EXPECT_NEAR(truth.mean_pose[n].error_sum, expected.error_sum, 1e-6);
      error += expected.error_sum;
    }
    EXPECT_GT(error, 0.01);  // The poses do differ.
  }
}

// Their targets are as good as any.
TEST(LoadSplitTruth, CorruptTrainWindowsCountInTheMean) {
  const FileSplit split = SplitFiles(20);
  const int64_t train = int64_t{split.train[0]} * kPerFile;
  const int64_t test = int64_t{split.test[0]} * kPerFile;
  const TempFolder folder;
  WriteFolder(folder.path(), Spec({train, test}));
  const Dataset dataset = Dataset::Open(folder.path());
  const SplitTruth clean =
      LoadSplitTruth(dataset, Split::kTest, Subset::kClean);
  const SplitTruth full = LoadSplitTruth(dataset, Split::kTest, Subset::kFull);
  EXPECT_EQ(clean.selection.windows.size(), 5u);
  EXPECT_EQ(full.selection.windows.size(), 6u);
  EXPECT_THAT(clean.selection.windows, testing::Not(testing::Contains(test)));
  const PoseTally expected =
      TallyPose(MeanOfTrain(dataset),
                std::span(clean.targets.poses).subspan(0, kPoseValues));
  EXPECT_NEAR(clean.mean_pose[0].error_sum, expected.error_sum, 1e-6);
}

TEST(LoadSplitTruth, TheNormalizationIsTheAskedOne) {
  const TempFolder folder;
  WriteFolder(folder.path(), Spec());
  const Dataset dataset = Dataset::Open(folder.path());
  std::vector<std::array<int32_t, kPckThresholds>> first;
  for (const Normalization norm :
       {Normalization::kTorso, Normalization::kAbsolute}) {
    const SplitTruth truth =
        LoadSplitTruth(dataset, Split::kTest, Subset::kFull, norm);
    std::vector<float> poses = truth.targets.poses;
    for (float& x : poses) x += 0.0025f;
    first.push_back(truth.Tally(poses)[0].hits);
    first.push_back(truth.mean_pose[0].hits);
  }
  EXPECT_NE(first[0], first[2]);
}

TEST(LoadSplitTruth, AnEmptySelectionNamesFolderSplitAndSubset) {
  const TempFolder folder;
  // 2 files: 1 train, 0 val, 1 test.
  WriteFolder(folder.path(), {});
  const Dataset dataset = Dataset::Open(folder.path());
  const Error error =
      ErrorOf([&] { LoadSplitTruth(dataset, Split::kVal, Subset::kFull); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr(folder.path().string()));
  EXPECT_THAT(error.what(), HasSubstr("split val, subset full"));
}

TEST(LoadSplitTruth, ASplitOfOnlyCorruptWindowsHasNoCleanScore) {
  std::vector<int64_t> corrupt;
  for (const int file : SplitFiles(20).test) {
    corrupt.push_back(int64_t{file} * kPerFile);
    corrupt.push_back(int64_t{file} * kPerFile + 1);
  }
  const TempFolder folder;
  WriteFolder(folder.path(), Spec(corrupt));
  const Dataset dataset = Dataset::Open(folder.path());
  EXPECT_EQ(ErrorOf([&] {
              LoadSplitTruth(dataset, Split::kTest, Subset::kClean);
            }).kind(),
            ErrorKind::kBadInput);
  EXPECT_NO_THROW(LoadSplitTruth(dataset, Split::kTest, Subset::kFull));
}

// One file is all test: there is no train split to take a mean from.
TEST(LoadSplitTruth, WithoutATrainSplitThereIsNoBaseline) {
  const TempFolder folder;
  FolderSpec spec;
  spec.files = 1;
  WriteFolder(folder.path(), spec);
  const Dataset dataset = Dataset::Open(folder.path());
  const Error error =
      ErrorOf([&] { LoadSplitTruth(dataset, Split::kTest, Subset::kFull); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_EQ(error.what(),
            folder.path().string() +
                ": its train split has no windows with finite targets, and so "
                "no mean pose to stand beside a score; the set has 1 file, of "
                "which 0 train");
}

}  // namespace
}  // namespace edge_int8

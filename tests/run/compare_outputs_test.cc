#include "src/run/compare_outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "src/eval/split_scoring.h"
#include "src/formats/npy.h"
#include "src/pose/upstream_shape.h"
#include "src/run/predict_file.h"
#include "tests/pose/small_folder.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

std::filesystem::path WritePoses(const std::filesystem::path& path,
                                 const std::vector<float>& poses) {
  const auto count = static_cast<int64_t>(poses.size()) / kPoseValues;
  WriteFile(path, NpyBytes({count, kJoints, 2}, poses), IfExists::kReplace);
  return path;
}

class CompareModels : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new TempFolder;
    WriteSmallModelFiles(files_->path());
    for (const std::string name : {"tiny.pth", "tiny.ei8"}) {
      PredictOptions options;
      options.model = *files_ / name;
      options.input = *files_ / "x.npy";
      options.output = *files_ / (name + ".npy");
      PredictFile(options);
    }
  }
  static void TearDownTestSuite() {
    delete files_;
    files_ = nullptr;
  }
  static Comparison Compare(const std::string& a, const std::string& b,
                            std::optional<double> tolerance = {}) {
    CompareOptions options;
    options.model = *files_ / a;
    options.against = *files_ / b;
    options.input = *files_ / "x.npy";
    options.tolerance = tolerance;
    return CompareOutputs(nullptr, options);
  }
  static TempFolder* files_;
};
TempFolder* CompareModels::files_ = nullptr;

TEST_F(CompareModels, AModelEqualsItsOwnPredictions) {
  for (const std::string name : {"tiny.pth", "tiny.ei8"}) {
    const Comparison same = Compare(name, name + ".npy", 0);
    EXPECT_EQ(same.windows, 12);
    EXPECT_EQ(same.largest, 0);
    EXPECT_EQ(same.mean, 0);
    EXPECT_TRUE(same.WithinTolerance());
    EXPECT_FALSE(same.snr_db) << "nothing differs";
    EXPECT_FALSE(same.sources[0].score);
    EXPECT_THAT(ComparisonVerdict(same), HasSubstr("within the tolerance"));
  }
}

// Every pair of kinds gives what the two predictions files say by hand.
TEST_F(CompareModels, DifferencesAreThoseOfThePredictions) {
  const std::vector<float> a = ReadNpyTensor(*files_ / "tiny.pth.npy").data;
  const std::vector<float> b = ReadNpyTensor(*files_ / "tiny.ei8.npy").data;
  double largest = 0;
  double sum = 0;
  std::size_t at = 0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    const double d = std::abs(static_cast<double>(a[n]) - b[n]);
    sum += d;
    if (d > largest) at = n;
    largest = std::max(largest, d);
  }
  ASSERT_GT(largest, 0);
  for (const auto& [x, y] : std::vector<std::pair<std::string, std::string>>{
           {"tiny.pth", "tiny.ei8"},
           {"tiny.ei8", "tiny.pth"},
           {"tiny.pth.npy", "tiny.ei8"},
           {"tiny.pth.npy", "tiny.ei8.npy"}}) {
    const Comparison c = Compare(x, y);
    EXPECT_EQ(c.largest, largest) << x << " " << y;
    EXPECT_DOUBLE_EQ(c.mean, sum / static_cast<double>(a.size()));
    EXPECT_EQ(c.at_window * 30 + c.at_output, static_cast<int64_t>(at));
    EXPECT_NE(c.sources[0].sha256, c.sources[1].sha256);
    EXPECT_TRUE(c.WithinTolerance()) << "no tolerance, no gate";
    EXPECT_TRUE(ToJson(c)["within"].is_null());
  }
}

// Every pose 0.25 above or below its mean, and off by 0.025: a hundred times
// less energy.
TEST_F(CompareModels, SignalToNoiseIsInDecibels) {
  std::vector<float> poses(12 * 30);
  for (std::size_t n = 0; n < poses.size(); ++n) {
    poses[n] = n / 30 % 2 == 0 ? 0.25f : 0.75f;
  }
  WritePoses(*files_ / "level.npy", poses);
  for (float& value : poses) value += 0.025f;
  WritePoses(*files_ / "shifted.npy", poses);
  const Comparison c = Compare("shifted.npy", "level.npy");
  ASSERT_TRUE(c.snr_db);
  EXPECT_NEAR(*c.snr_db, 20, 1e-4);
  EXPECT_NEAR(ToJson(c)["snr_db"].get<double>(), 20, 1e-4);
  EXPECT_THAT(ComparisonVerdict(c), HasSubstr("signal-to-noise 20.0 dB"));
}

TEST_F(CompareModels, TheToleranceIsOnTheLargestDifference) {
  const double largest = Compare("tiny.pth", "tiny.ei8").largest;
  EXPECT_TRUE(Compare("tiny.pth", "tiny.ei8", largest).WithinTolerance());
  const Comparison beyond =
      Compare("tiny.pth", "tiny.ei8", std::nextafter(largest, 0));
  EXPECT_FALSE(beyond.WithinTolerance());
  EXPECT_EQ(ToJson(beyond)["within"], false);
  EXPECT_THAT(ComparisonVerdict(beyond), HasSubstr("beyond the tolerance"));
}

TEST_F(CompareModels, APoseThatIsNotFiniteIsBeyondAnyTolerance) {
  std::vector<float> poses = ReadNpyTensor(*files_ / "tiny.pth.npy").data;
  poses[7] = std::numeric_limits<float>::quiet_NaN();
  WritePoses(*files_ / "nan.npy", poses);
  const Comparison c = Compare("tiny.pth", "nan.npy", 1e30);
  EXPECT_EQ(c.not_finite, 1);
  EXPECT_EQ(c.largest, 0);
  EXPECT_FALSE(c.WithinTolerance());
  EXPECT_FALSE(Compare("nan.npy", "nan.npy", 1e30).WithinTolerance());
}

TEST_F(CompareModels, AWrongNumberOfPosesIsBadInput) {
  WritePoses(*files_ / "few.npy", std::vector<float>(11 * 30));
  const Error error = ErrorOf([] { Compare("tiny.pth", "few.npy"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("few.npy"));
  EXPECT_THAT(error.what(),
              HasSubstr("has shape [11, 15, 2], expected outputs [12, 15, 2]"));
}

TEST_F(CompareModels, AFileThatIsNoModelIsBadInput) {
  files_->Write("text", "neither one nor the other");
  EXPECT_EQ(ErrorOf([] { Compare("text", "tiny.pth"); }).kind(),
            ErrorKind::kBadInput);
}

// With a dataset each source is scored, and the baseline stands beside.
TEST(CompareOnData, EachSideHasItsScore) {
  const TempFolder folder;
  FolderSpec spec;
  spec.files = 20;
  spec.windows_per_file = 2;
  WriteFolder(folder / "data", spec);
  const Dataset dataset = Dataset::Open(folder / "data");
  const SplitTruth truth = LoadSplitTruth(dataset, Split::kTest, Subset::kFull);
  std::vector<float> moved = truth.targets.poses;
  for (std::size_t n = 0; n < moved.size() / 2; ++n) moved[n] += 2;
  CompareOptions options;
  options.subset = Subset::kFull;
  options.model = WritePoses(folder / "right.npy", truth.targets.poses);
  options.against = WritePoses(folder / "moved.npy", moved);
  const Comparison c = CompareOutputs(&dataset, options);
  EXPECT_EQ(c.windows, 6);
  EXPECT_NEAR(c.largest, 2, 1e-6);
  EXPECT_NEAR(c.mean, 1, 1e-6);
  EXPECT_EQ(c.sources[0].score->Pck(20), 1);
  EXPECT_EQ(c.sources[1].score->Pck(20), 0.5);
  EXPECT_EQ(c.baseline_mean_pose->samples, 6);
  EXPECT_THAT(ComparisonVerdict(c), HasSubstr("PCK@20 +50.000 pp"));
  const std::string table = ComparisonTable(c);
  for (const char* part : {"right.npy", "moved.npy", "mean pose"}) {
    EXPECT_THAT(table, HasSubstr(part));
  }
  // Both say what the model has over what it is compared with.
  EXPECT_THAT(table, HasSubstr("+50.00 pp"));
  EXPECT_LT(table.find("moved.npy"), table.find("right.npy"));
  EXPECT_EQ(ToJson(c)["against"]["score"]["pck@20"], 0.5);
}

}  // namespace
}  // namespace edge_int8

#include "src/run/bench_record.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "src/eval/split_scoring.h"
#include "src/pose/synth_dataset.h"
#include "src/pose/upstream_shape.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

// A set of 6 files x 4 windows; model "b" is off by more in later files.
class BenchRecordTest : public testing::Test {
 protected:
  BenchRecordTest() {
    WriteSyntheticDataset(folder_ / "data", {.files = 6, .windows = 4},
                          IfExists::kFail);
    dataset_ = std::make_unique<Dataset>(Dataset::Open(folder_ / "data"));
    for (int64_t w = 0; w < dataset_->windows(); ++w) {
      record_.windows.push_back(w);
      record_.files.push_back(dataset_->FileOf(w));
    }
    record_.truth = dataset_->targets().Pick(record_.windows);
    record_.mean_pose = std::vector<float>(kPoseValues, 0.5f);
    ModelPoses a{"a", "A", record_.truth.poses};
    ModelPoses b{"b", "B", record_.truth.poses};
    for (std::size_t i = 0; i < b.poses.size(); i += 2) {
      const int file = record_.files[i / kPoseValues];
      b.poses[i] += 0.01f * static_cast<float>((file + 2) % 6);
    }
    record_.models = {a, b};
    record_.judge = 1;
  }

  TempFolder folder_;
  std::unique_ptr<Dataset> dataset_;
  BenchRecord record_;
};

TEST_F(BenchRecordTest, ErrorsAreSharesOfTheSameWindows) {
  const json errors = ErrorsJson(*dataset_, record_);
  EXPECT_EQ(errors["windows"], 24);
  ASSERT_EQ(errors["models"].size(), 3u);
  EXPECT_EQ(errors["models"][0]["within"][0], 24 * 15);
  EXPECT_EQ(errors["models"][2]["label"], "mean_pose");
  EXPECT_EQ(errors["example_pose"].size(), 30u);
  const json& joint = errors["models"][1]["joints"][7];
  EXPECT_EQ(joint["index"], 7);
  EXPECT_LT(joint["pck@10"], 1.0);
  // b is off along x only.
  EXPECT_EQ(joint["x"]["pck@10"], joint["pck@10"]);
  EXPECT_EQ(joint["y"]["pck@10"], 1.0);
}

TEST_F(BenchRecordTest, ThePlayerHasBestMedianAndWorst) {
  const json player = PlayerJson(*dataset_, record_);
  ASSERT_EQ(player["files"].size(), 3u);
  EXPECT_EQ(player["files"][0]["file"], 4);  // (4 + 2) % 6 == 0
  EXPECT_EQ(player["files"][0]["mean_error"], 0.0);
  EXPECT_EQ(player["files"][1]["which"], "median");
  EXPECT_EQ(player["files"][2]["file"], 3);
  EXPECT_EQ(player["ranked_by"]["label"], "b");
  const json& chunk = player["files"][0]["chunks"][0];
  EXPECT_EQ(chunk["windows"], json({16, 17, 18, 19}));
  EXPECT_EQ(chunk["poses"]["truth"], chunk["poses"]["a"]);
  EXPECT_EQ(chunk["poses"]["a"].get<std::string>().size(), 4u * 60 / 3 * 4);
}

TEST_F(BenchRecordTest, APoseThatIsNotFiniteIsTheWorstAndStillWritten) {
  record_.models[1].poses[0] = std::numeric_limits<float>::quiet_NaN();
  const json player = PlayerJson(*dataset_, record_);
  EXPECT_EQ(player["files"][2]["file"], 0);
  EXPECT_TRUE(player["files"][2]["mean_error"].is_null());
  // -32768 as little-endian bytes begins "AI".
  EXPECT_EQ(
      player["files"][2]["chunks"][0]["poses"]["b"].get<std::string>().substr(
          0, 2),
      "AI");
}

TEST_F(BenchRecordTest, OneRecordingIsOnlyTheBest) {
  record_.windows.resize(3);
  record_.files.resize(3);
  record_.truth.poses.resize(3 * kPoseValues);
  for (ModelPoses& model : record_.models) {
    model.poses.resize(3 * kPoseValues);
  }
  const json player = PlayerJson(*dataset_, record_);
  ASSERT_EQ(player["files"].size(), 1u);
  EXPECT_EQ(player["files"][0]["which"], "best");
}

TEST(MostSpreadPose, PicksTheOneWhoseJointsAreApart) {
  std::vector<float> truth(2 * kPoseValues, 0.0f);
  for (std::size_t i = 0; i < kPoseValues; ++i) {
    truth[kPoseValues + i] = static_cast<float>((i * 7) % 30) / 30;
  }
  const std::vector<float> pose = MostSpreadPose(truth);
  EXPECT_EQ(pose, std::vector<float>(truth.begin() + kPoseValues, truth.end()));
}

}  // namespace
}  // namespace edge_int8

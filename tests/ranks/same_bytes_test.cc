// Any number of ranks leaves the bytes that one process leaves.
#include <gtest/gtest.h>

#include "tests/ranks/rank_jobs.h"

namespace edge_int8 {
namespace {

TEST_F(RankJobs, EvaluateGivesTheSameBytesForEveryN) {
  ExpectSameBytes({"evaluate", "--model", Tiny(), "--data", Data(), "--split",
                   "all", "--json", "@"},
                  {1, 2, 3, 4, 7});
}

TEST_F(RankJobs, PtqGivesTheSameArtifactForEveryN) {
  ExpectSameBytes({"quantize", "--checkpoint", Tiny(), "--data", Data(),
                   "--calib-batches", "1", "--out", "@"});
}

TEST_F(RankJobs, ExplainGivesTheSameBytesForEveryN) {
  ExpectSameBytes({"explain", "--checkpoint", Tiny(), "--data", Data(),
                   "--recipe", "mse", "--calib-batches", "1", "--json", "@"});
}

TEST_F(RankJobs, SearchGivesTheSameArtifactForEveryN) {
  ExpectSameBytes({"search", "--checkpoint", Tiny(), "--data", Data(),
                   "--max-bytes", "140000", "--activation-bits", "8",
                   "--calib-batches", "1", "--refinements", "3", "--finalists",
                   "1", "--out", "@"});
}

TEST_F(RankJobs, SynthWritesTheSameWindowsForEveryN) {
  for (const int n : {2, 3}) {
    const std::string out = Out("synth" + std::to_string(n));
    const ProgramResult result = RunRanks(
        n,
        {"dataset", "synth", "--out", out, "--files", "12", "--windows", "6"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    for (const char* file :
         {"csi_windows.npy", "all_keypoints.npy", "window_info.npz",
          "file_mappings.pkl", "synthetic.json"}) {
      EXPECT_TRUE(ReadText(out + "/" + file) == ReadText(Data() + "/" + file))
          << file;
    }
  }
}

TEST_F(RankJobs, BenchMakesTheSameArtifactOnTwoRanks) {
  const auto bench = [&](int ranks, const std::string& out) {
    const std::vector<std::string> arguments = {"bench", "--checkpoint",
                                                Tiny(),  "--data",
                                                Data(),  "--mode",
                                                "ptq",   "--recipe",
                                                "mse",   "--latency-seconds",
                                                "0",     "--calib-batches",
                                                "1",     "--out",
                                                Out(out)};
    const ProgramResult result =
        ranks == 1 ? RunProgram(arguments) : RunRanks(ranks, arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return ReadText(Out(out) + "/ptq.ei8") +
           ReadText(Out(out) + "/errors.json");
  };
  EXPECT_TRUE(bench(1, "alone") == bench(2, "two"));
}

class TrainingJobs : public RankJobs {
 protected:
  void SetUp() override {
    RankJobs::SetUp();
    if (!IsSkipped() && !TrainerIsBuilt()) {
      GTEST_SKIP() << "edge-int8-train is not built here";
    }
  }
};

// 50 train windows: a batch of four micro-batches and one that leaves ranks
// idle.
TEST_F(TrainingJobs, TrainingGivesTheSameCheckpointForEveryN) {
  ExpectSameBytes({"train", "--variant", "tiny", "--data", Data(), "--epochs",
                   "2", "--batch", "40", "--out", "@"},
                  {2, 3});
}

TEST_F(TrainingJobs, QatGivesTheSameArtifactForEveryN) {
  ExpectSameBytes({"quantize", "--method", "qat", "--checkpoint", Tiny(),
                   "--data", Data(), "--qat-epochs", "1", "--batch", "40",
                   "--recipe", "mse", "--calib-batches", "1", "--out", "@"},
                  {3});
}

// Ended after an epoch, gone on with under another number of ranks.
TEST_F(TrainingJobs, TrainingGoesOnUnderAnotherN) {
  const auto train = [&](int ranks, const std::string& out, const char* epochs,
                         std::vector<std::string> more) {
    std::vector<std::string> arguments = {
        "train", "--variant", "tiny", "--data", Data(),  "--epochs",
        epochs,  "--batch",   "40",   "--out",  Out(out)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ranks == 0 ? RunProgram(arguments) : RunRanks(ranks, arguments);
  };
  ASSERT_EQ(train(0, "whole.pth", "2", {}).exit_code, 0);
  ASSERT_EQ(train(3, "parts.pth", "1", {}).exit_code, 0);
  const ProgramResult rest = train(2, "parts.pth", "2", {"--resume"});
  ASSERT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_TRUE(ReadText(Out("whole.pth")) == ReadText(Out("parts.pth")));
}

}  // namespace
}  // namespace edge_int8

// The command line as its users and their scripts meet it: verbs, JSON keys and
// exit codes of the contract. Needs no file from outside but the last group.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/base/sha256.h"
#include "src/formats/npy_writer.h"
#include "tests/cli/run_program.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/build_kind.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// Repairs take minutes under the sanitizers, where they have tests of their
// own.
constexpr const char* kThoroughRecipe = kSanitized ? "mse" : "lossless";

TEST(Cli, WithoutAVerbItIsAUsageError) {
  EXPECT_EQ(RunProgram({}).exit_code, 2);
  EXPECT_EQ(RunProgram({"frobnicate"}).exit_code, 2);
  EXPECT_EQ(RunProgram({"describe", "--no-such-flag"}).exit_code, 2);
}

TEST(Cli, EveryVerbsHelpShowsAnExample) {
  for (const std::string verb :
       {"describe", "predict", "evaluate", "quantize", "explain", "search",
        "verify", "bench", "latency", "report", "dataset", "export"}) {
    const ProgramResult result = RunProgram({verb, "--help"});
    EXPECT_EQ(result.exit_code, 0) << verb;
    EXPECT_NE(result.out.find("Example"), std::string::npos) << verb;
    EXPECT_NE(result.out.find("edge-int8 " + verb), std::string::npos) << verb;
  }
  for (const std::string verb : {"synth", "inspect"}) {
    const ProgramResult result = RunProgram({"dataset", verb, "--help"});
    EXPECT_EQ(result.exit_code, 0) << verb;
    EXPECT_NE(result.out.find("Example"), std::string::npos) << verb;
  }
}

TEST(Cli, AnUnknownRepairIsAUsageErrorThatListsThemAll) {
  for (const std::string verb : {"quantize", "explain"}) {
    std::vector<std::string> arguments = {
        verb,      "--checkpoint", "no.pth",        "--data",
        "nowhere", "--repair",     "rounding,magic"};
    if (verb == "quantize") {
      arguments.insert(arguments.end(), {"--out", "never.ei8"});
    }
    const ProgramResult result = RunProgram(arguments);
    EXPECT_EQ(result.exit_code, 2) << verb;
    EXPECT_NE(result.err.find("magic"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("adaround"), std::string::npos) << result.err;
  }
}

TEST(Cli, DescribePrintsTheContractsKeys) {
  const ProgramResult result =
      RunProgram({"describe", "--variant", "half", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json j = ParseJson(result.out);
  EXPECT_EQ(j["variant"], "half");
  EXPECT_EQ(j["params"], 843834);
  EXPECT_EQ(j["macs"], 24537660);
  int64_t params = 0;
  int64_t macs = 0;
  for (const json& layer : j["layers"]) {
    for (const char* key : {"name", "kind", "in", "out", "params", "macs"}) {
      EXPECT_TRUE(layer.contains(key)) << key;
    }
    params += layer["params"].get<int64_t>();
    macs += layer["macs"].get<int64_t>();
  }
  EXPECT_EQ(params, 843834);
  EXPECT_EQ(macs, 24537660);
}

TEST(Cli, AnUnknownVariantExitsWith2AndNamesTheFour) {
  const ProgramResult result = RunProgram({"describe", "--variant", "huge"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("tiny"), std::string::npos) << result.err;
}

TEST(Cli, AMissingOrForeignModelExitsWith3AndNamesIt) {
  const TempFolder folder;
  const std::string windows = folder / "x.npy";
  folder.Write("x.npy", NpyBytes({1, 540, 20}, std::vector<float>(10800)));
  const std::string text = folder.Write("model.ei8", "just some text here");
  for (const std::string& model : {(folder / "none.pth").string(), text}) {
    const ProgramResult result =
        RunProgram({"predict", "--model", model, "--input", windows, "--output",
                    folder / "y.npy"});
    EXPECT_EQ(result.exit_code, 3) << model;
    EXPECT_NE(result.err.find(model), std::string::npos) << result.err;
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "y.npy"));
}

// One small synthetic set for the tests below.
// Names of files, of flags and of what stands in files are other people's.
TEST(Cli, MessagesHoldNothingThatATerminalObeys) {
  const TempFolder folder;
  for (const ProgramResult& result :
       {RunProgram({"describe", "--model", "x\x1b[2J.ei8"}),
        RunProgram({"evaluate", "--split", "\x1b]0;title\x07", "--data", "x",
                    "--model", "y"}),
        RunProgram({"report", folder.Write("results.json", "{\"\x1b[31m\":1}")
                                  .parent_path()
                                  .string()})}) {
    EXPECT_NE(result.exit_code, 0);
    EXPECT_EQ(result.err.find('\x1b'), std::string::npos) << result.err;
    EXPECT_EQ(result.err.find('\x07'), std::string::npos) << result.err;
    EXPECT_EQ(result.err.back(), '\n');
  }
}

class CliOnSyntheticData : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder;
    const ProgramResult made =
        RunProgram({"dataset", "synth", "--out", Data(), "--files", "20",
                    "--windows", "8", "--seed", "7"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static std::string Data() { return *folder_ / "data"; }

  static TempFolder* folder_;
};
TempFolder* CliOnSyntheticData::folder_ = nullptr;

TEST_F(CliOnSyntheticData, SynthRefusesAnExistingFolderWithoutForce) {
  const std::vector<std::string> again = {
      "dataset", "synth",     "--out", Data(),   "--files",
      "20",      "--windows", "8",     "--seed", "7"};
  EXPECT_EQ(RunProgram(again).exit_code, 2);
}

TEST_F(CliOnSyntheticData, InspectPrintsTheContractsKeys) {
  const ProgramResult result =
      RunProgram({"dataset", "inspect", Data(), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json j = ParseJson(result.out);
  EXPECT_EQ(j["files"], 20);
  EXPECT_EQ(j["windows"], 160);
  EXPECT_EQ(j["target_mode"], "npy");
  EXPECT_EQ(j["synthetic"], true);
  EXPECT_EQ(j["split"]["train"]["files"].size(), 14u);
  EXPECT_EQ(j["split"]["val"]["files"].size(), 3u);
  EXPECT_EQ(j["split"]["test"]["files"].size(), 3u);
  EXPECT_EQ(j["split"]["test"]["windows"], 24);
  for (const char* key :
       {"corrupt_windows", "value_min", "value_max", "clipped_share"}) {
    EXPECT_TRUE(j.contains(key)) << key;
  }
}

TEST_F(CliOnSyntheticData, EvaluatingAConstantPoseGivesTheBaselinesScore) {
  // The prediction is the train mean itself, taken from the JSON's baseline
  // only by its score: both must then be equal.
  const ProgramResult inspect =
      RunProgram({"dataset", "inspect", Data(), "--json"});
  ASSERT_EQ(inspect.exit_code, 0);
  const std::string poses = folder_->Write(
      "constant.npy", NpyBytes({160, 15, 2}, std::vector<float>(160 * 30)));
  const std::string out = *folder_ / "score.json";
  const ProgramResult result =
      RunProgram({"evaluate", "--predictions", poses, "--data", Data(),
                  "--subset", "full", "--json", out});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("synthetic"), std::string::npos);
  const json j = ParseJson(ReadText(out));
  EXPECT_EQ(j["split"], "test");
  EXPECT_EQ(j["subset"], "full");
  EXPECT_EQ(j["normalization"], "torso");
  EXPECT_EQ(j["score"]["samples"], 24);
  EXPECT_EQ(j["score"]["pck@20"], 0.0);  // (0, 0) is nobody's joint.
  EXPECT_GT(j["baseline_mean_pose"]["pck@20"], 0.3);
}

TEST_F(CliOnSyntheticData, TheGateOfEvaluateExitsWith1) {
  const std::string poses = folder_->Write(
      "zeros.npy", NpyBytes({160, 15, 2}, std::vector<float>(160 * 30)));
  std::vector<std::string> arguments = {
      "evaluate", "--predictions", poses, "--data", Data(), "--subset", "full"};
  EXPECT_EQ(RunProgram(arguments).exit_code, 0);
  arguments.insert(arguments.end(), {"--min-pck20", "0.5"});
  EXPECT_EQ(RunProgram(arguments).exit_code, 1);
}

TEST_F(CliOnSyntheticData, PredictionsOfAWrongShapeExitWith3) {
  const std::string poses = folder_->Write(
      "wrong.npy", NpyBytes({7, 15, 2}, std::vector<float>(7 * 30)));
  const ProgramResult result =
      RunProgram({"evaluate", "--predictions", poses, "--data", Data()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("wrong.npy"), std::string::npos) << result.err;
}

// Where LibTorch is not, training is a usage error that names the package;
// where it is, the same command trains.
TEST_F(CliOnSyntheticData, QatTrainsOrNamesThePackage) {
  const std::string checkpoint = *folder_ / "random.pth";
  WriteRandomCheckpoint(checkpoint, "tiny", 3);
  const std::string out = *folder_ / "qat.ei8";
  const ProgramResult result = RunProgram(
      {"quantize", "--method", "qat", "--checkpoint", checkpoint, "--data",
       Data(), "--out", out, "--recipe", "mse", "--calib-batches", "1",
       "--qat-epochs", "1", "--windows", "16", "--batch", "8"});
  if (!TrainerIsBuilt()) {
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_NE(result.err.find("libtorch-dev"), std::string::npos);
    EXPECT_EQ(RunProgram({"bench", "--mode", "qat", "--checkpoint", checkpoint,
                          "--data", Data(), "--out", *folder_ / "run"})
                  .exit_code,
              2);
    return;
  }
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("gap 0 LSB"), std::string::npos) << result.err;
  EXPECT_EQ(RunProgram({"verify", "--model", out}).exit_code, 0);
}

// Before and after the verb, whose flags are another program's.
TEST_F(CliOnSyntheticData, TrainingTakesTheThreadsItIsGiven) {
  if (!TrainerIsBuilt()) {
    GTEST_SKIP() << "edge-int8-train is not built";
  }
  const std::string log = *folder_ / "threads.json";
  const auto threads = [&](const std::vector<std::string>& before,
                           const std::vector<std::string>& after) {
    std::vector<std::string> command = before;
    command.insert(command.end(), {"train", "--variant", "tiny", "--data",
                                   Data(), "--out", *folder_ / "threads.pth",
                                   "--epochs", "1", "--log", log, "--force"});
    command.insert(command.end(), after.begin(), after.end());
    const ProgramResult result = RunProgram(command);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return ParseJson(ReadText(log))["threads"];
  };
  EXPECT_EQ(threads({"--threads", "3"}, {}), 3);
  EXPECT_EQ(threads({}, {"--threads=3"}), 3);
  EXPECT_EQ(threads({"--threads", "3"}, {"--threads", "1"}), 1);
}

// The trained rows, with what the contract asks of them.
TEST_F(CliOnSyntheticData, BenchHasTrainedRows) {
  if (!TrainerIsBuilt()) {
    GTEST_SKIP() << "edge-int8-train is not built";
  }
  const std::string checkpoint = *folder_ / "bench.pth";
  WriteRandomCheckpoint(checkpoint, "tiny", 3);
  const ProgramResult result = RunProgram(
      {"bench", "--mode", "qat", "--checkpoint", checkpoint, "--data", Data(),
       "--recipe", "mse", "--calib-batches", "1", "--qat-epochs", "1",
       "--qat-windows", "16", "--out", *folder_ / "run"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("1 epoch of 16 windows"), std::string::npos);
  const json j = ParseJson(ReadText(*folder_ / "run" / "results.json"));
  for (const char* label : {"qat", "qat-w4"}) {
    const json& row = j["int8"][label];
    EXPECT_EQ(row["method"], "qat");
    EXPECT_EQ(row["division"], "open");
    EXPECT_EQ(row["conversion_gap_lsb"], 0);
    // The same integers, so the same score.
    EXPECT_EQ(row["simulated"]["clean"], row["clean"]);
    EXPECT_EQ(row["simulated"]["full"], row["full"]);
  }
  EXPECT_FALSE(j["int8"].contains("ptq"));
  EXPECT_EQ(j["fp32_finetuned"]["method"], "finetune");
}

TEST(Cli, EvaluateNeedsExactlyOneOfModelAndPredictions) {
  EXPECT_EQ(RunProgram({"evaluate", "--data", "x"}).exit_code, 2);
  EXPECT_EQ(RunProgram({"evaluate", "--data", "x", "--model", "a",
                        "--predictions", "b"})
                .exit_code,
            2);
}

TEST(Cli, AFullDiskIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  const std::string command = "'" EDGE_INT8_PROGRAM
                              "' describe --variant half >/dev/full "
                              "2>/dev/null";
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

// A checkpoint with PyTorch's own outputs.
class CliOnFixtures : public OnFixtures {};

TEST_F(CliOnFixtures, ACheckpointBecomesAnArtifactThatVerifiesAndPredicts) {
  const TempFolder folder;
  const std::string artifact = folder / "tiny.ei8";
  const ProgramResult quantize =
      RunProgram({"quantize", "--checkpoint", Path("models/tiny_random.pth"),
                  "--data", Path("preprocessed_csi_data"), "--method", "ptq",
                  "--calib-batches", "1", "--recipe", "mse", "--out", artifact,
                  "--plan-out", folder / "plan.json"});
  ASSERT_EQ(quantize.exit_code, 0) << quantize.err;
  EXPECT_EQ(RunProgram({"verify", "--model", artifact, "--windows", "2",
                        "--data", Path("preprocessed_csi_data")})
                .exit_code,
            0);
  const ProgramResult predict = RunProgram(
      {"predict", "--model", artifact, "--input", Path("models/tiny_input.npy"),
       "--output", folder / "poses.npy"});
  EXPECT_EQ(predict.exit_code, 0) << predict.err;
  const json j =
      ParseJson(RunProgram({"describe", "--model", artifact, "--json"}).out);
  EXPECT_EQ(j["variant"], "tiny");
  EXPECT_EQ(j["weight_bits"], json({8}));
  EXPECT_EQ(j["file_bytes"], std::filesystem::file_size(artifact));
  EXPECT_GT(j["arena_bytes"], 0);

  // The same plan gives the same integers, byte for byte but for provenance.
  const ProgramResult again = RunProgram(
      {"quantize", "--checkpoint", Path("models/tiny_random.pth"), "--plan",
       folder / "plan.json", "--out", folder / "again.ei8"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  ASSERT_EQ(RunProgram({"predict", "--model", folder / "again.ei8", "--input",
                        Path("models/tiny_input.npy"), "--output",
                        folder / "again.npy"})
                .exit_code,
            0);
  EXPECT_EQ(ReadText(folder / "poses.npy"), ReadText(folder / "again.npy"));

  // The contract's line has both; the plan is all that counts.
  const ProgramResult both =
      RunProgram({"quantize", "--checkpoint", Path("models/tiny_random.pth"),
                  "--data", Path("preprocessed_csi_data"), "--plan",
                  folder / "plan.json", "--out", folder / "both.ei8"});
  ASSERT_EQ(both.exit_code, 0) << both.err;
  EXPECT_EQ(ReadText(folder / "both.ei8"), ReadText(folder / "again.ei8"));
}

TEST_F(CliOnFixtures, WhatLoweringFindsWrongNamesThePlansFile) {
  const TempFolder folder;
  const std::vector<std::string> quantize = {"quantize", "--checkpoint",
                                             Path("models/tiny_random.pth")};
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = quantize;
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunProgram(arguments);
  };
  const std::string file = folder / "plan.json";
  ASSERT_EQ(run({"--calibration", Path("models/tiny_input.npy"), "--recipe",
                 "mse", "--out", folder / "a.ei8", "--plan-out", file})
                .exit_code,
            0);
  json plan = ParseJson(ReadText(file));
  plan["weights"]["decoder.0.weight"]["scales"][1] = 1e25;
  folder.Write("plan.json", plan.dump());
  const ProgramResult result = run({"--plan", file, "--out", folder / "b.ei8"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr(file + ": "));
  EXPECT_THAT(result.err, HasSubstr("decoder.0 (channel 1)"));
}

TEST_F(CliOnFixtures, ARecipeWithoutAnArtifactIsRefusedByQuantize) {
  const ProgramResult refused =
      RunProgram({"quantize", "--checkpoint", Path("models/tiny_random.pth"),
                  "--data", Path("preprocessed_csi_data"), "--recipe",
                  "fx-fbgemm", "--out", "never.ei8"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("bench --recipe fx-fbgemm"));
}

TEST_F(CliOnFixtures, ThreadsAndInstructionSetsDoNotChangeAnArtifact) {
  const TempFolder folder;
  std::vector<std::string> hashes;
  for (const std::string threads : {"1", "3"}) {
    const std::string out = folder / ("t" + threads + ".ei8");
    const ProgramResult made =
        RunProgram({"--threads", threads, "quantize", "--checkpoint",
                    Path("models/tiny_random.pth"), "--data",
                    Path("preprocessed_csi_data"), "--calib-batches", "1",
                    "--recipe", kThoroughRecipe, "--out", out});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    hashes.push_back(Sha256File(out));
  }
  EXPECT_EQ(hashes[0], hashes[1]);
  std::vector<std::string> poses;
  for (const std::string isa : {"", "scalar"}) {
    const std::string out = folder / ("p" + isa + ".npy");
    ASSERT_EQ(RunProgram({"predict", "--model", folder / "t1.ei8", "--input",
                          Path("models/tiny_input.npy"), "--output", out},
                         "EDGE_INT8_ISA=" + isa)
                  .exit_code,
              0);
    poses.push_back(ReadText(out));
  }
  EXPECT_EQ(poses[0], poses[1]);
}

TEST_F(CliOnFixtures, ADamagedArtifactExitsWith3) {
  const TempFolder folder;
  const std::string artifact = folder / "tiny.ei8";
  ASSERT_EQ(
      RunProgram({"quantize", "--checkpoint", Path("models/tiny_random.pth"),
                  "--calibration", Path("models/tiny_input.npy"), "--recipe",
                  "mse", "--out", artifact})
          .exit_code,
      0);
  std::string bytes = ReadText(artifact);
  bytes[bytes.size() / 2] ^= 1;
  const std::string flipped = folder.Write("flipped.ei8", bytes);
  const std::string cut =
      folder.Write("cut.ei8", bytes.substr(0, bytes.size() / 2));
  for (const std::string& file : {flipped, cut}) {
    const ProgramResult result = RunProgram({"verify", "--model", file});
    EXPECT_EQ(result.exit_code, 3) << result.out;
    EXPECT_NE(result.err.find(file), std::string::npos) << result.err;
  }
}

TEST_F(CliOnFixtures, BenchWritesTheContractsResults) {
  const TempFolder folder;
  const std::string out = folder / "run";
  const ProgramResult result =
      RunProgram({"bench", "--checkpoint", Path("models/tiny_random.pth"),
                  "--data", Path("preprocessed_csi_data"), "--calib-batches",
                  "1", "--recipe", kThoroughRecipe, "--out", out});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json j = ParseJson(ReadText(out + "/results.json"));
  for (const char* key :
       {"tool", "host", "date_utc", "command", "metric", "data", "checkpoint",
        "baseline_mean_pose", "fp32", "int8"}) {
    EXPECT_TRUE(j.contains(key)) << key;
  }
  EXPECT_EQ(j["metric"]["normalization"], "torso");
  EXPECT_EQ(j["data"]["kind"], "real");
  EXPECT_EQ(j["checkpoint"]["params"], 56290);
  for (const auto& [label, row] : j["int8"].items()) {
    for (const char* key : {"method", "artifact", "sha256", "size_mib", "full",
                            "clean", "delta", "seconds"}) {
      EXPECT_TRUE(row.contains(key)) << label << " " << key;
    }
    const std::string artifact = row["artifact"];
    EXPECT_EQ(row["sha256"], Sha256File(artifact));
    EXPECT_EQ(row["delta"]["ci95"].size(), 2u);
  }
  EXPECT_TRUE(std::filesystem::exists(out + "/bench.log"));
  // A second run into the same folder is refused and leaves it alone.
  const std::string before = ReadText(out + "/results.json");
  EXPECT_EQ(RunProgram({"bench", "--checkpoint", Path("models/tiny_random.pth"),
                        "--data", Path("preprocessed_csi_data"), "--out", out})
                .exit_code,
            2);
  EXPECT_EQ(ReadText(out + "/results.json"), before);
}

}  // namespace
}  // namespace edge_int8

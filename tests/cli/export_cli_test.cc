// `export` and `verify --against` as their users meet them: exit codes, files,
// the verdict. What the files hold is tested in tests/export and tests/peers.
#include <gtest/gtest.h>

#include "src/formats/npy_writer.h"
#include "tests/cli/run_program.h"

namespace edge_int8 {
namespace {

class ExportCli : public OnFixtures {
 protected:
  const TempFolder folder_;
};

TEST_F(ExportCli, VerifyAgainstExitsWith1BeyondItsTolerance) {
  const std::vector<std::string> compare = {"verify",
                                            "--model",
                                            Path("models/tiny_random.pth"),
                                            "--against",
                                            Path("models/tiny_output.npy"),
                                            "--input",
                                            Path("models/tiny_input.npy"),
                                            "--tolerance"};
  std::vector<std::string> near = compare;
  near.push_back("1e-5");
  const ProgramResult within = RunProgram(near);
  EXPECT_EQ(within.exit_code, 0) << within.err;
  EXPECT_NE(within.out.find("within the tolerance"), std::string::npos);
  EXPECT_EQ(std::count(within.out.begin(), within.out.end(), '\n'), 1);
  std::vector<std::string> same = compare;
  same.push_back("0");
  EXPECT_EQ(RunProgram(same).exit_code, 1);
}

TEST_F(ExportCli, VerifyAgainstOnDataScoresBothSides) {
  const ProgramResult result = RunProgram(
      {"verify", "--model", Path("models/tiny_random.pth"), "--against",
       Path("preprocessed_csi_data/metric_predictions.npy"), "--data",
       Path("preprocessed_csi_data"), "--subset", "full", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json j = ParseJson(result.out);
  for (const char* side : {"model", "against"}) {
    EXPECT_TRUE(j[side]["score"].contains("pck@20")) << side;
  }
  EXPECT_TRUE(j["baseline_mean_pose"].contains("pck@20"));
  EXPECT_GT(j["largest_difference"], 0);
}

TEST_F(ExportCli, VerifyRefusesFlagsThatMakeNoSense) {
  const std::string model = Path("models/tiny_random.pth");
  const std::string x = Path("models/tiny_input.npy");
  EXPECT_EQ(
      RunProgram({"verify", "--model", model, "--against", model}).exit_code,
      2);
  EXPECT_EQ(RunProgram({"verify", "--model", model, "--against", model,
                        "--input", x, "--data", Path("preprocessed_csi_data")})
                .exit_code,
            2);
  EXPECT_EQ(RunProgram({"verify", "--model", model, "--input", x}).exit_code,
            2);
}

TEST_F(ExportCli, OnnxWritesAFileAndNeverReplacesOne) {
  const std::string out = folder_ / "tiny.onnx";
  const std::vector<std::string> arguments = {
      "export", "onnx", "--model", Path("models/tiny_random.pth"),
      "--out",  out};
  EXPECT_EQ(RunProgram(arguments).exit_code, 0);
  const std::string bytes = ReadText(out);
  EXPECT_GT(bytes.size(), 56290u * 4);
  EXPECT_EQ(RunProgram(arguments).exit_code, 2);
  std::vector<std::string> again = arguments;
  again.push_back("--force");
  EXPECT_EQ(RunProgram(again).exit_code, 0);
  EXPECT_EQ(ReadText(out), bytes);
}

}  // namespace
}  // namespace edge_int8

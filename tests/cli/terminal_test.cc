// What verbs have in common at a terminal: JSON of what was made, streams for
// arrays, sizes with units, older spellings, the next command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>

#include "tests/cli/run_program.h"
#include "tests/testing/run_command.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kTiny = kSourceDir + "/assets/tiny.pth";

class Terminal : public testing::Test {
 protected:
  std::string In(const std::string& name) const {
    return (folder_ / name).string();
  }
  ProgramResult Run(const std::vector<std::string>& arguments) {
    const ProgramResult result = RunProgram(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result;
  }
  nlohmann::json Json(const std::vector<std::string>& arguments) {
    return ParseJson(Run(arguments).out);
  }
  // A small set and its test windows in x.npy.
  void MakeData() {
    Run({"dataset", "synth", "--out", In("data"), "--files", "20",
         "--windows-per-file", "4"});
    Run({"dataset", "windows", "--data", In("data"), "--out", In("x.npy")});
  }

  TempFolder folder_;
};

TEST_F(Terminal, MadeThingsAreDescribedInJson) {
  const nlohmann::json set =
      Json({"dataset", "synth", "--out", In("data"), "--files", "20",
            "--windows", "4", "--json"});
  EXPECT_EQ(set["windows"], 80);
  EXPECT_EQ(set["path"], In("data"));
  const nlohmann::json model =
      Json({"quantize", "--model", kTiny, "--data", In("data"), "--recipe",
            "minmax", "--out", In("m.ei8"), "--json"});
  EXPECT_EQ(model["bytes"], std::filesystem::file_size(In("m.ei8")));
  EXPECT_EQ(model["sha256"].get<std::string>().size(), 64u);
  EXPECT_EQ(model["recipe"], "minmax");
  EXPECT_EQ(Json({"export", "c", "--model", In("m.ei8"), "--out", In("c"),
                  "--json"})["target"],
            "generic");
  const nlohmann::json tflite =
      Json({"export", "tflite", "--model", In("m.ei8"), "--out", In("m.tflite"),
            "--json"});
  EXPECT_EQ(tflite["bytes"], std::filesystem::file_size(In("m.tflite")));
  EXPECT_TRUE(Json({"latency", "--model", In("m.ei8"), "--seconds", "0.05",
                    "--json"})["noisy"]
                  .is_boolean());
}

TEST_F(Terminal, ArraysComeAndGoThroughPipes) {
  MakeData();
  const std::string program = "'" EDGE_INT8_PROGRAM "' ";
  Run({"predict", "--model", kTiny, "--input", In("x.npy"), "--out",
       In("y.npy")});
  const std::string pipe = program + "dataset windows '" + In("data") +
                           "' --out - | " + program + "predict --model " +
                           kTiny + " --input - --out - >'" + In("z.npy") +
                           "' 2>'" + In("said") + "'";
  EXPECT_EQ(RunCommand(pipe).exit_code, 0) << ReadText(In("said"));
  EXPECT_EQ(ReadText(In("z.npy")), ReadText(In("y.npy")));
  EXPECT_THAT(ReadText(In("said")), HasSubstr("outputs of"));
  const CommandResult scored =
      RunCommand("cat '" + In("y.npy") + "' | " + program +
                 "evaluate --predictions - --data '" + In("data") + "'");
  EXPECT_EQ(scored.exit_code, 0) << scored.output;
  EXPECT_THAT(scored.output, HasSubstr("PCK@20"));
  EXPECT_THAT(UsageError({"predict", "--model", kTiny, "--input", In("x.npy"),
                          "--out", "-", "--json"}),
              HasSubstr("both go to stdout"));
}

TEST_F(Terminal, SizesTakeUnits) {
  EXPECT_THAT(
      UsageError({"--max-arena", "lots", "describe", "--variant", "tiny"}),
      HasSubstr("lots is no size"));
  Run({"--max-arena", "64MiB", "describe", "--variant", "tiny"});
  EXPECT_THAT(UsageError({"search", "--model", kTiny, "--data", In("no"),
                          "--out", In("m.ei8"), "--max-bytes", "512Q"}),
              HasSubstr("512Q is no size"));
}

TEST_F(Terminal, VerbsEndWithTheNextCommand) {
  MakeData();
  const ProgramResult quantized =
      Run({"quantize", "--checkpoint", kTiny, "--data", In("data"), "--recipe",
           "minmax", "--out", In("m.ei8")});
  const std::string last = "next: edge-int8 evaluate --model " + In("m.ei8") +
                           " --data " + In("data") + "\n";
  EXPECT_TRUE(quantized.out.ends_with(last)) << quantized.out;
  EXPECT_THAT(
      Run({"evaluate", "--model", In("m.ei8"), "--data", In("data")}).out,
      HasSubstr("\nnext: edge-int8 latency --model "));
  EXPECT_THAT(Run({"verify", "--model", In("m.ei8"), "--windows", "1"}).out,
              HasSubstr("checks passed\nnext: edge-int8 "));
}

TEST_F(Terminal, BenchFitsEightyColumnsUnlessAskedForAll) {
  MakeData();
  const auto bench = [&](const char* out, const std::string& flag) {
    return Run({"bench", "--model", kTiny, "--data", In("data"), "--recipe",
                "minmax", "--latency-seconds", "0", "--out", In(out), flag});
  };
  const ProgramResult narrow = bench("a", "--force");
  std::istringstream lines(narrow.out);
  for (std::string line; std::getline(lines, line);) {
    // Paths of a test's folder are as long as they are.
    if (!line.starts_with("wrote ") && !line.starts_with("next: ")) {
      EXPECT_LE(line.size(), 80u) << line;
    }
  }
  EXPECT_THAT(narrow.out, HasSubstr("difference, pp [95%]"));
  EXPECT_THAT(bench("b", "--wide").out, HasSubstr("full PCK@20"));
  const nlohmann::json results = ParseJson(bench("c", "--json").out);
  EXPECT_EQ(results, ParseJson(ReadText(In("c") + "/results.json")));
}

}  // namespace
}  // namespace edge_int8

// What every verb owes its user's files: nothing that was given is replaced,
// with --force neither, and an output that exists is refused before the work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "src/formats/npy_writer.h"
#include "tests/cli/run_program.h"
#include "tests/pose/small_folder.h"
#include "tests/run/small_model_files.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Arguments = std::vector<std::string>;

// Models and data that nothing could be computed from: a verb that looks at
// its outputs first never finds out.
class OutputRules : public testing::Test {
 protected:
  OutputRules() {
    for (const char* name : {"m.pth", "m.ei8", "x.npy", "y.npy", "mask.npy",
                             "plan", "csi.csv", "poses.csv", "a.mat"}) {
      folder_.Write(name, "mine");
    }
    std::filesystem::create_directory(folder_ / "data");
    for (const char* name : {"data/csi_windows.npy", "data/config.npz"}) {
      folder_.Write(name, "mine");
    }
    std::filesystem::create_directory(folder_ / "run");
    folder_.Write("run/results.json", "mine");
  }
  std::string In(const std::string& name) const {
    return (folder_ / name).string();
  }
  // Every verb that reads a file and writes one: all but the output's path.
  std::vector<Arguments> Verbs() const {
    const std::string pth = In("m.pth"), ei8 = In("m.ei8"), data = In("data");
    const std::string x = In("x.npy"), mask = In("mask.npy");
    const Arguments set = {"--data", data, "--corrupt-mask", mask};
    const auto on_set = [&](Arguments verb, const char* output) {
      verb.insert(verb.end(), set.begin(), set.end());
      verb.emplace_back(output);
      return verb;
    };
    return {
        {"describe", "--model", pth, "--json"},
        {"latency", "--model", ei8, "--json"},
        {"predict", "--model", pth, "--input", x, "--output"},
        {"export", "onnx", "--model", pth, "--out"},
        {"export", "onnx-qdq", "--model", ei8, "--out"},
        {"export", "tflite", "--model", ei8, "--out"},
        {"export", "c", "--model", ei8, "--out", In("q"), "--json"},
        {"predict", "--model", pth, "--input", x, "--output", In("q"),
         "--json"},
        {"verify", "--model", ei8, "--json"},
        {"dataset", "inspect", data, "--corrupt-mask", mask, "--json"},
        {"dataset", "windows", data, "--corrupt-mask", mask, "--out"},
        {"report", In("run"), "--out"},
        {"report", In("run"), "--out", In("q"), "--json"},
        {"dataset", "import", "esp32", In("csi.csv"), "--poses",
         In("poses.csv"), "--out", In("q"), "--json"},
        {"dataset", "import", "npy", "--x", x, "--y", In("y.npy"), "--groups",
         mask, "--out", In("q"), "--json"},
        {"dataset", "import", "mat", In("a.mat"), "--x", "csi", "--y", "pose",
         "--out", In("q"), "--json"},
        on_set({"evaluate", "--predictions", x}, "--json"),
        on_set({"explain", "--checkpoint", pth}, "--json"),
        on_set({"verify", "--model", pth, "--against", ei8}, "--json"),
        on_set({"quantize", "--checkpoint", pth}, "--out"),
        on_set({"quantize", "--checkpoint", pth, "--out", In("q")},
               "--plan-out"),
        on_set({"search", "--checkpoint", pth, "--max-bytes", "9"}, "--out"),
        on_set({"search", "--checkpoint", pth, "--max-bytes", "9", "--out",
                In("q")},
               "--front"),
        on_set({"search", "--checkpoint", pth, "--max-bytes", "9", "--out",
                In("q")},
               "--json"),
        on_set({"bench", "--checkpoint", pth, "--out", In("q")}, "--json"),
        on_set({"bench", "--checkpoint", pth, "--out", In("q"),
                "--leave-one-out", "subject(.)"},
               "--json"),
    };
  }
  const TempFolder folder_;
};

std::string Text(const Arguments& arguments) {
  std::string text;
  for (const std::string& argument : arguments) text += argument + " ";
  return text;
}

TEST_F(OutputRules, NoVerbReplacesWhatItReads) {
  for (const Arguments& verb : Verbs()) {
    for (const std::string& input : verb) {
      std::string output = input;
      if (input == In("data")) output += "/csi_windows.npy";
      if (input == In("run")) output += "/results.json";
      // A verb's name may be a folder's where the tests are run.
      if (input == In("q") || !output.starts_with(In("")) ||
          !std::filesystem::exists(output)) {
        continue;
      }
      Arguments arguments = verb;
      arguments.insert(arguments.end(), {output, "--force"});
      const ProgramResult result = RunProgram(arguments);
      EXPECT_EQ(result.exit_code, 2) << Text(arguments);
      EXPECT_THAT(result.err,
                  HasSubstr("an output never replaces what is read"))
          << Text(arguments);
      EXPECT_EQ(ReadText(output), "mine") << Text(arguments);
    }
  }
}

TEST_F(OutputRules, EveryVerbLooksForItsOutputBeforeItWorks) {
  const std::string old = folder_.Write("old", "mine");
  for (Arguments arguments : Verbs()) {
    arguments.push_back(old);
    const ProgramResult result = RunProgram(arguments);
    EXPECT_EQ(result.exit_code, 2) << Text(arguments);
    EXPECT_THAT(result.err, HasSubstr("--force replaces it"))
        << Text(arguments);
  }
}

TEST_F(OutputRules, BenchNeverReplacesItsInputs) {
  folder_.Write("run/ptq.ei8", "mine");
  const ProgramResult result =
      RunProgram({"bench", "--checkpoint", In("run/ptq.ei8"), "--data",
                  In("data"), "--out", In("run"), "--force"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(ReadText(folder_ / "run/ptq.ei8"), "mine");
}

TEST_F(OutputRules, DerivedOutputsAreOutputs) {
  const ProgramResult journal = RunProgram(
      {"search", "--checkpoint", In("m.pth"), "--data", In("data"), "--out",
       In("s.ei8"), "--front", In("s.ei8.search"), "--max-bytes", "9"});
  EXPECT_EQ(journal.exit_code, 2);
  EXPECT_THAT(journal.err, HasSubstr("one file"));
}

TEST_F(OutputRules, JsonIsNoOtherOutput) {
  const std::string pth = In("m.pth"), data = In("data"), out = In("o");
  const Arguments search = {"search", "--checkpoint", pth,    "--data",
                            data,     "--max-bytes",  "9",    "--out",
                            out,      "--front",      In("f")};
  const Arguments bench = {"bench", "--checkpoint", pth,      "--data",
                           data,    "--out",        In("run")};
  const auto with_json = [](Arguments verb, const std::string& json) {
    verb.insert(verb.end(), {"--json", json, "--force"});
    return verb;
  };
  Arguments groups = with_json(bench, In("run/leave_one_out.json"));
  groups.insert(groups.end(), {"--leave-one-out", "subject(.)"});
  for (const Arguments& arguments : {
           with_json(search, out),
           with_json(search, In("f")),
           with_json(search, out + ".search"),
           with_json(bench, In("run/results.json")),
           with_json(bench, In("run/report.html")),
           groups,
           with_json({"report", In("run"), "--out", out}, out),
           with_json({"predict", "--model", pth, "--input", In("x.npy"),
                      "--output", out},
                     out),
       }) {
    const ProgramResult result = RunProgram(arguments);
    EXPECT_EQ(result.exit_code, 2) << Text(arguments);
    EXPECT_THAT(result.err, HasSubstr("one file: each output needs its own"))
        << Text(arguments);
  }
  EXPECT_EQ(ReadText(folder_ / "run/results.json"), "mine");
}

TEST(JsonFlag, ADashAndDevStdoutAreStdout) {
  const TempFolder folder;
  const std::string plain =
      RunProgram({"describe", "--variant", "tiny", "--json"}).out;
  for (const char* name : {"-", "/dev/stdout"}) {
    const ProgramResult result =
        RunProgram({"describe", "--variant", "tiny", "--json", name},
                   "cd '" + folder.path().string() + "' &&");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, plain) << name;
  }
  EXPECT_THAT(folder.List(), IsEmpty());
  const ProgramResult beside =
      RunProgram({"describe", "--variant", "tiny", "--json", "/dev/stderr"});
  EXPECT_EQ(beside.err, plain);
  EXPECT_THAT(beside.out, HasSubstr("parameters"));
}

// What a verb says of its output is not in it.
TEST(PredictVerb, WritesNothingButPosesToStdout) {
  const TempFolder folder;
  WriteSmallModelFiles(folder.path());
  folder.Write("x.npy", NpyBytes({1, 540, 20}, std::vector<float>(10800)));
  const std::vector<std::string> predict = {"predict",           "--model",
                                            folder / "tiny.ei8", "--input",
                                            folder / "x.npy",    "--output"};
  const auto to = [&](const std::string& output) {
    std::vector<std::string> arguments = predict;
    arguments.push_back(output);
    return RunProgram(arguments);
  };
  EXPECT_THAT(to(folder / "y.npy").out, HasSubstr("outputs of 1 windows"));
  const ProgramResult piped = to("/dev/stdout");
  EXPECT_EQ(piped.out, ReadText(folder / "y.npy"));
  EXPECT_THAT(piped.err, HasSubstr("wrote /dev/stdout"));
}

TEST(VerifyVerb, GivesItsChecksAsJson) {
  const TempFolder folder;
  WriteSmallModelFiles(folder.path());
  const ProgramResult result = RunProgram(
      {"verify", "--model", folder / "tiny.ei8", "--windows", "2", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json j = ParseJson(result.out);
  EXPECT_EQ(j["ok"], true);
  EXPECT_GE(j["checks"].size(), 3u);
}

// A terminal that is closed in the middle.
TEST(Hangup, LeavesNoTemporaryFiles) {
  if (std::signal(SIGHUP, SIG_DFL) == SIG_IGN) {
    GTEST_SKIP() << "this process and those it starts ignore SIGHUP";
  }
  const TempFolder folder;
  const ProgramResult result =
      RunProgram({"dataset", "synth", "--out", folder / "set", "--files", "500",
                  "--threads", "1"},
                 "timeout --preserve-status -s HUP 1");
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_THAT(folder.List(), IsEmpty());
}

}  // namespace
}  // namespace edge_int8

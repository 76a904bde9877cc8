// What the program says of itself: help, version, completions, manual page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/run_program.h"
#include "tests/testing/run_command.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::vector<std::string>>& EveryVerb() {
  static const std::vector<std::vector<std::string>> verbs = {
      {},
      {"describe"},
      {"dataset", "synth"},
      {"dataset", "inspect"},
      {"predict"},
      {"evaluate"},
      {"quantize"},
      {"explain"},
      {"search"},
      {"latency"},
      {"verify"},
      {"export"},
      {"report"},
      {"bench"},
      {"help"},
      {"version"},
      {"completion"},
      {"man"}};
  return verbs;
}

std::string HelpOf(std::vector<std::string> verb) {
  verb.push_back("--help");
  const ProgramResult result = RunProgram(verb);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.out;
}

// Examples are commands and stay in one line.
TEST(Help, FitsEightyColumns) {
  for (const auto& verb : EveryVerb()) {
    std::istringstream lines(HelpOf(verb));
    for (std::string line; std::getline(lines, line);) {
      if (line.find("edge-int8 ") != std::string::npos) continue;
      EXPECT_LE(line.size(), 80u) << line;
    }
  }
}

TEST(Help, EveryVerbShowsTheFlagsOfAllAndAnExample) {
  for (const auto& verb : EveryVerb()) {
    const std::string help = HelpOf(verb);
    EXPECT_THAT(help, HasSubstr("--threads N"));
    EXPECT_THAT(help, HasSubstr("--max-arena N"));
    if (!verb.empty()) {
      EXPECT_THAT(help, HasSubstr("\nExample"));
    }
  }
}

TEST(Help, SaysRangesAndDefaultsInWords) {
  const std::string help = HelpOf({"quantize"});
  EXPECT_THAT(help, HasSubstr("--model,--checkpoint TEXT (required)"));
  EXPECT_THAT(help, HasSubstr("[64]"));
  EXPECT_THAT(help, testing::Not(HasSubstr("INT:")));
}

TEST(Help, OfAVerbIsTheSameEitherWay) {
  const ProgramResult result = RunProgram({"help", "dataset", "synth"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, HelpOf({"dataset", "synth"}));
  EXPECT_EQ(RunProgram({"help"}).out, HelpOf({}));
  EXPECT_THAT(UsageError({"help", "frobnicate"}), HasSubstr("frobnicate"));
}

TEST(Version, IsTheFlagsText) {
  EXPECT_EQ(RunProgram({"version"}).out, RunProgram({"--version"}).out);
}

// What bash offers after the words, the last of which is being typed.
std::string Completed(const std::string& words) {
  const TempFolder folder;
  const std::string script = (folder / "completion").string();
  EXPECT_EQ(
      RunCommand(EDGE_INT8_PROGRAM " completion bash >" + script).exit_code, 0);
  return RunCommand("bash -c 'source " + script + "; COMP_WORDS=(" + words +
                    "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _edge_int8; "
                    "echo \"${COMPREPLY[@]}\"'")
      .output;
}

TEST(Completion, OffersVerbsAndFlags) {
  EXPECT_EQ(Completed("edge-int8 qu"), "quantize\n");
  EXPECT_EQ(Completed("edge-int8 quantize --calib-b"), "--calib-batches\n");
  EXPECT_EQ(Completed("edge-int8 --threads 2 quantize --calib-b"),
            "--calib-batches\n");
  EXPECT_EQ(Completed("edge-int8 dataset sy"), "synth\n");
  EXPECT_EQ(Completed("edge-int8 dataset synth --th"), "--threads\n");
  EXPECT_EQ(Completed("edge-int8 quantize --nothing"), "\n");
}

// What zsh's own functions are asked to offer, as they are not loaded here.
std::string CompletedByZsh(const std::string& typed) {
  return RunCommand(
             "zsh -fc 'compadd() { print -n -- below $below; }; "
             "_arguments() { print -- \" flags ${#@} $2\"; }; "
             "words=(" +
             typed +
             "); CURRENT=$#words; source <(" EDGE_INT8_PROGRAM
             " completion zsh)'")
      .output;
}

TEST(Completion, OfZshKnowsVerbsOfThreeWords) {
  if (!HaveCommand("zsh")) GTEST_SKIP() << "zsh is not installed";
  EXPECT_THAT(CompletedByZsh("edge-int8 \"\""), HasSubstr(" quantize "));
  EXPECT_THAT(CompletedByZsh("edge-int8 dataset import \"\""),
              HasSubstr("below esp32 iwl5300"));
  const std::string esp32 =
      CompletedByZsh("edge-int8 dataset import esp32 a.csv --out b \"\"");
  EXPECT_THAT(esp32, HasSubstr(" flags"));
  EXPECT_THAT(esp32, Not(HasSubstr("below")));
  // An argument is no verb.
  EXPECT_EQ(CompletedByZsh("edge-int8 dataset import esp32 inspect \"\""),
            CompletedByZsh("edge-int8 dataset import esp32 \"\""));
}

TEST(Completion, KnowsThreeShells) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    EXPECT_THAT(RunProgram({"completion", shell}).out,
                HasSubstr("calib-batches"));
    if (shell == "fish" || !HaveCommand(shell)) continue;
    EXPECT_EQ(RunCommand(EDGE_INT8_PROGRAM " completion " + shell + " | " +
                         shell + " -n")
                  .exit_code,
              0);
  }
  EXPECT_THAT(UsageError({"completion", "tcsh"}), HasSubstr("tcsh"));
}

TEST(ManPage, NamesEveryVerbAndFlag) {
  const std::string page = RunProgram({"man"}).out;
  EXPECT_TRUE(page.starts_with(".TH EDGE"));
  for (const char* part : {".SS quantize", ".SS dataset synth",
                           "\\-\\-calib\\-batches", ".SH EXIT STATUS"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  if (!HaveCommand("groff")) return;
  const CommandResult checked =
      RunCommand(EDGE_INT8_PROGRAM " man | groff -man -ww -Tutf8 -z 2>&1");
  EXPECT_EQ(checked.output, "");
}

}  // namespace
}  // namespace edge_int8

// An exported model on processors that QEMU emulates: every golden window gives
// the engine's bits, in the flash and RAM that boards have. Skips what the
// machine has no compiler or emulator for. The lines it prints are the rows of
// docs/targets.md.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "src/export/c_project.h"
#include "tests/export/export_models.h"
#include "tests/export/run_command.h"
#include "tests/testing/source_paths.h"

namespace edge_int8 {
namespace {

constexpr int kSkip = 77;  // run.sh's exit code when a tool is missing

using Figures = std::map<std::string, int64_t>;

// "target=rv32imc flash=98712 ..." without what is no number.
Figures Parse(const std::string& text) {
  Figures figures;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) continue;
    std::istringstream number(word.substr(equals + 1));
    int64_t value = 0;
    if (number >> value) figures[word.substr(0, equals)] = value;
  }
  return figures;
}

struct Limits {
  int64_t flash = 0;
  int64_t ram = 0;
};
const std::map<std::string, Limits> kLimits = {
    {"half", {964689, 80 * 1024}},  // 0.92 MiB
    {"tiny", {120 * 1024, 40 * 1024}},
};

class EmulatedTarget
    : public testing::TestWithParam<
          std::tuple<const char*, std::tuple<const char*, int>>> {};

TEST_P(EmulatedTarget, GivesTheEnginesBitsInItsBudget) {
  const auto& [target, model] = GetParam();
  const auto& [variant, bits] = model;
  const TempFolder folder;
  WriteCProject(MakeCProject(LoweredVariant(variant, bits), {"net", "", 32}),
                folder / "net", IfExists::kFail);
  const CommandResult result =
      RunCommand(kSourceDir + "/apps/mcu/targets/run.sh " +
                 std::string(target) + " " + (folder / "net").string());
  if (result.exit_code == kSkip) GTEST_SKIP() << result.output;
  ASSERT_EQ(result.exit_code, 0) << result.output;
  Figures figures = Parse(result.output);
  EXPECT_EQ(figures["windows"], 32) << result.output;
  EXPECT_EQ(figures["wrong"], 0);
  EXPECT_GT(figures["instructions"], 1000000);
  const Limits limits = kLimits.at(variant);
  EXPECT_LE(figures["flash"], limits.flash);
  EXPECT_LE(figures["input"] + figures["arena"] + figures["stack"], limits.ram);
  std::cout << variant << " " << bits << ": " << result.output;
}

INSTANTIATE_TEST_SUITE_P(
    CTargets, EmulatedTarget,
    testing::Combine(testing::Values("cortex-m4", "rv32imc", "aarch64"),
                     testing::Values(std::tuple("tiny", 8),
                                     std::tuple("tiny", 4),
                                     std::tuple("half", 8),
                                     std::tuple("half", 4))),
    [](const auto& info) {
      const auto& model = std::get<1>(info.param);
      std::string name = std::string(std::get<0>(info.param)) + "_" +
                         std::get<0>(model) + "_" +
                         std::to_string(std::get<1>(model)) + "Bits";
      std::erase(name, '-');
      return name;
    });

// The export's own main.c, as a user of a small Linux board builds it.
TEST(CTargets, LinuxOnAarch64GivesTheEnginesBits) {
  if (!HaveCommand("aarch64-linux-gnu-gcc") || !HaveCommand("qemu-aarch64")) {
    GTEST_SKIP() << "aarch64-linux-gnu-gcc or qemu-aarch64 is not installed";
  }
  for (const char* variant : {"tiny", "half"}) {
    const TempFolder folder;
    WriteCProject(MakeCProject(LoweredVariant(variant, 8), {"net", "", 32}),
                  folder / "net", IfExists::kFail);
    const std::string f = (folder / "net").string();
    const CommandResult result =
        RunCommand("aarch64-linux-gnu-gcc -std=c99 -O2 -static -I" + f +
                   "/include -o " + f + "/checker " + f + "/src/*.c " + f +
                   "/check/*.c && qemu-aarch64 " + f + "/checker");
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.output, "32 windows, 0 wrong\n");
  }
}

}  // namespace
}  // namespace edge_int8

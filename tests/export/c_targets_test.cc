// An exported model on processors that QEMU emulates: every golden window gives
// the engine's bits, in the flash and RAM that boards have. Skips what the
// machine has no compiler or emulator for. apps/mcu/targets/table.sh
// makes the table of docs/targets.md.
#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <sstream>

#include "src/export/c/c_project.h"
#include "tests/core_engine/random_graph.h"
#include "tests/export/export_models.h"
#include "tests/export/many_operators.h"
#include "tests/testing/build_kind.h"
#include "tests/testing/run_command.h"
#include "tests/testing/sample_graph.h"
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

struct TargetCase {
  const char* variant;
  int bits;
  int windows;
  int64_t flash;  // at most, in bytes, as is
  int64_t ram;    // input, arena and stack
};

// tiny runs over as many windows as the table of docs/targets.md has; half
// takes six times as long, so two must do here.
constexpr TargetCase kModels[] = {
    {"tiny", 8, 32, 120 * 1024, 40 * 1024},
    {"tiny", 4, 32, 120 * 1024, 40 * 1024},
    {"half", 8, 2, 964689, 80 * 1024},  // 0.92 MiB
    {"half", 4, 2, 964689, 80 * 1024}};

void PrintTo(const TargetCase& model, std::ostream* out) {
  *out << model.variant << " " << model.bits;
}

using TargetAndCase = std::tuple<const char*, TargetCase>;

std::string NameOf(const testing::TestParamInfo<TargetAndCase>& info) {
  const auto& [target, model] = info.param;
  std::string name = std::string(target) + "_" + model.variant + "_" +
                     std::to_string(model.bits) + "Bits";
  std::erase(name, '-');
  return name;
}

class EmulatedTarget : public testing::TestWithParam<TargetAndCase> {};

TEST_P(EmulatedTarget, GivesTheEnginesBitsInItsBudget) {
  if (kSanitize == "ON") {
    GTEST_SKIP() << "the program under test is not instrumented; the plain "
                    "suite runs it";
  }
  const auto& [target, model] = GetParam();
  const TempFolder folder;
  WriteCProject(MakeCProject(LoweredVariant(model.variant, model.bits),
                             {"net", "", model.windows}),
                folder / "net", IfExists::kFail);
  const CommandResult result =
      RunCommand(kSourceDir + "/apps/mcu/targets/run.sh " +
                 std::string(target) + " " + (folder / "net").string());
  if (result.exit_code == kSkip) GTEST_SKIP() << result.output;
  ASSERT_EQ(result.exit_code, 0) << result.output;
  Figures figures = Parse(result.output);
  EXPECT_EQ(figures["windows"], model.windows) << result.output;
  EXPECT_EQ(figures["wrong"], 0);
  EXPECT_GT(figures["instructions"], 1000000);
  EXPECT_LE(figures["flash"], model.flash);
  EXPECT_LE(figures["input"] + figures["arena"] + figures["stack"], model.ram);
}

INSTANTIATE_TEST_SUITE_P(CTargets, EmulatedTarget,
                         testing::Combine(testing::Values("cortex-m4",
                                                          "rv32imc", "aarch64"),
                                          testing::ValuesIn(kModels)),
                         NameOf);

// Every integer operator, the outputs of a random graph of each: what the
// processor's own compiler makes of 64-bit arithmetic, shifts and char.
class EmulatedOperators : public testing::TestWithParam<const char*> {};

TEST_P(EmulatedOperators, GiveTheReferencesBits) {
  if (kSanitize == "ON") {
    GTEST_SKIP() << "the program under test is not instrumented";
  }
  for (const core::OpKind last :
       {core::OpKind::kNormalize, core::OpKind::kRecurrent}) {
    const TempFolder folder;
    WriteCProject(
        MakeCProject(ArtifactOf(ManyOperators(5, last)), {"net", "", 4}),
        folder / "net", IfExists::kFail);
    const CommandResult result =
        RunCommand(kSourceDir + "/apps/mcu/targets/run.sh " + GetParam() + " " +
                   (folder / "net").string());
    if (result.exit_code == kSkip) GTEST_SKIP() << result.output;
    ASSERT_EQ(result.exit_code, 0) << result.output;
    Figures figures = Parse(result.output);
    EXPECT_EQ(figures["windows"], 4) << result.output;
    EXPECT_EQ(figures["wrong"], 0);
  }
}

INSTANTIATE_TEST_SUITE_P(CTargets, EmulatedOperators,
                         testing::Values("cortex-m4", "rv32imc", "aarch64"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

// Convolutions of random shapes, types, tables and weights, one after the
// other: rows that end within a word, taps that are copied and taps that are
// read where they lie, positions that fill no tile.
core::IntegerGraph RandomConvolutions(uint64_t seed) {
  core::RandomGraph g(seed, 24, 3, 9);
  g.AllowOddChannels();
  int32_t x = 0;
  for (int n = 0; n < 10; ++n) {
    const int32_t groups = n % 3 == 1 ? 2 : 1;
    const int32_t channels = groups * (1 + g.Below(n == 4 ? 60 : 30));
    const core::Type type = static_cast<core::Type>(g.Below(3));
    const core::TableKind kind = static_cast<core::TableKind>(g.Below(3));
    const core::ConvGeometry geometry =
        n % 2 == 0 ? core::kSquare : core::ConvGeometry{};
    core::ConvGeometry grouped = geometry;
    grouped.groups = g.spec(x).channels % groups == 0 ? groups : 1;
    x = g.Conv(x, channels, grouped, {type, kind, g.Below(2) == 0 ? 8 : 12},
               g.Below(2) == 0 ? 8 : 4);
  }
  return g.Finish(x);
}

// Heads of 3, 6 and 8 channels on lines of 5 and 7 places.
core::IntegerGraph OddAttention() {
  core::RandomGraph g(8, 4, 7, 5);
  const core::Target qkv = {core::Type::kS8, core::TableKind::kNone, 8};
  const core::Target words = {core::Type::kS16, core::TableKind::kLookup, 12};
  int32_t x = g.Conv(0, 18, {}, qkv);
  x = g.Attention(x, 2, core::AttentionAxis::kWidth, words);
  x = g.Attention(g.Conv(x, 18, {}, qkv), 1, core::AttentionAxis::kHeight,
                  {core::Type::kU8, core::TableKind::kNone, 8});
  x = g.Attention(g.Conv(x, 48, {}, qkv), 2, core::AttentionAxis::kHeight,
                  words);
  return g.Finish(x);
}

// The kernels of a target against the reference, and what they are there for:
// a window of half takes at most so many instructions.
struct KernelCase {
  CTarget target;
  const char* run;      // run.sh's name of the emulated processor
  int64_t half, half4;  // 0: not asked
};

constexpr KernelCase kKernels[] = {
    {CTarget::kCortexM4, "cortex-m4", 47'000'000, 51'000'000},
    {CTarget::kCortexM33, "cortex-m33", 0, 0},  // The kernels of cortex-m4.
    {CTarget::kCortexM55, "cortex-m55", 19'000'000, 20'000'000},
    {CTarget::kRv32imc, "rv32imc", 110'000'000, 0},
    {CTarget::kAarch64, "aarch64", 18'000'000, 0},
};

void PrintTo(const KernelCase& kernels, std::ostream* out) {
  *out << FilesOf(kernels.target).name;
}

class TargetKernels : public testing::TestWithParam<KernelCase> {};

TEST_P(TargetKernels, GiveTheReferencesBits) {
  if (kSanitize == "ON") {
    GTEST_SKIP() << "the program under test is not instrumented";
  }
  struct Asked {
    std::string name;
    core::Artifact artifact;
    int windows;
    int64_t most_instructions;
  };
  const KernelCase& kernels = GetParam();
  constexpr int64_t kAny = int64_t{1} << 40;
  std::vector<Asked> all = {
      {"operators", ArtifactOf(ManyOperators(2, core::OpKind::kConv)), 4, kAny},
      {"first", ArtifactOf(RandomConvolutions(1)), 4, kAny},
      {"second", ArtifactOf(RandomConvolutions(2)), 4, kAny},
      {"attention", ArtifactOf(SampleGraph()), 4, kAny},
      {"odd heads", ArtifactOf(OddAttention()), 4, kAny}};
  if (kernels.half > 0) {
    all.push_back({"half", LoweredVariant("half", 8), 1, kernels.half});
  }
  if (kernels.half4 > 0) {
    all.push_back({"half4", LoweredVariant("half", 4), 1, kernels.half4});
  }
  for (const Asked& asked : all) {
    SCOPED_TRACE(asked.name);
    const TempFolder folder;
    COptions options = {"net", "", asked.windows};
    options.target = kernels.target;
    WriteCProject(MakeCProject(asked.artifact, options), folder / "net",
                  IfExists::kFail);
    const CommandResult result =
        RunCommand(kSourceDir + "/apps/mcu/targets/run.sh " + kernels.run +
                   " " + (folder / "net").string());
    if (result.exit_code == kSkip) GTEST_SKIP() << result.output;
    ASSERT_EQ(result.exit_code, 0) << result.output;
    Figures figures = Parse(result.output);
    EXPECT_EQ(figures["windows"], asked.windows);
    EXPECT_EQ(figures["wrong"], 0);
    EXPECT_LT(figures["instructions"], asked.most_instructions);
  }
}

INSTANTIATE_TEST_SUITE_P(CTargets, TargetKernels, testing::ValuesIn(kKernels),
                         [](const auto& info) {
                           std::string name(FilesOf(info.param.target).name);
                           std::erase(name, '-');
                           return name;
                         });

// One folder, whose compilers choose its kernels: each takes fewer instructions
// than the plain ones, which the same compiler builds of a plain folder.
TEST(CTargets, OneFolderHasTheKernelsOfAll) {
  if (kSanitize == "ON") {
    GTEST_SKIP() << "the program under test is not instrumented";
  }
  const core::Artifact artifact = ArtifactOf(RandomConvolutions(2));
  const TempFolder folder;
  for (const CTarget target : {CTarget::kGeneric, CTarget::kAuto}) {
    COptions options = {"net", "", 2};
    options.target = target;
    WriteCProject(MakeCProject(artifact, options),
                  folder / FilesOf(target).name, IfExists::kFail);
  }
  for (const std::string run :
       {"cortex-m4", "cortex-m33", "cortex-m55", "rv32imc", "aarch64"}) {
    SCOPED_TRACE(run);
    std::map<std::string, int64_t> instructions;
    for (const std::string form : {"generic", "auto"}) {
      const CommandResult result =
          RunCommand(kSourceDir + "/apps/mcu/targets/run.sh " + run + " " +
                     (folder / form).string());
      if (result.exit_code == kSkip) GTEST_SKIP() << result.output;
      ASSERT_EQ(result.exit_code, 0) << result.output;
      Figures figures = Parse(result.output);
      EXPECT_EQ(figures["wrong"], 0);
      instructions[form] = figures["instructions"];
    }
    EXPECT_LT(instructions["auto"], instructions["generic"]);
  }
}

// How a user builds the export's own main.c, with a C library that prints.
struct Hosted {
  const char* name;
  const char* needs;  // programs and files, separated by spaces
  const char* compile;
  const char* run;
  bool semihosting;
};

constexpr const char* kSemihosting =
    " -display none -monitor none -serial none -chardev stdio,id=console "
    "-semihosting-config enable=on,target=native,chardev=console -kernel ";

constexpr Hosted kHosted[] = {
    {"CortexMWithPicolibc",
     "arm-none-eabi-gcc qemu-system-arm "
     "/usr/lib/picolibc/arm-none-eabi/picolibc.specs",
     "arm-none-eabi-gcc --specs=/usr/lib/picolibc/arm-none-eabi/picolibc.specs "
     "--oslib=semihost --crt0=hosted -mcpu=cortex-m4 -mthumb -mfloat-abi=soft "
     "-Wl,--defsym=__flash=0 -Wl,--defsym=__flash_size=0x400000 "
     "-Wl,--defsym=__ram=0x20000000 -Wl,--defsym=__ram_size=0x400000 ",
     "qemu-system-arm -M mps2-an386", true},
    {"RiscVWithPicolibc",
     "riscv64-unknown-elf-gcc qemu-system-riscv32 "
     "/usr/lib/picolibc/riscv64-unknown-elf/picolibc.specs",
     "riscv64-unknown-elf-gcc --specs=/usr/lib/picolibc/riscv64-unknown-elf/"
     "picolibc.specs --oslib=semihost --crt0=hosted -march=rv32imc -mabi=ilp32 "
     "-Wl,--defsym=__flash=0x80000000 -Wl,--defsym=__flash_size=0x400000 "
     "-Wl,--defsym=__ram=0x80400000 -Wl,--defsym=__ram_size=0x400000 ",
     "qemu-system-riscv32 -M virt -bios none", true},
    {"Aarch64Linux", "aarch64-linux-gnu-gcc qemu-aarch64",
     "aarch64-linux-gnu-gcc -static ", "qemu-aarch64", false},
};

class HostedMain : public testing::TestWithParam<Hosted> {};

TEST_P(HostedMain, FindsEveryWindowRight) {
  const Hosted& target = GetParam();
  const CommandResult found = RunCommand(
      "for need in " + std::string(target.needs) +
      "; do command -v $need >/dev/null || test -f $need || echo $need; done");
  if (!found.output.empty()) GTEST_SKIP() << "not installed: " << found.output;
  const TempFolder folder;
  WriteCProject(MakeCProject(LoweredVariant("tiny", 8), {"net", "", 32}),
                folder / "net", IfExists::kFail);
  const std::string f = (folder / "net").string();
  const CommandResult result = RunCommand(
      std::string(target.compile) + "-std=c99 -O2 -I" + f + "/include -o " + f +
      "/checker " + f + "/src/*.c " + f + "/check/*.c && timeout 120 " +
      target.run + (target.semihosting ? kSemihosting : " ") + f + "/checker");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(result.output.find("32 windows, 0 wrong\n"), std::string::npos)
      << result.output;
}

INSTANTIATE_TEST_SUITE_P(CTargets, HostedMain, testing::ValuesIn(kHosted),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace edge_int8

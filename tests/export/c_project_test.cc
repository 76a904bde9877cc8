#include "src/export/c/c_project.h"

#include <gtest/gtest.h>

#include <map>

#include "src/export/c/c_tables.h"
#include "tests/core_engine/random_wiflow.h"
#include "tests/export/export_models.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/run_command.h"
#include "tests/testing/sample_graph.h"

namespace edge_int8 {
namespace {

using core::AttentionAxis;
using core::IntegerGraph;
using core::TableKind;
using core::Type;

void ExportProject(const core::Artifact& artifact, const std::string& name,
                   const std::filesystem::path& folder, int windows = 32) {
  WriteCProject(MakeCProject(artifact, {name, "", windows}), folder,
                IfExists::kFail);
}

std::string Includes(const std::filesystem::path& folder) {
  return "-I" + (folder / "include").string() + " -I" +
         (folder / "check").string() + " ";
}

// Compiles an export as strictly as the language allows and runs its check of
// the windows, each at once and as a stream.
CommandResult CompileAndCheck(const core::Artifact& artifact,
                              const std::string& compiler = "cc -O2 ",
                              int windows = 32) {
  const TempFolder folder;
  ExportProject(artifact, "net", folder / "net", windows);
  const std::string root = (folder / "net").string();
  return RunCommand(compiler + kStrict + Includes(root) + "-o " + root +
                    "/checker " + root + "/src/*.c " + root + "/check/*.c && " +
                    root + "/checker");
}

void ExpectGolden(const CommandResult& result, int windows = 32) {
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, std::to_string(windows) + " windows, 0 wrong\n");
}

class LoweredVariants
    : public testing::TestWithParam<std::tuple<const char*, int>> {};

TEST_P(LoweredVariants, GiveTheEnginesBitsAsC) {
  const auto [variant, bits] = GetParam();
  const int windows = std::string_view(variant) == "tiny" ? 32 : 4;
  ExpectGolden(
      CompileAndCheck(LoweredVariant(variant, bits), "cc -O2 ", windows),
      windows);
}

INSTANTIATE_TEST_SUITE_P(
    CProject, LoweredVariants,
    testing::Values(std::tuple("tiny", 8), std::tuple("tiny", 4),
                    std::tuple("quarter", 8), std::tuple("half", 8),
                    std::tuple("half", 4), std::tuple("full", 8)),
    [](const auto& info) {
      return std::string(std::get<0>(info.param)) +
             std::to_string(std::get<1>(info.param)) + "Bits";
    });

// What the variants don't have: every operand type in every operator, odd
// channel counts with 4-bit weights, plain depthwise, strides in both axes.
IntegerGraph OddGraph(uint64_t seed) {
  core::RandomGraph g(seed, 6, 1, 11);
  const core::Target bytes = {Type::kU8, TableKind::kLookup, 8};
  const core::Target words = {Type::kS16, TableKind::kLookup, 12};
  const core::Target line = {Type::kS16, TableKind::kInterpolate, 8};
  const core::Target signed_bytes = {Type::kS8, TableKind::kLookup, 8};
  const core::Target plain = {Type::kU8, TableKind::kNone, 8};
  int32_t x =
      g.Conv(0, 6, {.kernel_w = 3, .pad_left = 2, .groups = 6}, bytes, 4);
  x = g.Conv(x, 6, {.kernel_w = 3, .dilation_w = 2, .pad_left = 4, .groups = 6},
             line, 8);
  x = g.Conv(x, 6, {.kernel_w = 2, .pad_right = 1, .groups = 6}, signed_bytes,
             4);
  x = g.Conv(x, 5, {}, words, 4);
  x = g.Conv(x, 5, {.kernel_w = 3, .pad_left = 1, .pad_right = 1}, signed_bytes,
             8);
  const int32_t skip = x;
  x = g.Conv(x, 5, {.kernel_w = 1, .groups = 5}, plain, 8);
  x = g.Add({x, skip, skip}, words);
  x = g.Transpose(x, {1, 2, 0});
  x = g.Conv(x, 7,
             {.kernel_h = 3,
              .kernel_w = 2,
              .stride_h = 2,
              .stride_w = 2,
              .dilation_h = 2,
              .pad_top = 1,
              .pad_bottom = 2,
              .pad_left = 1,
              .pad_right = 1},
             bytes, 8);
  x = g.Conv(x, 9, {}, {Type::kS8, TableKind::kNone, 8}, 8);
  x = g.Attention(x, 1, AttentionAxis::kHeight, plain);
  x = g.Conv(x, 18, {.pad_top = 1, .pad_right = 1},
             {Type::kS8, TableKind::kNone, 8}, 4);
  x = g.Attention(x, 3, AttentionAxis::kWidth, line);
  x = g.Transpose(x, {2, 1, 0});
  x = g.Conv(x, 2, {}, {Type::kS16, TableKind::kNone, 8}, 4);
  return g.Finish(g.Transpose(g.Pool(x, 4), {1, 0, 2}));
}

TEST(CProject, EveryOperatorTypeAndTableGivesTheEnginesBits) {
  ExpectGolden(CompileAndCheck(ArtifactOf(SampleGraph())));
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    ExpectGolden(CompileAndCheck(ArtifactOf(OddGraph(seed))));
  }
}

// Rows of 3- and 2-bit weights, of whole runs of the kernel and of a few more,
// that read each type, and depthwise.
IntegerGraph FewBitsGraph(int bits, uint64_t seed) {
  core::RandomGraph g(seed, 5, 3, 7);
  const core::Target bytes = {Type::kU8, TableKind::kLookup, 8};
  const core::Target words = {Type::kS16, TableKind::kNone, 8};
  const core::Target signed_bytes = {Type::kS8, TableKind::kNone, 8};
  int32_t x = g.Conv(0, 37, {}, words, bits);
  x = g.Conv(x, 64, {}, signed_bytes, bits);
  x = g.Conv(x, 9, {.kernel_w = 3, .pad_left = 1, .pad_right = 1}, bytes, bits);
  x = g.Conv(x, 9, {.kernel_w = 3, .pad_left = 2, .groups = 9}, words, bits);
  x = g.Conv(x, 9, {.kernel_h = 3, .pad_top = 2, .groups = 9}, bytes, bits);
  return g.Finish(g.Conv(x, 3, {}, bytes, bits));
}

TEST(CProject, FewBitWeightsStayPackedAndGiveTheEnginesBits) {
  std::map<int, std::size_t> bytes;
  for (const int bits : {4, 3, 2}) {
    SCOPED_TRACE(bits);
    const core::Artifact artifact = ArtifactOf(FewBitsGraph(bits, 5));
    ExpectGolden(CompileAndCheck(artifact));
    for (const core::IntegerOp& any : artifact.graph.ops) {
      const auto* op = std::get_if<core::ConvOp>(&any);
      if (op != nullptr) {
        bytes[bits] += PackCWeights(artifact.graph, *op).bytes.size();
      }
    }
  }
  EXPECT_LT(bytes[3], 0.8 * static_cast<double>(bytes[4]));
  EXPECT_LT(bytes[2], 0.55 * static_cast<double>(bytes[4]));
}

// Wide activations: 12-bit tables, 16-bit tensors.
TEST(CProject, WidePlansGiveTheEnginesBits) {
  for (const core::WiflowPlan& plan : {core::kPlan12, core::kPlan16}) {
    core::RandomWiflow tiny(core::kWiflowShapes[3], plan, 9);
    ExpectGolden(CompileAndCheck(ArtifactOf(tiny.Build())));
  }
}

// Signed overflow, a shift out of range or a byte past an array would end it.
TEST(CProject, RunsCleanUnderSanitizers) {
  const std::string sanitized =
      "cc -O1 -fsanitize=address,undefined -fno-sanitize-recover=all ";
  ExpectGolden(CompileAndCheck(ArtifactOf(OddGraph(4)), sanitized));
  ExpectGolden(CompileAndCheck(LoweredVariant("tiny", 4), sanitized));
}

// Whichever the system has; empty without any.
std::string ClangsName() {
  for (const char* name : {"clang", "clang-16", "clang-17", "clang-18",
                           "clang-19", "clang-20", "clang-21"}) {
    if (HaveCommand(name)) return name;
  }
  return "";
}

TEST(CProject, ClangCompilesItToo) {
  const std::string clang = ClangsName();
  if (clang.empty()) GTEST_SKIP() << "clang is not installed";
  ExpectGolden(CompileAndCheck(ArtifactOf(OddGraph(5)), clang + " -O2 "));
}

// Runs `program` against exports "a" and "b" of two graphs.
CommandResult RunWithTwo(const std::string& program) {
  const TempFolder folder;
  ExportProject(ArtifactOf(OddGraph(6)), "a", folder / "a");
  ExportProject(ArtifactOf(SampleGraph()), "b", folder / "b");
  folder.Write("user.c", program);
  const std::string f = folder.path().string();
  return RunCommand("cc -O1 -fsanitize=address,undefined " +
                    std::string(kStrict) + Includes(folder / "a") +
                    Includes(folder / "b") + "-o " + f + "/user " + f +
                    "/user.c " + f + "/a/src/*.c " + f + "/b/src/*.c " + f +
                    "/a/check/edge_int8_a_golden*.c && " + f + "/user");
}

TEST(CProject, TwoModelsFitOneProgram) {
  const CommandResult result = RunWithTwo(R"(
#include "edge_int8_a_golden.h"
#include "edge_int8_b.h"
static edge_int8_a_stream a;
static uint32_t arena[EDGE_INT8_B_ARENA_BYTES / 4];
int main(void) {
  uint8_t x[EDGE_INT8_B_INPUT_BYTES] = {0};
  int32_t y[EDGE_INT8_B_OUTPUTS];
  return edge_int8_a_check_run(5, a.arena) || edge_int8_b_run(x, y, arena);
}
)");
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

// Hop 3: the pose after frames 0..10 is that of window 0..10, the next that of
// 3..13, and so on, each equal to a run of the same window.
TEST(CProject, AStreamGivesAPoseForEveryHop) {
  const CommandResult result = RunWithTwo(R"(
#include <stdio.h>
#include "edge_int8_a.h"
#define FRAMES EDGE_INT8_A_FRAMES
#define CHANNELS EDGE_INT8_A_CHANNELS
static uint8_t byte(int t, int c) { return (uint8_t)(t * 37 + c * 101 + t * c); }
int main(void) {
  static edge_int8_a_stream stream;
  static uint32_t arena[EDGE_INT8_A_ARENA_BYTES / 4];
  int32_t y[EDGE_INT8_A_OUTPUTS], z[EDGE_INT8_A_OUTPUTS];
  uint8_t frame[CHANNELS], x[EDGE_INT8_A_INPUT_BYTES];
  if (edge_int8_a_start(&stream, 0) != -1) return 2;
  if (edge_int8_a_start(&stream, FRAMES + 1) != -1) return 3;
  if (edge_int8_a_start(0, 1) != -1) return 4;
  if (edge_int8_a_start(&stream, 3) != 0) return 5;
  if (edge_int8_a_push(&stream, 0, y) != -1) return 6;
  for (int t = 0; t < 40; ++t) {
    for (int c = 0; c < CHANNELS; ++c) frame[c] = byte(t, c);
    if (!edge_int8_a_push(&stream, frame, y)) continue;
    for (int c = 0; c < CHANNELS; ++c) {
      for (int i = 0; i < FRAMES; ++i) {
        x[c * FRAMES + i] = byte(t - FRAMES + 1 + i, c);
      }
    }
    if (edge_int8_a_run(x, z, arena)) return 7;
    for (int i = 0; i < EDGE_INT8_A_OUTPUTS; ++i) {
      if (y[i] != z[i]) return 8;
    }
    printf("%d ", t);
  }
  if (edge_int8_a_run(x, z, (char*)arena + 2) != -1) return 9;
  if (edge_int8_a_run(0, z, arena) != -1) return 10;
  return 0;
}
)");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, "10 13 16 19 22 25 28 31 34 37 ");
}

TEST(CProject, OutputScaleIsExactlyMantissaByShift) {
  core::Artifact artifact = ArtifactOf(SampleGraph());
  artifact.graph.output_scale = 0.001f;
  artifact.graph.input_factor = 255.0f;
  const std::string header =
      MakeCProject(artifact, {"n", "", 1}).files["include/edge_int8_n.h"];
  // float(0.001) = 8589935 / 2^33, as Fraction(numpy.float32(0.001)) says.
  EXPECT_NE(header.find("#define EDGE_INT8_N_OUTPUT_MANTISSA 8589935\n"),
            std::string::npos);
  EXPECT_NE(header.find("#define EDGE_INT8_N_OUTPUT_SHIFT 33\n"),
            std::string::npos);
  EXPECT_NE(header.find("#define EDGE_INT8_N_OUTPUT_SCALE 0.00100000005f\n"),
            std::string::npos);
  EXPECT_NE(header.find("#define EDGE_INT8_N_INPUT_FACTOR 255.0f\n"),
            std::string::npos);
}

// The library itself: no floating point, no header beyond the two allowed.
TEST(CProject, TheLibraryIsIntegersOnly) {
  const CProject project =
      MakeCProject(ArtifactOf(SampleGraph()), {"n", "", 1});
  for (const auto& [path, text] : project.files) {
    if (!path.starts_with("src/")) continue;
    SCOPED_TRACE(path);
    EXPECT_EQ(text.find("float "), std::string::npos);
    EXPECT_EQ(text.find("double "), std::string::npos);
    EXPECT_EQ(text.find("alloc("), std::string::npos);
    for (std::size_t at = text.find("#include <"); at != std::string::npos;
         at = text.find("#include <", at + 1)) {
      EXPECT_EQ(text.substr(at, 19), "#include <stdint.h>");
    }
  }
}

TEST(CProject, AnArtifactTheEngineDisagreesWithIsRefused) {
  core::Artifact artifact = ArtifactOf(SampleGraph());
  artifact.golden[1].output[0] ^= 1;
  const Error error = ErrorOf([&] { MakeCProject(artifact, {"n", "", 1}); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_NE(std::string(error.what()).find("item 1"), std::string::npos);
}

TEST(CProject, AnImpossibleNameIsRefused) {
  const core::Artifact artifact = ArtifactOf(SampleGraph());
  EXPECT_EQ(ErrorOf([&] {
              MakeCProject(artifact, {"a-b", "", 1});
            }).kind(),
            ErrorKind::kUsage);
}

// Its window does not come frame by frame.
TEST(CProject, AnImageHasNoStream) {
  core::RandomGraph image(1, 2, 3, 4);
  const core::Artifact high = ArtifactOf(
      image.Finish(image.Conv(0, 2, {}, {Type::kS16, TableKind::kNone, 8})));
  const CProject project = MakeCProject(high, {"n", "", 1});
  for (const auto& [path, text] : project.files) {
    EXPECT_EQ(text.find("stream"), std::string::npos) << path;
  }
  ExpectGolden(CompileAndCheck(high));
}

TEST(CProject, ForceReplacesAnExportAndNothingElse) {
  const TempFolder folder;
  const CProject project =
      MakeCProject(ArtifactOf(SampleGraph()), {"n", "", 1});
  WriteCProject(project, folder / "out", IfExists::kFail);
  EXPECT_EQ(ErrorOf([&] {
              WriteCProject(project, folder / "out", IfExists::kFail);
            }).kind(),
            ErrorKind::kUsage);
  WriteCProject(project, folder / "out", IfExists::kReplace);
  std::filesystem::create_directory(folder / "mine");
  std::ofstream(folder.path() / "mine/letter") << "dear";
  EXPECT_EQ(ErrorOf([&] {
              WriteCProject(project, folder / "mine", IfExists::kReplace);
            }).kind(),
            ErrorKind::kUsage);
  EXPECT_EQ(folder.List(), (std::vector<std::string>{"mine", "out"}));
}

TEST(CProject, ForceNeverLosesAFileThatNoExportWrote) {
  const TempFolder folder;
  const core::Artifact artifact = ArtifactOf(SampleGraph());
  const CProject project = MakeCProject(artifact, {"n", "", 1});
  WriteCProject(project, folder / "out", IfExists::kFail);
  // Another name has other files; the old ones are the exporter's, too.
  const CProject renamed = MakeCProject(artifact, {"m", "", 1});
  WriteCProject(renamed, folder / "out", IfExists::kReplace);
  EXPECT_TRUE(std::filesystem::exists(folder / "out/src/edge_int8_m_tables.c"));
  EXPECT_FALSE(
      std::filesystem::exists(folder / "out/src/edge_int8_n_tables.c"));
  std::ofstream(folder.path() / "out/src/mine.txt") << "mine";
  WriteCProject(project, folder / "out", IfExists::kReplace);
  EXPECT_TRUE(std::filesystem::exists(folder / "out/src/edge_int8_n_tables.c"));
  EXPECT_EQ(ReadText(folder / "out/src/mine.txt"), "mine");
}

TEST(CProject, TheSameArtifactGivesTheSameFiles) {
  const core::Artifact artifact = ArtifactOf(OddGraph(7));
  EXPECT_EQ(MakeCProject(artifact, {"n", "", 2}).files,
            MakeCProject(artifact, {"n", "", 2}).files);
}

}  // namespace
}  // namespace edge_int8

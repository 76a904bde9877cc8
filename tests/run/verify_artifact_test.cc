#include "src/run/verify_artifact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/kernels/isa.h"
#include "src/pose/upstream_shape.h"
#include "tests/pose/small_folder.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

class VerifyTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder;
    WriteSmallModelFiles(folder_->path());
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static VerifyOptions Options(const std::string& model) {
    VerifyOptions options;
    options.model = *folder_ / model;
    options.windows = 3;
    return options;
  }

  static TempFolder* folder_;
};
TempFolder* VerifyTest::folder_ = nullptr;

TEST_F(VerifyTest, AGoodArtifactPassesOnEveryInstructionSet) {
  const std::vector<VerifyCheck> checks = VerifyArtifact(Options("tiny.ei8"));
  const std::size_t isas = core::AvailableIsas().size();
  EXPECT_EQ(checks.size(), 1 + 2 * isas);
  std::string names;
  for (const VerifyCheck& check : checks) {
    EXPECT_TRUE(check.passed) << check.name << ": " << check.detail;
    names += check.name + "\n";
  }
  for (const core::Isa isa : core::AvailableIsas()) {
    const std::string name(core::IsaName(isa));
    EXPECT_THAT(names, HasSubstr("golden vectors, " + name));
    EXPECT_THAT(names, HasSubstr("random windows, " + name + " == reference"));
  }
}

TEST(VerifyJson, HasEveryCheckAndIsOkWhenAllAre) {
  VerifyOptions options;
  options.model = "a.ei8";
  std::vector<VerifyCheck> checks = {{"hash", true, "4 operators"},
                                     {"golden", true, "4 vectors"}};
  nlohmann::json j = ToJson(options, checks);
  EXPECT_EQ(j["model"], "a.ei8");
  EXPECT_EQ(j["ok"], true);
  checks[1] = {"golden", false, "vector 2 differs"};
  j = ToJson(options, checks);
  EXPECT_EQ(j["ok"], false);
  ASSERT_EQ(j["checks"].size(), 2u);
  EXPECT_EQ(j["checks"][1]["name"], "golden");
  EXPECT_EQ(j["checks"][1]["ok"], false);
  EXPECT_EQ(j["checks"][1]["detail"], "vector 2 differs");
}

TEST_F(VerifyTest, DataAddsItsTestWindows) {
  FolderSpec spec;
  spec.files = 20;
  spec.values.assign(std::size_t{20} * kWindowValues, 0.3f);
  WriteFolder(*folder_ / "data", spec);
  VerifyOptions options = Options("tiny.ei8");
  options.data = *folder_ / "data";
  options.windows = 2;
  int seen = 0;
  for (const VerifyCheck& check : VerifyArtifact(options)) {
    EXPECT_TRUE(check.passed) << check.name;
    if (!check.name.starts_with("test windows")) continue;
    ++seen;
    EXPECT_EQ(check.detail, "2 windows");  // Of three.
  }
  EXPECT_EQ(seen, static_cast<int>(core::AvailableIsas().size()));
}

// Right hash, but a golden output that the graph does not give.
TEST_F(VerifyTest, AWrongGoldenVectorIsFoundAndTheRestPasses) {
  core::Artifact artifact = ReadArtifactFile(*folder_ / "tiny.ei8");
  ++artifact.golden[2].output[7];
  WriteArtifactFile(*folder_ / "golden.ei8", artifact, IfExists::kReplace);
  int failed = 0;
  for (const VerifyCheck& check : VerifyArtifact(Options("golden.ei8"))) {
    if (check.passed) continue;
    ++failed;
    EXPECT_THAT(check.name, testing::StartsWith("golden vectors"));
    EXPECT_THAT(check.detail, HasSubstr("2"));
  }
  EXPECT_EQ(failed, static_cast<int>(core::AvailableIsas().size()));
}

// A changed weight with a right hash computes something else everywhere, and
// only the golden vectors know.
TEST_F(VerifyTest, AChangedWeightIsFound) {
  core::Artifact artifact = ReadArtifactFile(*folder_ / "tiny.ei8");
  auto& conv = std::get<core::ConvOp>(artifact.graph.ops[0]);
  for (int8_t& w : conv.weights) w = static_cast<int8_t>(-w);
  WriteArtifactFile(*folder_ / "weight.ei8", artifact, IfExists::kReplace);
  for (const VerifyCheck& check : VerifyArtifact(Options("weight.ei8"))) {
    EXPECT_EQ(check.passed, !check.name.starts_with("golden")) << check.name;
  }
}

TEST_F(VerifyTest, ADamagedFileIsBadInputWithItsName) {
  std::string bytes = ReadText(*folder_ / "tiny.ei8");
  for (const std::size_t at : {std::size_t{30}, bytes.size() / 2}) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    const auto path = folder_->Write("flipped.ei8", flipped);
    const Error error =
        ErrorOf([&] { VerifyArtifact(Options("flipped.ei8")); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << at;
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
  }
  EXPECT_EQ(ErrorOf([&] { VerifyArtifact(Options("tiny.pth")); }).kind(),
            ErrorKind::kBadInput);
}

}  // namespace
}  // namespace edge_int8

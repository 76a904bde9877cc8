#include "src/run/load_predictor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "src/base/sha256.h"
#include "src/nets/checkpoint.h"
#include "src/pose/npy_windows.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

class LoadPredictorTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder;
    WriteSmallModelFiles(folder_->path());
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  void TearDown() override { unsetenv("EDGE_INT8_ISA"); }

  static std::vector<float> Poses(Predictor& predictor) {
    return PredictAll(predictor, NpyWindows(*folder_ / "x.npy", Subset::kFull),
                      "test");
  }

  static TempFolder* folder_;
};
TempFolder* LoadPredictorTest::folder_ = nullptr;

TEST_F(LoadPredictorTest, ACheckpointPredictsAsItsModelDoes) {
  const auto path = *folder_ / "tiny.pth";
  const LoadedPredictor loaded = LoadPredictor(path);
  EXPECT_EQ(loaded.format, ModelFormat::kCheckpoint);
  EXPECT_EQ(loaded.parameters, 56290);
  EXPECT_EQ(loaded.sha256, Sha256File(path));
  const auto direct = MakeFloatPredictor(LoadCheckpoint(path));
  EXPECT_EQ(Poses(*loaded.predictor), Poses(*direct));
}

TEST_F(LoadPredictorTest, AnArtifactPredictsAsItsGraphDoes) {
  const auto path = *folder_ / "tiny.ei8";
  const LoadedPredictor loaded = LoadPredictor(path);
  EXPECT_EQ(loaded.format, ModelFormat::kArtifact);
  EXPECT_EQ(loaded.parameters, 0);
  EXPECT_EQ(loaded.sha256, Sha256File(path));
  const auto direct =
      MakeIntegerPredictor(ReadArtifactFile(path).graph, core::Isa::kScalar);
  EXPECT_EQ(Poses(*loaded.predictor), Poses(*direct));
}

TEST_F(LoadPredictorTest, TheBytesDecideNotTheName) {
  const auto checkpoint = *folder_ / "checkpoint_called.ei8";
  const auto artifact = *folder_ / "artifact_called.pth";
  std::filesystem::copy_file(*folder_ / "tiny.pth", checkpoint);
  std::filesystem::copy_file(*folder_ / "tiny.ei8", artifact);
  EXPECT_EQ(DetectModelFormat(checkpoint), ModelFormat::kCheckpoint);
  EXPECT_EQ(DetectModelFormat(artifact), ModelFormat::kArtifact);
  EXPECT_EQ(LoadPredictor(checkpoint).parameters, 56290);
  EXPECT_EQ(LoadPredictor(artifact).format, ModelFormat::kArtifact);
}

TEST_F(LoadPredictorTest, WhatIsNeitherIsBadInputWithItsName) {
  const std::vector<std::filesystem::path> paths = {
      *folder_ / "none.pth", folder_->Write("empty.ei8", ""),
      folder_->Write("text.pth", "Pickle rick"),
      folder_->Write("short.ei8", std::string("\0\0\0\0EI8", 7)),
      folder_->path()};
  for (const auto& path : paths) {
    const Error error = ErrorOf([&] { DetectModelFormat(path); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << path;
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
  }
  // Right first bytes, nothing behind them.
  for (const auto& path : {folder_->Write("zip.pth", "PK\x03\x04 and no more"),
                           folder_->Write("old.pth", "\x80\x02\x8a\x0al"),
                           folder_->Write("cut.ei8", "1234EI8A")}) {
    const Error error = ErrorOf([&] { LoadPredictor(path); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << path;
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
  }
}

TEST_F(LoadPredictorTest, AVariantThatDoesNotFitIsRefused) {
  const auto path = *folder_ / "tiny.pth";
  EXPECT_NO_THROW(LoadPredictor(path, {.variant = "tiny"}));
  EXPECT_EQ(ErrorOf([&] { LoadPredictor(path, {.variant = "half"}); }).kind(),
            ErrorKind::kBadInput);
  EXPECT_EQ(ErrorOf([&] { LoadPredictor(path, {.variant = "huge"}); }).kind(),
            ErrorKind::kUsage);
}

TEST_F(LoadPredictorTest, TheEnvironmentNamesTheInstructionSet) {
  unsetenv("EDGE_INT8_ISA");
  EXPECT_EQ(IsaFromEnvironment(), core::BestIsa());
  setenv("EDGE_INT8_ISA", "", 1);
  EXPECT_EQ(IsaFromEnvironment(), core::BestIsa());
  const std::vector<float> best =
      Poses(*LoadPredictor(*folder_ / "tiny.ei8").predictor);
  for (const core::Isa isa : core::AvailableIsas()) {
    setenv("EDGE_INT8_ISA", std::string(core::IsaName(isa)).c_str(), 1);
    EXPECT_EQ(IsaFromEnvironment(), isa);
    EXPECT_EQ(Poses(*LoadPredictor(*folder_ / "tiny.ei8").predictor), best);
  }
}

TEST_F(LoadPredictorTest, AnUnknownInstructionSetIsAUsageErrorThatListsThem) {
  for (const char* name : {"sse9", "Scalar", " scalar"}) {
    const Error error = ErrorOf([&] { ParseIsaName(name); });
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("scalar"));
  }
  setenv("EDGE_INT8_ISA", "sse9", 1);
  EXPECT_EQ(ErrorOf([&] { LoadPredictor(*folder_ / "tiny.ei8"); }).kind(),
            ErrorKind::kUsage);
}

}  // namespace
}  // namespace edge_int8

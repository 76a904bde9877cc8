#include "src/qgraph/artifact_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/base/error.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/sample_graph.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

core::Artifact Sample() {
  core::Artifact artifact;
  artifact.graph = SampleGraph();
  artifact.provenance.recipe = "{}";
  return artifact;
}

TEST(ArtifactFile, ComesBackFromDisk) {
  const TempFolder folder;
  WriteArtifactFile(folder / "a.ei8", Sample(), IfExists::kFail);
  const core::Artifact read = ReadArtifactFile(folder / "a.ei8");
  EXPECT_EQ(core::SaveArtifact(read), core::SaveArtifact(Sample()));
}

TEST(ArtifactFile, AnExistingFileNeedsForce) {
  const TempFolder folder;
  const auto path = folder.Write("a.ei8", "mine");
  const Error error =
      ErrorOf([&] { WriteArtifactFile(path, Sample(), IfExists::kFail); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_EQ(ReadText(path), "mine");
  WriteArtifactFile(path, Sample(), IfExists::kReplace);
  EXPECT_EQ(ReadArtifactFile(path).graph.name, "sample");
}

TEST(ArtifactFile, WhatWouldNotLoadIsNotWritten) {
  const TempFolder folder;
  core::Artifact broken = Sample();
  std::get<core::ConvOp>(broken.graph.ops[4]).weights[2] = 8;
  const Error error = ErrorOf(
      [&] { WriteArtifactFile(folder / "a.ei8", broken, IfExists::kFail); });
  EXPECT_EQ(error.kind(), ErrorKind::kInternal);
  EXPECT_THAT(error.what(),
              HasSubstr("operator 4, item 2: a weight is outside its bits"));
  EXPECT_TRUE(folder.List().empty());
}

TEST(ArtifactFile, BadFilesAreNamedWithTheRuleTheyBreak) {
  const TempFolder folder;
  const auto error_of = [&](std::string_view name, std::string_view content) {
    const auto path = folder.Write(name, content);
    const Error error = ErrorOf([&] { ReadArtifactFile(path); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
    return std::string(error.what());
  };
  EXPECT_THAT(error_of("empty.ei8", ""), HasSubstr("truncated"));
  EXPECT_THAT(error_of("zip.ei8", "PK\x03\x04 and more"),
              EndsWith("not an .ei8 file: the identifier is not EI8A"));
  WriteArtifactFile(folder / "a.ei8", Sample(), IfExists::kFail);
  std::string bytes = ReadText(folder / "a.ei8");
  bytes[200] ^= 1;
  EXPECT_THAT(error_of("flipped.ei8", bytes), HasSubstr("SHA-256"));
}

// A file from another program: right hash, wrong graph.
TEST(ArtifactFile, ABrokenRuleIsNamedWithItsPlace) {
  const TempFolder folder;
  core::Artifact broken = Sample();
  std::get<core::ConvOp>(broken.graph.ops[0]).scale[3].shift = 63;
  const std::vector<std::byte> bytes = core::SaveArtifact(broken);
  WriteFile(folder / "a.ei8", bytes, IfExists::kFail);
  const Error error = ErrorOf([&] { ReadArtifactFile(folder / "a.ei8"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(),
              EndsWith("a.ei8 at operator 0, item 3: a multiplier's mantissa "
                       "or shift is outside its range"));
}

TEST(ArtifactFile, AMissingFileIsNamed) {
  const TempFolder folder;
  const Error error = ErrorOf([&] { ReadArtifactFile(folder / "no.ei8"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("no.ei8"));
}

}  // namespace
}  // namespace edge_int8

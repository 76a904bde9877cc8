#include "src/run/verb_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/pose/small_folder.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class VerbFilesTest : public testing::Test {
 protected:
  VerbFilesTest() {
    folder_.Write("in.pth", "mine");
    FolderSpec spec;
    spec.csv = true;
    WriteFolder(folder_ / "data", spec);
  }
  // With --force, which must make no difference.
  static std::string Refusal(const VerbFiles& files) {
    const Error error = ErrorOf([&] { files.Check(IfExists::kReplace); });
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  VerbFiles OnData(const fs::path& out, DatasetOptions options = {}) const {
    return VerbFiles()
        .ReadsDataset("--data", folder_ / "data", options)
        .Writes("--json", out);
  }
  const TempFolder folder_;
};

TEST_F(VerbFilesTest, AnOutputIsNoInputByAnyName) {
  fs::create_symlink(folder_ / "in.pth", folder_ / "symlink");
  fs::create_hard_link(folder_ / "in.pth", folder_ / "hardlink");
  fs::create_directory(folder_ / "sub");
  for (const char* name :
       {"in.pth", "./in.pth", "sub/../in.pth", "symlink", "hardlink"}) {
    const std::string message =
        Refusal(VerbFiles()
                    .Reads("--model", folder_ / "in.pth")
                    .Writes("--out", folder_ / name));
    EXPECT_THAT(message, HasSubstr("--model"));
    EXPECT_THAT(message, HasSubstr("--out"));
  }
  EXPECT_NO_THROW(VerbFiles()
                      .Reads("--model", folder_ / "in.pth")
                      .Writes("--out", folder_ / "out.pth")
                      .Check(IfExists::kFail));
}

// An output to be has no identity but its path, which may be spelt in two ways.
TEST_F(VerbFilesTest, OutputsDifferPairwiseBeforeTheyExist) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_.path());
  fs::create_directory_symlink(".", "link");
  for (const char* name : {"x", "./x", "link/x", "none/../x"}) {
    const std::string message =
        Refusal(VerbFiles().Writes("--out", "x").Writes("--log", name));
    EXPECT_THAT(message, HasSubstr("--out x"));
    EXPECT_THAT(message, HasSubstr("--log"));
  }
  EXPECT_NO_THROW(VerbFiles()
                      .Writes("--out", "x")
                      .Writes("--log", "y")
                      .Keeps("the journal of --out,", "x.search")
                      .Check(IfExists::kFail));
  fs::current_path(before);
}

TEST_F(VerbFilesTest, NoOutputTakesANameOfTheLayoutInADatasetFolder) {
  // Some are not there, and would change what the set is.
  for (const std::string name :
       {"csi_windows.npy", "window_info.npz", "file_info.npz", "config.npz",
        "all_keypoints.npy", "file_mappings.pkl", "synthetic.json"}) {
    const std::string message = Refusal(OnData(folder_ / "data" / name));
    EXPECT_THAT(message, HasSubstr("--data"));
    EXPECT_THAT(message, HasSubstr(name));
  }
  EXPECT_NO_THROW(OnData(folder_ / "data/score.json").Check(IfExists::kFail));
  EXPECT_NO_THROW(OnData(folder_ / "config.npz").Check(IfExists::kFail));
}

TEST_F(VerbFilesTest, ADatasetsFilesMayBeElsewhere) {
  fs::rename(folder_ / "data/csi_windows.npy", folder_ / "big.npy");
  fs::create_symlink(folder_ / "big.npy", folder_ / "data/csi_windows.npy");
  Refusal(OnData(folder_ / "big.npy"));
  Refusal(OnData(folder_ / "data/csi_windows.npy"));
}

TEST_F(VerbFilesTest, KeypointFilesAndMasksAreADatasetsToo) {
  Refusal(OnData(folder_ / "data/kp/1.csv"));
  EXPECT_NO_THROW(OnData(folder_ / "data/kp/2.csv").Check(IfExists::kFail));
  fs::rename(folder_ / "data/kp", folder_ / "kp");
  Refusal(OnData(folder_ / "kp/1.csv", {.keypoints_root = folder_ / "kp"}));
  const auto mask = folder_.Write("mask.npy", "mask");
  EXPECT_THAT(Refusal(OnData(mask, {.corrupt_masks = {mask}})),
              HasSubstr("--corrupt-mask"));
}

TEST_F(VerbFilesTest, AnOutputThatExistsNeedsForce) {
  const VerbFiles files = VerbFiles().Writes("--out", folder_ / "in.pth");
  EXPECT_THAT(ErrorOf([&] { files.Check(IfExists::kFail); }).what(),
              HasSubstr("--force"));
  EXPECT_NO_THROW(files.Check(IfExists::kReplace));
  // A journal's owner knows better.
  EXPECT_NO_THROW(VerbFiles()
                      .Keeps("the journal of --out,", folder_ / "in.pth")
                      .Check(IfExists::kFail));
}

TEST_F(VerbFilesTest, AStreamIsNoFileToProtectButNothingToReadAgain) {
  EXPECT_NO_THROW(VerbFiles()
                      .Writes("--json", "/dev/null")
                      .Writes("--log", "/dev/null")
                      .Check(IfExists::kFail));
  EXPECT_THAT(Refusal(VerbFiles().WritesAndReads("--out", "/dev/null")),
              HasSubstr("--out /dev/null"));
}

TEST_F(VerbFilesTest, FlagsThatWereNotGivenAreSkipped) {
  EXPECT_NO_THROW(VerbFiles()
                      .Reads("--model", "")
                      .ReadsDataset("--data", "", {})
                      .Writes("--json", "")
                      .WritesAndReads("--out", "")
                      .Check(IfExists::kFail));
}

}  // namespace
}  // namespace edge_int8

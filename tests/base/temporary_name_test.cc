#include "src/base/temporary_name.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "src/base/output_file.h"
#include "src/base/utf8.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(TemporaryName, StandsBesideAShortName) {
  EXPECT_EQ(PathBeside("runs/out.ei8", ".state"), "runs/out.ei8.state");
  EXPECT_NE(TemporaryBeside("x", ".tmp"), TemporaryBeside("x", ".tmp"));
}

TEST(TemporaryName, OfALongNameFitsAndTellsNamesApart) {
  const std::string a(255, 'a');
  const std::string other = std::string(254, 'a') + "b";
  const auto beside = PathBeside("runs/" + a, ".state");
  EXPECT_EQ(beside, PathBeside("runs/" + a, ".state"));
  EXPECT_NE(beside, PathBeside("runs/" + other, ".state"));
  EXPECT_EQ(beside.parent_path(), "runs");
  for (const char* suffix : {".search", ".state", ".1234567-1234567.tmp"}) {
    EXPECT_LE(PathBeside(a, suffix).string().size(), 255u) << suffix;
  }
}

// Some file systems refuse a name that is not UTF-8.
TEST(TemporaryName, CutsBetweenCharacters) {
  std::string name = "x";
  while (name.size() < 250) name += "\u00e9";
  const std::string cut = PathBeside(name, ".1-2.state").string();
  for (std::size_t at = 0; at < cut.size();) {
    const CodePoint c = ReadUtf8(cut, at);
    ASSERT_TRUE(c.valid) << at;
    at += c.bytes;
  }
}

TEST(TemporaryName, FindsItsOwnKindOnly) {
  const TempFolder folder;
  for (const char* name :
       {"x.1-2.tmp", "x.77-0.tmp", "x.tmp", "x.1-.tmp", "x.a-1.tmp",
        "y.1-2.tmp", "x.y.1-2.tmp", "x.1-2.old", "x.1-2.tmp.bak", "x1-2.tmp"}) {
    folder.Write(name, "");
  }
  EXPECT_THAT(TemporariesOf(folder / "x", ".tmp"),
              ElementsAre(folder / "x.1-2.tmp", folder / "x.77-0.tmp"));
}

// What a run that was killed left has no lock; a process number says nothing.
TEST(TemporaryName, LeftoversGoAndFilesInUseStay) {
  const TempFolder folder;
  folder.Write("x.1-2.tmp", "left");
  folder.Write("x.note.tmp", "mine");
  const auto used = folder.Write("x.3-4.tmp", "half");
  const int writer = open(used.c_str(), O_WRONLY);
  EXPECT_TRUE(LockAsMine(writer));
  WriteFile(folder / "x", "whole", IfExists::kFail);
  EXPECT_THAT(folder.List(), ElementsAre("x", "x.3-4.tmp", "x.note.tmp"));
  close(writer);
  WriteFile(folder / "x", "again", IfExists::kReplace);
  EXPECT_THAT(folder.List(), ElementsAre("x", "x.note.tmp"));
}

TEST(TemporaryName, AWriterSeesThatItsFileWasTakenAway) {
  const TempFolder folder;
  const auto path = folder.Write("x.1-2.tmp", "");
  const int writer = open(path.c_str(), O_WRONLY);
  RemoveStaleTemporaries(folder / "x");
  EXPECT_FALSE(LockAsMine(writer));
  close(writer);
  EXPECT_THAT(folder.List(), IsEmpty());
}

TEST(TemporaryName, ALongNameIsWrittenAndItsLeftoversGo) {
  const TempFolder folder;
  const std::string name(255, 'n');
  const auto left = TemporaryBeside(folder / name, ".tmp");
  folder.Write(left.filename().string(), "half");
  WriteFile(folder / name, "whole", IfExists::kFail);
  EXPECT_THAT(folder.List(), ElementsAre(name));
}

}  // namespace
}  // namespace edge_int8

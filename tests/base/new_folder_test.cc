#include "src/base/new_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

const FolderMark kMark{
    "mark.json", "a folder of ours", {"mark.json", "text", "sub/deep"}};

// Builds a folder at `target` that holds `text` and the mark.
void Build(const fs::path& target, const char* text, IfExists if_exists) {
  NewFolder folder(target, if_exists, kMark);
  WriteFile(folder.path() / "text", text, IfExists::kFail);
  WriteFile(folder.path() / "mark.json", "{}", IfExists::kFail);
  folder.Commit();
}

TEST(NewFolder, AppearsOnlyWhenCommitted) {
  const TempFolder temp;
  {
    NewFolder folder(temp / "set", IfExists::kFail, kMark);
    WriteFile(folder.path() / "text", "a", IfExists::kFail);
    EXPECT_FALSE(fs::exists(temp / "set"));
  }
  EXPECT_THAT(temp.List(), IsEmpty());  // Not committed: nothing stays.
  Build(temp / "set", "a", IfExists::kFail);
  EXPECT_THAT(temp.List(), ElementsAre("set"));
  EXPECT_EQ(ReadText(temp / "set" / "text"), "a");
}

TEST(NewFolder, LeavesNothingWhenBuildingThrows) {
  const TempFolder temp;
  try {
    const NewFolder folder(temp / "set", IfExists::kFail, kMark);
    throw std::runtime_error("disk full");
  } catch (const std::runtime_error&) {
  }
  EXPECT_THAT(temp.List(), IsEmpty());
}

TEST(NewFolder, TakesMissingParentsATrailingSlashAndAnEmptyFolder) {
  const TempFolder temp;
  Build(fs::path(temp / "a/b/set").string() + "/", "x", IfExists::kFail);
  EXPECT_EQ(ReadText(temp / "a/b/set" / "text"), "x");
  fs::create_directory(temp / "empty");
  Build(temp / "empty", "y", IfExists::kFail);
  EXPECT_EQ(ReadText(temp / "empty" / "text"), "y");
}

TEST(NewFolder, ReplacesASynthesizedFolderOnlyWhenTold) {
  const TempFolder temp;
  Build(temp / "set", "old", IfExists::kFail);
  const Error error =
      ErrorOf([&] { Build(temp / "set", "new", IfExists::kFail); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_THAT(error.what(), HasSubstr("--force"));
  EXPECT_EQ(ReadText(temp / "set" / "text"), "old");
  Build(temp / "set", "new", IfExists::kReplace);
  EXPECT_EQ(ReadText(temp / "set" / "text"), "new");
  EXPECT_THAT(temp.List(), ElementsAre("set"));
}

TEST(NewFolder, NeverReplacesWhatWasNotSynthesized) {
  const TempFolder temp;
  fs::create_directory(temp / "measured");
  WriteFile(temp / "measured/csi_windows.npy", "data", IfExists::kFail);
  temp.Write("file", "text");
  for (const char* name : {"measured", "file"}) {
    const Error error =
        ErrorOf([&] { Build(temp / name, "new", IfExists::kReplace); });
    EXPECT_EQ(error.kind(), ErrorKind::kUsage) << name;
    EXPECT_THAT(error.what(), HasSubstr("mark.json")) << name;
  }
  EXPECT_EQ(ReadText(temp / "measured/csi_windows.npy"), "data");
  EXPECT_EQ(ReadText(temp / "file"), "text");
}

// A user's notes beside what was synthesized are in the new folder, too.
TEST(NewFolder, NeverLosesAFileThatItDoesNotWrite) {
  const TempFolder temp;
  Build(temp / "set", "old", IfExists::kFail);
  for (const char* mine : {"mine.txt", "sub/mine.txt", "build/deep/x.o"}) {
    fs::create_directories((temp / "set" / mine).parent_path());
    WriteFile(temp / "set" / mine, mine, IfExists::kFail);
  }
  fs::create_directory(temp / "set/empty");
  Build(temp / "set", "new", IfExists::kReplace);
  EXPECT_EQ(ReadText(temp / "set" / "text"), "new");
  for (const char* mine : {"mine.txt", "sub/mine.txt", "build/deep/x.o"}) {
    EXPECT_EQ(ReadText(temp / "set" / mine), mine);
  }
  EXPECT_TRUE(fs::is_directory(temp / "set/empty"));
  EXPECT_EQ(temp.List(), std::vector<std::string>{"set"});
}

TEST(NewFolder, ReplacesFilesThatAnOlderOneHadMoreOf) {
  const TempFolder temp;
  Build(temp / "set", "old", IfExists::kFail);
  WriteFile(temp / "set/sub/deep", "known", IfExists::kFail);
  Build(temp / "set", "new", IfExists::kReplace);
  EXPECT_EQ(ReadText(temp / "set" / "text"), "new");
  EXPECT_FALSE(fs::exists(temp / "set/sub"));
}

TEST(NewFolder, SaysWhereItCannotBeCreated) {
  const TempFolder temp;
  temp.Write("file", "text");
  const Error error =
      ErrorOf([&] { NewFolder(temp / "file/set", IfExists::kFail, kMark); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("file/set"));
}

// A kill between the renames, where the file system can't swap two folders.
TEST(NewFolder, PutsBackWhatAKillLeftUnderAnotherName) {
  const TempFolder temp;
  Build(temp / "set", "old", IfExists::kFail);
  WriteFile(temp / "set/mine.txt", "mine", IfExists::kFail);
  fs::rename(temp / "set", temp / "set.1-0.old");
  fs::create_directory(temp / "set.1-0.tmp");
  WriteFile(temp / "set.1-0.tmp/text", "half", IfExists::kFail);
  const Error error =
      ErrorOf([&] { Build(temp / "set", "new", IfExists::kFail); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_EQ(ReadText(temp / "set/text"), "old");
  EXPECT_EQ(ReadText(temp / "set/mine.txt"), "mine");
  EXPECT_THAT(temp.List(), ElementsAre("set"));
}

// A kill after the swap, before the user's files have moved.
TEST(NewFolder, BringsTheUsersFilesThatAKillKeptFromMoving) {
  const TempFolder temp;
  Build(temp / "set", "new", IfExists::kFail);
  Build(temp / "set.1-0.old", "old", IfExists::kFail);
  fs::create_directories(temp / "set.1-0.old/notes/deep");
  WriteFile(temp / "set.1-0.old/notes/deep/mine", "mine", IfExists::kFail);
  const Error error =
      ErrorOf([&] { Build(temp / "set", "newer", IfExists::kFail); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_EQ(ReadText(temp / "set/text"), "new");
  EXPECT_EQ(ReadText(temp / "set/notes/deep/mine"), "mine");
  EXPECT_THAT(temp.List(), ElementsAre("set"));
}

TEST(NewFolder, KeepsAFileOfTheUsersThatHasNoRoom) {
  const TempFolder temp;
  Build(temp / "set", "new", IfExists::kFail);
  WriteFile(temp / "set/mine", "newer", IfExists::kFail);
  Build(temp / "set.1-0.old", "old", IfExists::kFail);
  WriteFile(temp / "set.1-0.old/mine", "older", IfExists::kFail);
  Build(temp / "set", "newest", IfExists::kReplace);
  EXPECT_EQ(ReadText(temp / "set/mine"), "newer");
  EXPECT_EQ(ReadText(temp / "set.1-0.old/mine"), "older");
}

TEST(NewFolder, LeavesAloneWhatAnotherRunIsBuilding) {
  const TempFolder temp;
  NewFolder running(temp / "set", IfExists::kFail, kMark);
  WriteFile(running.path() / "text", "theirs", IfExists::kFail);
  Build(temp / "set", "ours", IfExists::kFail);
  EXPECT_EQ(ReadText(running.path() / "text"), "theirs");
}

TEST(NewFolder, TakesANameOf255Bytes) {
  const TempFolder temp;
  const std::string name(255, 'n');
  Build(temp / name, "old", IfExists::kFail);
  Build(temp / name, "new", IfExists::kReplace);
  EXPECT_EQ(ReadText(temp / name / "text"), "new");
  EXPECT_THAT(temp.List(), ElementsAre(name));
}

}  // namespace
}  // namespace edge_int8

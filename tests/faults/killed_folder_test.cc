// `--force` on a folder, killed before each rename in turn: the set is the old
// one or the new one, whole, after a rerun at the latest, and a user's own
// files are in it.
#include <gmock/gmock.h>

#include "tests/faults/faulty_program.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;

class KilledFolderTest : public UnderFaults {
 protected:
  std::vector<std::string> Synth(const char* seed, bool force) const {
    std::vector<std::string> arguments = {
        "dataset", "synth", "--out",     (folder_ / "set").string(),
        "--files", "20",    "--windows", "2",
        "--seed",  seed};
    if (force) arguments.emplace_back("--force");
    return arguments;
  }
  void MakeOldWithNotes() {
    std::filesystem::remove_all(folder_ / "set");
    ASSERT_EQ(RunProgram(Synth("1", false)).exit_code, 0);
    std::filesystem::create_directory(folder_ / "set/notes");
    folder_.Write("set/notes/mine", "mine");
    folder_.Write("set/mine", "mine");
    old_ = Contents(folder_ / "set");
  }
  // Kills a replacement, then looks at what any rerun leaves.
  void KillAndRerun(const std::string& faults) {
    MakeOldWithNotes();
    const ProgramResult killed = RunWithFaults(Synth("2", true), faults);
    // A rerun that may not replace refuses, having brought back what was lost.
    EXPECT_EQ(RunProgram(Synth("2", false)).exit_code, 2) << faults;
    const auto now = Contents(folder_ / "set");
    EXPECT_TRUE(now == old_ || now == new_) << faults;
    EXPECT_EQ(RunProgram(Synth("2", true)).exit_code, 0) << faults;
    EXPECT_EQ(Contents(folder_ / "set"), new_) << faults;
    EXPECT_THAT(folder_.List(), ElementsAre("set")) << faults;
    any_killed_ = any_killed_ || WasKilled(killed);
  }

  void SetUp() override {
    UnderFaults::SetUp();
    if (IsSkipped()) return;
    MakeOldWithNotes();
    ASSERT_EQ(RunProgram(Synth("2", true)).exit_code, 0);
    new_ = Contents(folder_ / "set");
    ASSERT_EQ(new_.at("notes/mine"), "mine");
  }

  const TempFolder folder_;
  std::map<std::string, std::string> old_, new_;
  bool any_killed_ = false;
};

// Renames of the files come first (seven and the folder's own), then the
// folder's.
TEST_F(KilledFolderTest, LosesNothingWhereFoldersAreSwapped) {
  for (int nth = 7; nth <= 11; ++nth) {
    KillAndRerun("FAULTS=rename:kill:" + std::to_string(nth));
  }
  KillAndRerun("FAULTS=exchange:kill:1");
  EXPECT_TRUE(any_killed_);
}

TEST_F(KilledFolderTest, LosesNothingWhereTheFileSystemCannotSwap) {
  for (int nth = 7; nth <= 13; ++nth) {
    KillAndRerun("FAULTS=exchange:EINVAL:1+,rename:kill:" +
                 std::to_string(nth));
  }
  EXPECT_TRUE(any_killed_);
}

}  // namespace
}  // namespace edge_int8

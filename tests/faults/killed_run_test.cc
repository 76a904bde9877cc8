// A training, killed before a rename and resumed, writes the bytes of one that
// nobody killed. (Of a search search_verb_test.cc says so.)
#include <gmock/gmock.h>

#include "tests/faults/faulty_program.h"

namespace edge_int8 {
namespace {

class KilledRunTest : public UnderFaults {
 protected:
  std::vector<std::string> Train(const std::string& out) const {
    return {"train",
            "--variant",
            "tiny",
            "--data",
            Data(),
            "--epochs",
            "3",
            "--threads",
            "1",
            "--out",
            (folder_ / out).string()};
  }
  static std::vector<std::string> Resumed(std::vector<std::string> arguments) {
    arguments.emplace_back("--resume");
    return arguments;
  }

  const TempFolder folder_;
};

// Two renames an epoch, of the checkpoint where it is the best and the state.
TEST_F(KilledRunTest, TrainingGoesOnToTheSameBytes) {
  if (!TrainerIsBuilt()) GTEST_SKIP() << "no trainer";
  ASSERT_EQ(RunProgram(Train("whole.pth")).exit_code, 0);
  for (const char* nth : {"2", "3", "4"}) {
    const std::string name = std::string("killed") + nth + ".pth";
    const ProgramResult killed =
        RunWithFaults(Train(name), std::string("FAULTS=rename:kill:") + nth);
    if (killed.exit_code == 0) continue;  // fewer epochs were the best
    ASSERT_TRUE(WasKilled(killed)) << killed.err;
    if (!std::filesystem::exists(folder_ / (name + ".state"))) {
      continue;  // before the first state
    }
    const ProgramResult resumed = RunProgram(Resumed(Train(name)));
    EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_EQ(ReadText(folder_ / name), ReadText(folder_ / "whole.pth")) << nth;
  }
}

}  // namespace
}  // namespace edge_int8

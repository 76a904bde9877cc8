// What the programs start on: closed descriptors, limits on threads.
#include <gmock/gmock.h>

#include "tests/faults/faulty_program.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

using StartTest = UnderFaults;

int Shell(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// An output took the number of a closed descriptor, and progress went into it.
TEST_F(StartTest, ClosedDescriptorsChangeNoOutput) {
  const auto expected = Contents(Data());
  for (const char* closed :
       {"2>&-", ">&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"}) {
    const TempFolder folder;
    const std::string out = (folder / "set").string();
    EXPECT_EQ(Shell("'" EDGE_INT8_PROGRAM "' dataset synth --out '" + out +
                    "' --files 20 --windows 4 --seed 5 " + closed),
              0)
        << closed;
    EXPECT_EQ(Contents(out), expected) << closed;
  }
}

TEST_F(StartTest, TheTrainerOpensThemToo) {
  if (!TrainerIsBuilt()) GTEST_SKIP() << "no trainer";
  const TempFolder folder;
  const std::string out = (folder / "x.pth").string();
  EXPECT_EQ(
      Shell("'" EDGE_INT8_PROGRAM "' train --variant tiny --data '" + Data() +
            "' --epochs 1 --out '" + out + "' --threads 1 <&- >&- 2>&-"),
      0);
  EXPECT_EQ(ReadText(out).substr(0, 2), "PK");
}

// Wherever the limit is: a message, never terminate() and never a wait.
TEST_F(StartTest, AThreadThatDoesNotStartIsAMessage) {
  const TempFolder folder;
  for (const char* nth : {"1", "2", "4", "5"}) {
    const ProgramResult result = RunWithFaults(
        {"predict", "--threads", "4", "--model", Artifact(), "--input",
         Windows(), "--output", (folder / "y.npy").string(), "--force"},
        std::string("FAULTS=thread:EAGAIN:") + nth + "+");
    if (result.exit_code == 0) continue;  // fewer threads were needed
    EXPECT_EQ(result.exit_code, 4) << nth << result.err;
    EXPECT_THAT(result.err, HasSubstr("edge-int8: only ")) << nth;
    EXPECT_THAT(result.err, HasSubstr("ulimit -u")) << nth;
  }
}

// LibTorch's pool waited for ever for a thread that had not started.
TEST_F(StartTest, TheTrainerDoesNotWaitForAThreadThatDoesNotStart) {
  if (!TrainerIsBuilt()) GTEST_SKIP() << "no trainer";
  const TempFolder folder;
  const ProgramResult result =
      RunWithFaults({"train", "--variant", "tiny", "--data", Data(), "--out",
                     (folder / "x.pth").string(), "--threads", "2"},
                    "FAULTS=thread:EAGAIN:3+");
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("threads could be started"));
}

TEST_F(StartTest, ANonsenseInstructionSetIsRefusedByTraining) {
  if (!TrainerIsBuilt()) GTEST_SKIP() << "no trainer";
  const TempFolder folder;
  const ProgramResult result =
      RunProgram({"quantize", "--method", "qat", "--checkpoint", Checkpoint(),
                  "--data", Data(), "--out", (folder / "x.ei8").string()},
                 "EDGE_INT8_ISA=nonsense");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("'nonsense'"));
}

}  // namespace
}  // namespace edge_int8

#include "src/run/trainer_process.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

ErrorKind KindOfExit(int code) {
  return ErrorOf([&] {
           RunAndWait("/bin/sh", {"-c", "exit " + std::to_string(code)});
         })
      .kind();
}

TEST(TrainerProcess, AnExitCodeKeepsItsMeaning) {
  RunAndWait("/bin/sh", {"-c", "exit 0"});
  EXPECT_EQ(KindOfExit(2), ErrorKind::kUsage);
  EXPECT_EQ(KindOfExit(3), ErrorKind::kBadInput);
  EXPECT_EQ(KindOfExit(130), ErrorKind::kInterrupted);
  EXPECT_EQ(KindOfExit(77), ErrorKind::kInternal);
}

TEST(TrainerProcess, ASignalIsAnErrorOfOurs) {
  EXPECT_EQ(ErrorOf([] {
              RunAndWait("/bin/sh", {"-c", "kill -9 $$"});
            }).kind(),
            ErrorKind::kInternal);
}

TEST(TrainerProcess, StdoutStaysTheCallers) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  RunAndWait("/bin/sh", {"-c", "echo said"});
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "said\n");
}

TEST(TrainerProcess, ArgumentsArriveAsTheyAre) {
  const TempFolder folder;
  RunAndWait("/bin/sh", {"-c", "printf %s \"$1\" > \"$0\"", folder / "out",
                         "two words *"});
  EXPECT_EQ(ReadText(folder / "out"), "two words *");
}

TEST(TrainerProcess, AProgramThatIsNotThereIsAnError) {
  EXPECT_EQ(ErrorOf([] { RunAndWait("/nowhere/program", {}); }).kind(),
            ErrorKind::kInternal);
}

}  // namespace
}  // namespace edge_int8

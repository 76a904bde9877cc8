#include "src/base/interrupt.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "src/base/progress.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

// The flag can't be cleared, so what sets it runs in a process of its own.
TEST(InterruptDeathTest, EndsALoopBetweenStepsAsErrorWithExitCode130) {
  EXPECT_EXIT(
      {
        WatchForInterrupt();
        Progress progress("scan", 10, "files");
        progress.Add();
        std::raise(SIGINT);
        const Error error = ErrorOf([&] { progress.Add(); });
        std::_Exit(Interrupted() ? error.ExitCode() : 1);
      },
      testing::ExitedWithCode(130), "");
}

TEST(InterruptDeathTest, ASecondSignalEndsTheProgram) {
  EXPECT_EXIT(
      {
        WatchForInterrupt();
        std::raise(SIGINT);
        std::raise(SIGINT);
        std::_Exit(0);
      },
      testing::KilledBySignal(SIGINT), "");
}

// A closed terminal ends it as Ctrl-C does: temporaries go.
TEST(InterruptDeathTest, SighupIsAnInterruptUnlessItIsIgnored) {
  EXPECT_EXIT(
      {
        std::signal(SIGHUP, SIG_DFL);
        WatchForInterrupt();
        std::raise(SIGHUP);
        std::_Exit(Interrupted() ? 130 : 1);
      },
      testing::ExitedWithCode(130), "");
  // As nohup starts a program.
  EXPECT_EXIT(
      {
        std::signal(SIGHUP, SIG_IGN);
        WatchForInterrupt();
        std::raise(SIGHUP);
        std::_Exit(Interrupted() ? 1 : 0);
      },
      testing::ExitedWithCode(0), "");
}

TEST(Interrupt, IsNotSetWithoutASignal) {
  WatchForInterrupt();
  EXPECT_FALSE(Interrupted());
  EXPECT_NO_THROW(ThrowIfInterrupted());
}

}  // namespace
}  // namespace edge_int8

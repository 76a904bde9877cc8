#include "src/base/interrupt.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "src/base/progress.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

void Sleep(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

// To the process, as a terminal does, and not to this thread. True when the
// flag is set, which another thread does.
bool Send(int number) {
  kill(getpid(), number);
  for (int i = 0; i < 500 && !Interrupted(); ++i) Sleep(10);
  return Interrupted();
}

// The flag can't be cleared, so what sets it runs in a process of its own,
// which starts anew: a copy of this one would lack the thread that waits.
class InterruptDeathTest : public testing::Test {
 protected:
  InterruptDeathTest() { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(InterruptDeathTest, EndsALoopBetweenStepsAsErrorWithExitCode130) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_EXIT(
        {
          std::signal(SIGHUP, SIG_DFL);  // whatever started the tests
          WatchForInterrupt();
          Progress progress("scan", 10, "files");
          progress.Add();
          if (!Send(number)) std::_Exit(1);
          const Error error = ErrorOf([&] { progress.Add(); });
          std::_Exit(error.ExitCode());
        },
        testing::ExitedWithCode(130), "")
        << number;
  }
}

TEST_F(InterruptDeathTest, ASecondSignalEndsTheProgram) {
  EXPECT_EXIT(
      {
        WatchForInterrupt();
        if (!Send(SIGINT)) std::_Exit(1);
        Sleep(600);
        Send(SIGTERM);
        Sleep(5000);
        std::_Exit(0);
      },
      testing::KilledBySignal(SIGTERM), "");
}

TEST_F(InterruptDeathTest, TheSameSignalTwiceAtOnceIsOne) {
  EXPECT_EXIT(
      {
        WatchForInterrupt();
        Send(SIGTERM);
        Send(SIGTERM);
        Sleep(50);
        std::_Exit(Interrupted() ? 7 : 1);
      },
      testing::ExitedWithCode(7), "");
}

TEST_F(InterruptDeathTest, AnIgnoredHangUpStaysIgnored) {
  EXPECT_EXIT(
      {
        std::signal(SIGHUP, SIG_IGN);
        WatchForInterrupt();
        kill(getpid(), SIGHUP);
        Sleep(50);
        std::_Exit(Interrupted() ? 1 : 7);
      },
      testing::ExitedWithCode(7), "");
}

// No frame of a handler can land where a stack pointer happens to point.
TEST_F(InterruptDeathTest, NothingRunsOnTheStackOfOtherThreads) {
  EXPECT_EXIT(
      {
        std::signal(SIGHUP, SIG_DFL);
        WatchForInterrupt();
        std::thread worker([] {
          sigset_t blocked;
          pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
          for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
            if (sigismember(&blocked, number) != 1) std::_Exit(1);
          }
        });
        worker.join();
        sigset_t blocked;
        pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
        std::_Exit(sigismember(&blocked, SIGINT) == 1 ? 7 : 1);
      },
      testing::ExitedWithCode(7), "");
}

TEST_F(InterruptDeathTest, WhatWasSentToThisProcessAloneGoesOnToItsChild) {
  EXPECT_EXIT(
      {
        const pid_t child = fork();
        if (child == 0) {
          Sleep(5000);
          std::_Exit(0);
        }
        WatchForInterrupt();
        const PassInterruptsOn pass(child);
        Send(SIGTERM);
        int status = 0;
        waitpid(child, &status, 0);
        std::_Exit(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM ? 7 : 1);
      },
      testing::ExitedWithCode(7), "");
}

TEST(Interrupt, IsNotSetWithoutASignal) {
  EXPECT_FALSE(Interrupted());
  EXPECT_NO_THROW(ThrowIfInterrupted());
}

}  // namespace
}  // namespace edge_int8

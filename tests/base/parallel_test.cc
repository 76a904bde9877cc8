#include "src/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "src/base/random.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

class EveryThreadCount : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { SetThreads(GetParam()); }
  void TearDown() override { SetThreads(0); }
};

TEST_P(EveryThreadCount, VisitsEveryIndexOnce) {
  for (const int64_t count : {0, 1, 2, 1000}) {
    std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
    ParallelFor(count,
                [&](int64_t i) { ++visits[static_cast<std::size_t>(i)]; });
    for (const auto& visit : visits) EXPECT_EQ(visit, 1);
  }
}

TEST_P(EveryThreadCount, NeverSharesASlotBetweenRunningBodies) {
  const int slots = ThreadCount();
  std::vector<std::atomic<int>> running(static_cast<std::size_t>(slots));
  std::atomic<int> shared{0};
  std::atomic<uint64_t> work{0};  // Read, so that it is really done.
  ParallelForSlots(2000, slots, [&](int64_t i, int slot) {
    ASSERT_GE(slot, 0);
    ASSERT_LT(slot, slots);
    std::atomic<int>& mine = running[static_cast<std::size_t>(slot)];
    if (++mine > 1) ++shared;
    Rng rng(static_cast<uint64_t>(i));
    for (int step = 0; step < 500; ++step) work ^= rng.Next();
    --mine;
  });
  EXPECT_EQ(shared, 0);
  EXPECT_NE(work, 0u);
}

// Another thread may set it between the caller's scratch memory and the loop,
// or while the loop runs.
TEST_P(EveryThreadCount, SlotsAreTheCallersWhateverIsSetMeanwhile) {
  const int slots = ThreadCount();
  SetThreads(slots + 7);
  std::vector<std::atomic<int>> visits(500);
  ParallelForSlots(500, slots, [&](int64_t i, int slot) {
    ASSERT_GE(slot, 0);
    ASSERT_LT(slot, slots);
    SetThreads(slots + 3);
    ++visits[static_cast<std::size_t>(i)];
  });
  for (const auto& visit : visits) EXPECT_EQ(visit, 1);
}

// A body that waits for an inner loop must not be given another outer index:
// its slot's scratch memory is still in use.
TEST_P(EveryThreadCount, NestedLoopsKeepTheOuterSlotToThemselves) {
  const int slots = ThreadCount();
  std::vector<std::atomic<int>> running(static_cast<std::size_t>(slots));
  std::atomic<int> shared{0};
  std::atomic<int> inner{0};
  ParallelForSlots(50, slots, [&](int64_t, int slot) {
    std::atomic<int>& mine = running[static_cast<std::size_t>(slot)];
    if (++mine > 1) ++shared;
    ParallelFor(20, [&](int64_t) { ++inner; });
    --mine;
  });
  EXPECT_EQ(shared, 0);
  EXPECT_EQ(inner, 50 * 20);
}

TEST_P(EveryThreadCount, RethrowsAnErrorWithItsKindAndMessage) {
  const Error error = ErrorOf([] {
    ParallelFor(100, [](int64_t i) {
      if (i == 37) FailInput("window 37", "is not finite");
    });
  });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_STREQ(error.what(), "window 37: is not finite");
}

// Not the error of whichever thread came first: a user who runs the same
// command again reads the same message.
TEST_P(EveryThreadCount, RethrowsTheErrorOfTheLowestIndex) {
  for (int turn = 0; turn < 50; ++turn) {
    const Error error = ErrorOf([] {
      ParallelFor(100, [](int64_t i) {
        if (i >= 37) FailInput("window " + std::to_string(i), "is not finite");
      });
    });
    EXPECT_STREQ(error.what(), "window 37: is not finite");
  }
}

TEST_P(EveryThreadCount, GivesTheSameBitsForASumTakenInIndexOrder) {
  const auto sum = [] {
    std::vector<double> parts(3000);
    ParallelFor(3000, [&](int64_t i) {
      parts[static_cast<std::size_t>(i)] =
          Rng(1).Fork(static_cast<uint64_t>(i)).Uniform();
    });
    double total = 0;
    for (const double part : parts) total += part;
    return total;
  };
  const double with_this_many = sum();
  SetThreads(1);
  EXPECT_EQ(with_this_many, sum());
}

INSTANTIATE_TEST_SUITE_P(Parallel, EveryThreadCount,
                         testing::Values(1, 2, 3, 16));

TEST(Parallel, ThreadCountIsWhatWasAskedForOrTheMachines) {
  SetThreads(5);
  EXPECT_EQ(ThreadCount(), 5);
  SetThreads(0);
  EXPECT_GE(ThreadCount(), 1);
}

}  // namespace
}  // namespace edge_int8

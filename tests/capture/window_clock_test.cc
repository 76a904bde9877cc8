#include "src/capture/window_clock.h"

#include <gtest/gtest.h>

#include <vector>

namespace edge_int8 {
namespace {

constexpr int64_t kMs = 1'000'000;

struct Window {
  std::vector<float> rows;
  int64_t first, last;
};

// One value per link, equal to its time in milliseconds (plus 1000 a link).
class Clock {
 public:
  explicit Clock(std::size_t links, int frames = 4, int stride = 2)
      : clock_(
            {100, frames, stride, 30 * kMs}, links, 1,
            [this](std::span<const float> rows, int64_t first, int64_t last) {
              windows.push_back(
                  {{rows.begin(), rows.end()}, first / kMs, last / kMs});
            }) {}
  void Add(std::size_t link, int64_t ms) {
    const auto value = static_cast<float>(ms + 1000 * int64_t(link));
    clock_.Add(link, ms * kMs, std::span(&value, 1));
  }
  ClockCounts End() {
    clock_.End();
    return clock_.counts();
  }
  std::vector<Window> windows;

 private:
  WindowClock clock_;
};

TEST(WindowClock, InterpolatesToStepsFromTheFirstPacketOn) {
  Clock clock(1);
  for (const int64_t ms : {1000, 1004, 1013, 1029, 1031, 1050, 1056}) {
    clock.Add(0, ms);
  }
  const ClockCounts counts = clock.End();
  ASSERT_EQ(clock.windows.size(), 2u);
  EXPECT_EQ(clock.windows[0].rows,
            (std::vector<float>{1000, 1010, 1020, 1030}));
  EXPECT_EQ(clock.windows[0].first, 1000);
  EXPECT_EQ(clock.windows[0].last, 1030);
  EXPECT_EQ(clock.windows[1].rows,
            (std::vector<float>{1020, 1030, 1040, 1050}));
  EXPECT_EQ(counts.steps, 6);
  EXPECT_EQ(counts.gaps, 0);
  EXPECT_EQ(counts.unused, 0);
}

TEST(WindowClock, HoldsNoWindowAcrossAGap) {
  Clock clock(1);
  for (int64_t ms = 0; ms <= 50; ms += 10) clock.Add(0, ms);
  for (int64_t ms = 105; ms <= 165; ms += 10) clock.Add(0, ms);
  const ClockCounts counts = clock.End();
  ASSERT_EQ(clock.windows.size(), 4u);
  EXPECT_EQ(clock.windows[2].first, 110);  // the first step after 105
  EXPECT_EQ(clock.windows[2].rows, (std::vector<float>{110, 120, 130, 140}));
  EXPECT_EQ(counts.gaps, 1);
}

TEST(WindowClock, WaitsForEveryLinkAndNoLongerThanAGap) {
  Clock clock(2);
  for (int64_t ms = 0; ms <= 100; ms += 10) {
    clock.Add(0, ms);
    if (ms < 40 || ms > 80) clock.Add(1, ms + 1);
  }
  // Link 1 begins at 1 ms, so step 0 is missing; 31 -> 91 ms is a gap.
  EXPECT_TRUE(clock.windows.empty());
  for (int64_t ms = 110; ms <= 140; ms += 10) {
    clock.Add(0, ms);
    clock.Add(1, ms + 1);
  }
  clock.End();
  ASSERT_EQ(clock.windows.size(), 1u);
  EXPECT_EQ(clock.windows[0].rows,
            (std::vector<float>{100, 1100, 110, 1110, 120, 1120, 130, 1130}));
}

TEST(WindowClock, ALinkThatEndsDoesNotStopTheMemory) {
  Clock clock(2);
  clock.Add(1, 0);
  for (int64_t ms = 0; ms <= 100'000; ms += 10) clock.Add(0, ms);
  const ClockCounts counts = clock.End();
  EXPECT_TRUE(clock.windows.empty());
  EXPECT_EQ(counts.steps, 1);
}

TEST(WindowClock, CrossesAnHourWithoutPacketsInOneStep) {
  Clock clock(1);
  for (int64_t ms = 0; ms <= 30; ms += 10) clock.Add(0, ms);
  const int64_t year = int64_t{365} * 86400 * 1000;
  for (int64_t ms = 0; ms <= 30; ms += 10) clock.Add(0, year + ms);
  clock.End();
  ASSERT_EQ(clock.windows.size(), 2u);
  EXPECT_EQ(clock.windows[1].first, year);
}

TEST(WindowClock, LeavesOutOldPacketsAndStartsAnewAfterAReset) {
  Clock clock(1);
  for (int64_t ms = 9000; ms <= 9030; ms += 10) clock.Add(0, ms);
  clock.Add(0, 9015);
  clock.Add(0, 9030);
  for (int64_t ms = 5; ms <= 35; ms += 10) clock.Add(0, ms);
  const ClockCounts counts = clock.End();
  ASSERT_EQ(clock.windows.size(), 2u);
  EXPECT_EQ(clock.windows[1].rows, (std::vector<float>{5, 15, 25, 35}));
  EXPECT_EQ(counts.out_of_order, 2);
  EXPECT_EQ(counts.restarts, 1);
}

}  // namespace
}  // namespace edge_int8

#include "src/live/window_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace edge_int8 {
namespace {

using Got = WindowQueue::Got;
using std::chrono::milliseconds;

bool PushOne(WindowQueue& queue, int64_t number) {
  const std::array<float, 2> values = {static_cast<float>(number), 0};
  return queue.Push(values, number, number, {});
}

// Of everything that waits: numbers, -1 for a gap.
std::vector<int64_t> PopAll(WindowQueue& queue) {
  std::vector<int64_t> numbers;
  QueuedWindow window;
  while (queue.Pop(window, milliseconds(0)) == Got::kWindow) {
    numbers.push_back(window.values.empty() ? -1 : window.last_ns);
    if (!window.values.empty()) {
      EXPECT_EQ(window.values[0], static_cast<float>(window.last_ns));
    }
  }
  return numbers;
}

TEST(WindowQueue, KeepsTheOrderOfWindowsAndGaps) {
  WindowQueue queue(3, WhenFull::kDrop);
  PushOne(queue, 1);
  queue.PushGap(1, "a gap");
  queue.PushGap(2, "another");
  PushOne(queue, 2);
  EXPECT_EQ(PopAll(queue), (std::vector<int64_t>{1, -1, 2}));
  QueuedWindow window;
  EXPECT_EQ(queue.Pop(window, milliseconds(1)), Got::kNothingYet);
  queue.Close();
  EXPECT_EQ(queue.Pop(window, milliseconds(1)), Got::kEnd);
}

TEST(WindowQueue, DropsTheOldestAndNeverGrows) {
  WindowQueue queue(2, WhenFull::kDrop);
  for (int64_t i = 0; i < 1000; ++i) {
    EXPECT_TRUE(PushOne(queue, i));
    queue.PushGap(i, "a gap");
  }
  EXPECT_EQ(queue.dropped(), 998);
  const std::vector<int64_t> left = PopAll(queue);
  EXPECT_EQ(left, (std::vector<int64_t>{-1, 998, -1, 999, -1}));
}

TEST(WindowQueue, WaitsForAPlaceAndLetsGoWhenStopped) {
  WindowQueue queue(1, WhenFull::kWait);
  std::vector<int64_t> came;
  std::thread source([&] {
    for (int64_t i = 0; i < 50; ++i) EXPECT_TRUE(PushOne(queue, i));
    PushOne(queue, 50);
    EXPECT_FALSE(PushOne(queue, 51));  // Nobody takes 50.
    queue.Close();
  });
  QueuedWindow window;
  while (came.size() < 50) {
    ASSERT_EQ(queue.Pop(window, milliseconds(5000)), Got::kWindow);
    came.push_back(window.last_ns);
  }
  queue.Stop();
  source.join();
  EXPECT_EQ(came.back(), 49);
  EXPECT_EQ(queue.dropped(), 0);
}

}  // namespace
}  // namespace edge_int8

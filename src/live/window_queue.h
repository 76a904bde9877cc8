// Windows on their way from the source to the engine, in order: a queue of a
// fixed number of places whose memory is used again. Tested by
// window_queue_test.cc.
//
// Where it is full either the source waits (back-pressure: a file or a TCP
// sender is read no further) or the oldest window goes, so that poses stay
// fresh.
#ifndef EDGE_INT8_SRC_LIVE_WINDOW_QUEUE_H_
#define EDGE_INT8_SRC_LIVE_WINDOW_QUEUE_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace edge_int8 {

enum class WhenFull { kWait, kDrop };

struct QueuedWindow {
  std::vector<float> values;  // empty: from here on there is no pose
  std::string why;            // of a gap
  int64_t first_ns = 0, last_ns = 0;
  std::chrono::steady_clock::time_point arrival;  // of its last packet
};

class WindowQueue {
 public:
  WindowQueue(std::size_t places, WhenFull when_full)
      : places_(places), when_full_(when_full) {}

  // False once Stop was called.
  bool Push(std::span<const float> values, int64_t first_ns, int64_t last_ns,
            std::chrono::steady_clock::time_point arrival);
  // A gap takes no place; two in a row are one.
  void PushGap(int64_t time_ns, std::string why);
  // No more windows: those that are queued are still given out.
  void Close();
  // Whoever waits in Push goes.
  void Stop();

  enum class Got { kWindow, kNothingYet, kEnd };
  // Waits at most so long. `window` brings memory to use again.
  Got Pop(QueuedWindow& window, std::chrono::milliseconds patience);

  int64_t dropped() const;

 private:
  const std::size_t places_;
  const WhenFull when_full_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<QueuedWindow> queue_;
  std::vector<std::vector<float>> spare_;
  std::size_t windows_ = 0;  // in the queue, without gaps
  int64_t dropped_ = 0;
  bool closed_ = false, stopped_ = false;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_LIVE_WINDOW_QUEUE_H_

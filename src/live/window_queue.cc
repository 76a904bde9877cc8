#include "src/live/window_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace edge_int8 {

bool WindowQueue::Push(std::span<const float> values, int64_t first_ns,
                       int64_t last_ns,
                       std::chrono::steady_clock::time_point arrival) {
  std::unique_lock lock(mutex_);
  if (when_full_ == WhenFull::kWait) {
    changed_.wait(lock, [this] { return windows_ < places_ || stopped_; });
  } else if (windows_ >= places_) {
    const auto oldest = std::ranges::find_if(
        queue_, [](const QueuedWindow& w) { return !w.values.empty(); });
    spare_.push_back(std::move(oldest->values));
    const auto next = queue_.erase(oldest);
    // Gaps around it are one now, else those of a stalled engine would pile up.
    if (next != queue_.begin() && next != queue_.end() &&
        next->values.empty() && std::prev(next)->values.empty()) {
      queue_.erase(next);
    }
    --windows_;
    ++dropped_;
  }
  if (stopped_) return false;
  QueuedWindow window;
  if (!spare_.empty()) {
    window.values = std::move(spare_.back());
    spare_.pop_back();
  }
  window.values.assign(values.begin(), values.end());
  window.first_ns = first_ns;
  window.last_ns = last_ns;
  window.arrival = arrival;
  queue_.push_back(std::move(window));
  ++windows_;
  changed_.notify_all();
  return true;
}

void WindowQueue::PushGap(int64_t time_ns, std::string why) {
  const std::scoped_lock lock(mutex_);
  if (!queue_.empty() && queue_.back().values.empty()) return;
  QueuedWindow gap;
  gap.why = std::move(why);
  gap.first_ns = gap.last_ns = time_ns;
  queue_.push_back(std::move(gap));
  changed_.notify_all();
}

void WindowQueue::Close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void WindowQueue::Stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

WindowQueue::Got WindowQueue::Pop(QueuedWindow& window,
                                  std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience,
                    [this] { return !queue_.empty() || closed_; });
  if (queue_.empty()) return closed_ ? Got::kEnd : Got::kNothingYet;
  if (window.values.capacity() > 0 && spare_.size() <= places_) {
    spare_.push_back(std::move(window.values));
  }
  window = std::move(queue_.front());
  queue_.pop_front();
  if (!window.values.empty()) --windows_;
  changed_.notify_all();
  return Got::kWindow;
}

int64_t WindowQueue::dropped() const {
  const std::scoped_lock lock(mutex_);
  return dropped_;
}

}  // namespace edge_int8

// Packets that come when they come, brought to windows on a fixed clock. Tested
// by window_clock_test.cc.
//
// Step k of the clock is at origin + k / rate, the origin being the first
// packet. Each link's row at a step is the linear interpolation between its
// packets before and after; where these are more than `max_gap` apart the step
// has no values, and no window holds it. Windows are `frames` steps of an
// unbroken run, one every `stride` from the run's first step on.
//
// Memory does not grow with the capture: a link that falls behind the others by
// more than max_gap is missing there.
#ifndef EDGE_INT8_SRC_CAPTURE_WINDOW_CLOCK_H_
#define EDGE_INT8_SRC_CAPTURE_WINDOW_CLOCK_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace edge_int8 {

struct ClockOptions {
  double rate = 100;  // steps a second
  int frames = 20;
  int stride = 20;
  int64_t max_gap_ns = 0;
};

struct ClockCounts {
  int64_t steps = 0;         // with all values
  int64_t gaps = 0;          // interruptions of a run
  int64_t unused = 0;        // steps of runs that filled no window
  int64_t out_of_order = 0;  // packets that were older than their link's last
  int64_t doubled = 0;       // of these, at the very time of the last
  int64_t restarts = 0;      // times the clock of the capture went back
};

class WindowClock {
 public:
  // `rows`: the window's steps one after the other, [frames][links][values];
  // the times of the first and the last of them.
  using OnWindow = std::function<void(std::span<const float> rows,
                                      int64_t first_ns, int64_t last_ns)>;

  WindowClock(const ClockOptions& options, std::size_t links,
              std::size_t values, OnWindow on_window);

  // Packets of one link come in the order of time; an older one is left out,
  // one that is older by more than a second starts the clock anew.
  void Add(std::size_t link, int64_t time_ns, std::span<const float> row);
  // No more packets. Every window was given out already.
  void End();
  const ClockCounts& counts() const { return counts_; }

 private:
  struct Link {
    bool seen = false;
    int64_t time_ns = 0;
    std::vector<float> row;
    int64_t next = 0;  // the first step that its packets have not reached
  };

  void Restart();
  int64_t TimeOf(int64_t step) const;
  int64_t StepAtOrAfter(int64_t time_ns) const;
  void Reach(int64_t step);
  void Fill(std::size_t link, int64_t step, int64_t time_ns,
            std::span<const float> row);
  void GiveOut(int64_t until);
  void GiveStep(int64_t step);
  void BreakRun();

  const ClockOptions options_;
  const std::size_t values_;  // of a link
  const OnWindow on_window_;
  const int64_t capacity_;  // steps that wait for slower links
  std::vector<Link> links_;
  bool started_ = false;
  int64_t origin_ns_ = 0;
  int64_t base_ = 0;            // the first step that waits
  std::vector<float> waiting_;  // [capacity][links][values]
  std::vector<std::size_t> filled_;
  std::vector<float> run_;  // the last frames of the run, oldest first
  int64_t run_steps_ = 0;
  int64_t run_used_ = 0;  // steps of the run up to the end of its last window
  ClockCounts counts_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_WINDOW_CLOCK_H_

#include "src/capture/window_clock.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/base/error.h"
#include "src/capture/time_text.h"

namespace edge_int8 {
namespace {

int64_t Capacity(const ClockOptions& options) {
  const double steps =
      static_cast<double>(options.max_gap_ns) / 1e9 * options.rate;
  return static_cast<int64_t>(2 * steps) + 64;
}

}  // namespace

WindowClock::WindowClock(const ClockOptions& options, std::size_t links,
                         std::size_t values, OnWindow on_window)
    : options_(options),
      values_(values),
      on_window_(std::move(on_window)),
      capacity_(Capacity(options)),
      links_(links) {
  Check(options.rate > 0 && options.frames > 0 && options.stride > 0,
        "a clock without a rate");
  for (Link& link : links_) link.row.resize(values);
  waiting_.resize(static_cast<std::size_t>(capacity_) * links * values);
  filled_.resize(static_cast<std::size_t>(capacity_));
  run_.resize(static_cast<std::size_t>(options.frames) * links * values);
}

int64_t WindowClock::TimeOf(int64_t step) const {
  return origin_ns_ +
         std::llround(static_cast<double>(step) * 1e9 / options_.rate);
}

int64_t WindowClock::StepAtOrAfter(int64_t time_ns) const {
  auto step = static_cast<int64_t>(static_cast<double>(time_ns - origin_ns_) *
                                   options_.rate / 1e9);
  step = std::max<int64_t>(step - 2, 0);
  while (TimeOf(step) < time_ns) ++step;
  return step;
}

// Steps that wait can't become whole: the slowest link never reached them.
void WindowClock::Restart() {
  BreakRun();
  for (Link& link : links_) {
    link.seen = false;
    link.next = 0;
  }
  std::ranges::fill(filled_, std::size_t{0});
  base_ = 0;
  started_ = false;
}

void WindowClock::Add(std::size_t link_index, int64_t time_ns,
                      std::span<const float> row) {
  Link& link = links_[link_index];
  if (link.seen && time_ns <= link.time_ns) {
    if (link.time_ns - time_ns <= kSecond) {
      ++counts_.out_of_order;
      if (link.time_ns == time_ns) ++counts_.doubled;
      return;
    }
    ++counts_.restarts;
    Restart();
  }
  if (!started_) {
    origin_ns_ = time_ns;
    started_ = true;
  }
  const bool joined =
      link.seen && time_ns - link.time_ns <= options_.max_gap_ns;
  // After a gap the steps before this packet stay without values.
  if (!joined && time_ns > origin_ns_) {
    link.next = std::max(link.next, StepAtOrAfter(time_ns));
  }
  for (; TimeOf(link.next) <= time_ns; ++link.next) {
    if (TimeOf(link.next) >= origin_ns_) {
      Fill(link_index, link.next, time_ns, row);
    }
  }
  link.seen = true;
  link.time_ns = time_ns;
  std::ranges::copy(row, link.row.begin());
  const auto slowest = std::ranges::min_element(links_, {}, &Link::next);
  GiveOut(slowest->next);
}

// Makes room for `step`, which gives out what waits too long.
void WindowClock::Reach(int64_t step) {
  if (step >= base_ + capacity_) GiveOut(step - capacity_ + 1);
}

void WindowClock::Fill(std::size_t link_index, int64_t step, int64_t time_ns,
                       std::span<const float> row) {
  Reach(step);
  if (step < base_) return;  // The others could not wait.
  const Link& link = links_[link_index];
  const auto slot = static_cast<std::size_t>(step % capacity_);
  float* const out =
      waiting_.data() + (slot * links_.size() + link_index) * values_;
  const int64_t at = TimeOf(step);
  ++filled_[slot];
  if (at == time_ns) {
    std::ranges::copy(row, out);
    return;
  }
  const auto weight =
      static_cast<float>(static_cast<double>(at - link.time_ns) /
                         static_cast<double>(time_ns - link.time_ns));
  for (std::size_t i = 0; i < values_; ++i) {
    out[i] = link.row[i] + weight * (row[i] - link.row[i]);
  }
}

void WindowClock::GiveOut(int64_t until) {
  const int64_t last = std::min(until, base_ + capacity_);
  for (; base_ < last; ++base_) GiveStep(base_);
  if (base_ < until) {
    BreakRun();  // Steps that no link ever reached.
    base_ = until;
  }
}

void WindowClock::GiveStep(int64_t step) {
  const auto slot = static_cast<std::size_t>(step % capacity_);
  const bool whole = filled_[slot] == links_.size();
  filled_[slot] = 0;
  if (!whole) return BreakRun();
  const std::size_t width = links_.size() * values_;
  const auto frames = static_cast<std::size_t>(options_.frames);
  if (run_steps_ >= options_.frames) {
    std::shift_left(run_.begin(), run_.end(),
                    static_cast<std::ptrdiff_t>(width));
  }
  const std::size_t place =
      std::min(static_cast<std::size_t>(run_steps_), frames - 1);
  std::copy_n(waiting_.begin() + static_cast<std::ptrdiff_t>(slot * width),
              width, run_.begin() + static_cast<std::ptrdiff_t>(place * width));
  ++run_steps_;
  ++counts_.steps;
  const int64_t past = run_steps_ - options_.frames;
  if (past < 0 || past % options_.stride != 0) return;
  run_used_ = run_steps_;
  on_window_(run_, TimeOf(step - options_.frames + 1), TimeOf(step));
}

void WindowClock::BreakRun() {
  if (run_steps_ > 0) ++counts_.gaps;
  counts_.unused += run_steps_ - run_used_;
  run_steps_ = run_used_ = 0;
}

void WindowClock::End() {
  counts_.unused += run_steps_ - run_used_;
  run_steps_ = run_used_ = 0;
}

}  // namespace edge_int8

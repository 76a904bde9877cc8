#include "src/base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <utility>

#include "src/base/interrupt.h"
#include "src/base/seconds.h"

namespace edge_int8 {
namespace {
std::atomic<int> alive{0};
}  // namespace

std::string FormatDuration(double seconds) {
  // Also false for NaN; the cast below needs a value that int64_t holds.
  if (!(seconds < 1e9)) return "?";
  const auto whole = static_cast<int64_t>(std::max(seconds, 0.0) + 0.5);
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
}

std::string FormatProgress(std::string_view what, int64_t done, int64_t total,
                           std::string_view unit, double elapsed_s) {
  const double rate = static_cast<double>(done) / elapsed_s;
  const double left = static_cast<double>(total - done) / rate;
  return fmt::format("{}: {}/{} {}, {:.{}f}/s, {} left", what, done, total,
                     unit, rate, rate < 10 ? 1 : 0, FormatDuration(left));
}

Progress::Progress(std::string what, int64_t total, std::string unit)
    : what_(std::move(what)),
      total_(total),
      unit_(std::move(unit)),
      start_(std::chrono::steady_clock::now()),
      terminal_(isatty(STDERR_FILENO) == 1),
      inner_(alive.fetch_add(1) > 0) {}

Progress::~Progress() {
  alive.fetch_sub(1);
  if (printed_ && terminal_) std::fputs("\n", stderr);
}

void Progress::Add(int64_t more) {
  ThrowIfInterrupted();
  if (inner_) return;
  const std::lock_guard lock(mutex_);
  done_ += more;
  const double elapsed = SecondsSince(start_);
  if (elapsed < next_print_) return;
  next_print_ = elapsed + (terminal_ ? 0.2 : 10.0);
  Print(elapsed);
}

void Progress::Print(double elapsed) {
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[2K" : "",
             FormatProgress(what_, done_, total_, unit_, elapsed),
             terminal_ ? "" : "\n");
  std::fflush(stderr);
  printed_ = true;
}

}  // namespace edge_int8

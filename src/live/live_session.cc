#include "src/live/live_session.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <thread>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/notice.h"
#include "src/base/seconds.h"

namespace edge_int8 {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPatience{50};  // between looks at Ctrl-C
constexpr double kSilenceToTell = 5;   // seconds
constexpr const char* kNoPackets = "no packets";
constexpr const char* kOthers = "only packets that are left out";

bool AllFinite(std::span<const float> values) {
  for (const float value : values) {
    if (!std::isfinite(value)) return false;
  }
  return true;
}

// What waits is used; what is wrong with it matters less than why it ended.
void EndQuietly(LiveWindows& windows) {
  try {
    windows.End();
  } catch (const Error&) {
  }
}

}  // namespace

LiveSession::LiveSession(SessionOptions options, Predictor& predictor)
    : options_(std::move(options)),
      predictor_(predictor),
      queue_(options_.queue, options_.when_full),
      pose_(AsSize(ElementCount(predictor.shapes().output))) {
  heard_.any = heard_.used = steady_clock::now();
}

// Packets that can't be the model's will not be later, however often the source
// is opened.
bool LiveSession::Use(const CsiPacket& packet, LiveTime arrival,
                      LiveWindows& windows) {
  try {
    return windows.Add(packet, arrival);
  } catch (...) {
    misfit_ = true;
    throw;
  }
}

void LiveSession::SayOnce(const std::string& text) {
  if (std::exchange(said_, text) != text) SayNote(text);
}

// From one opening of the source to its end.
void LiveSession::ReadOnce(LiveWindows& windows) {
  const std::unique_ptr<LivePackets> packets = options_.open(stop_);
  LeftOut& left_out = summary_.counts.left_out;
  CsiPacket packet;
  const auto keep_counts = [&] {
    for (const auto& [why, count] : packets->left_out()) left_out[why] += count;
  };
  try {
    while (!stop_ && packets->Next(packet)) {
      const bool used = Use(packet, packets->arrival(), windows);
      const std::scoped_lock lock(mutex_);
      heard_.any = steady_clock::now();
      said_.clear();
      if (used) {
        heard_.used = heard_.any;
        heard_.time_ns = packet.time_ns;
        heard_.max_gap_ns = windows.max_gap_ns();
        heard_.began = true;
      }
    }
  } catch (...) {
    keep_counts();
    throw;
  }
  keep_counts();
}

// Opens and reads until the end, or until there is no sense in going on.
void LiveSession::ReadAgain(LiveWindows& windows) {
  while (!stop_) {
    std::string why = fmt::format("{} ended", options_.setup.source);
    try {
      ReadOnce(windows);
    } catch (const Error& error) {
      if (options_.reconnect <= 0 || misfit_ ||
          error.kind() != ErrorKind::kBadInput) {
        if (!misfit_) EndQuietly(windows);
        throw;
      }
      why = error.what();
    }
    if (stop_ || options_.reconnect <= 0) break;
    SayOnce(why + "; trying again");
    ++summary_.reconnects;
    SleepUntil(steady_clock::now() + duration_cast<steady_clock::duration>(
                                         duration<double>(options_.reconnect)),
               stop_);
  }
  windows.End();
}

void LiveSession::ReadSource() {
  std::optional<LiveWindows> windows;
  try {
    windows.emplace(
        options_.setup,
        [this](const LiveWindows::Window& window) {
          queue_.Push(window.values, window.first_ns, window.last_ns,
                      window.arrival);
        },
        [this](int64_t time_ns) { queue_.PushGap(time_ns, "a gap"); });
    ReadAgain(*windows);
  } catch (...) {
    source_error_ = std::current_exception();
  }
  if (windows) {
    LiveCounts counts = windows->counts();
    for (const auto& [why, count] : summary_.counts.left_out) {
      counts.left_out[why] += count;
    }
    summary_.counts = std::move(counts);
    summary_.rate = windows->rate().value_or(0);
  }
  queue_.Close();
}

void LiveSession::SayNoPose(
    int64_t time_ns, std::string_view why,
    const std::function<void(const LivePose&)>& on_pose) {
  if (!has_pose_) return;
  has_pose_ = false;
  ++summary_.no_pose;
  LivePose none;
  none.why = why;
  none.time_ns = time_ns;
  on_pose(none);
}

void LiveSession::RunWindow(
    const QueuedWindow& window,
    const std::function<void(const LivePose&)>& on_pose) {
  predictor_.Predict(window.values, 1, pose_);
  if (!AllFinite(pose_)) {
    ++summary_.not_finite;
    return SayNoPose(window.last_ns, "an answer that is no number", on_pose);
  }
  LivePose pose;
  pose.values = pose_;
  pose.time_ns = window.last_ns;
  pose.first_ns = window.first_ns;
  pose.window = window.values;
  pose.latency_ms = 1e3 * SecondsSince(window.arrival);
  summary_.latency.Add(pose.latency_ms);
  ++summary_.poses;
  has_pose_ = true;
  on_pose(pose);
}

// A source that sends says nothing: there is no pose until it does.
void LiveSession::LookForSilence(
    const std::function<void(const LivePose&)>& on_pose) {
  Heard heard;
  {
    const std::scoped_lock lock(mutex_);
    heard = heard_;
  }
  const double silent = SecondsSince(heard.used);
  const bool others = SecondsSince(heard.any) < silent / 2;
  if (heard.began &&
      silent > static_cast<double>(heard.max_gap_ns) / 1e9 + 0.05) {
    SayNoPose(heard.time_ns, others ? kOthers : kNoPackets, on_pose);
  }
  if (silent > kSilenceToTell && !told_silence_) {
    SayNote(fmt::format("{}: {} for {:.0f} s", options_.setup.source,
                        others ? kOthers : kNoPackets, silent));
    told_silence_ = true;
  } else if (silent < 1 && told_silence_) {
    SayNote(fmt::format("{}: packets come again", options_.setup.source));
    told_silence_ = false;
  }
}

void LiveSession::Run(const std::function<void(const LivePose&)>& on_pose) {
  const auto start = steady_clock::now();
  std::thread source([this] { ReadSource(); });
  const auto join = [&] {
    stop_ = true;
    queue_.Stop();
    source.join();
    summary_.dropped = queue_.dropped();
    summary_.seconds = SecondsSince(start);
  };
  try {
    QueuedWindow window;
    while (!stop_ && !Interrupted()) {
      const WindowQueue::Got got = queue_.Pop(window, kPatience);
      if (got == WindowQueue::Got::kEnd) break;
      if (got == WindowQueue::Got::kNothingYet) {
        if (options_.is_live) LookForSilence(on_pose);
      } else if (window.values.empty()) {
        SayNoPose(window.last_ns, window.why, on_pose);
      } else {
        RunWindow(window, on_pose);
        if (options_.count > 0 && summary_.poses == options_.count) break;
      }
    }
  } catch (...) {
    join();
    throw;
  }
  join();
  if (source_error_ && !Interrupted()) std::rethrow_exception(source_error_);
}

}  // namespace edge_int8

#include "src/live/live_windows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"

namespace edge_int8 {
namespace {

constexpr double kMostOwnRate = 20'000;  // packets a second

// Of a slow sender fewer will do.
constexpr std::size_t kMostSurveyed = 50, kLeastSurveyed = 20;
constexpr int64_t kSurveyNs = 2'000'000'000;

std::string Plural(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

LiveWindows::LiveWindows(const LiveSetup& setup, OnWindow on_window,
                         OnGap on_gap)
    : setup_(setup),
      on_window_(std::move(on_window)),
      on_gap_(std::move(on_gap)) {
  options_.links = setup.links;
  options_.drop_guards = setup.drop_guards;
  options_.value = setup.value;
  options_.rate = setup.rate;
  if (setup.like) {
    if (options_.links.empty()) options_.links = setup.like->links;
    if (options_.rate <= 0) options_.rate = setup.like->rate;
    options_.value = setup.like->value;
    options_.drop_guards = false;
  }
  scaled_.resize(AsSize(setup.rows * setup.frames));
  if (setup.plan) {
    plan_ = *setup.plan;
    Begin();
  } else if (!setup.recording.empty()) {
    options_.captures = {setup.recording};
    plan_ = SurveyCaptures(options_, {setup.time});
    Begin();
  }
}

bool LiveWindows::Add(const CsiPacket& packet, LiveTime arrival) {
  arrival_ = arrival;
  if (windows_) return Use(packet);
  survey_.Add(packet);
  first_.push_back(packet);
  if (SurveyIsDone()) Survey();
  return true;  // or not: it was too early to say
}

bool LiveWindows::SurveyIsDone() const {
  return first_.size() >= kMostSurveyed ||
         (first_.size() >= kLeastSurveyed &&
          std::abs(first_.back().time_ns - first_.front().time_ns) >=
              kSurveyNs);
}

// Names what the model takes beside what comes.
void LiveWindows::CheckWidth(const CapturePlan& plan) const {
  if (setup_.like && plan.width != setup_.like->width) {
    FailInput(setup_.source,
              fmt::format("its packets have {} x {} values; the folder that "
                          "--like names was made of packets of {} x {}",
                          plan.width.streams, plan.width.subcarriers,
                          setup_.like->width.streams,
                          setup_.like->width.subcarriers));
  }
  const int64_t rows = PacketWindows::Rows(plan, options_.value);
  if (rows == setup_.rows) return;
  std::string made = Plural(plan.links.size(), "sender") + " x " +
                     Plural(plan.kept.size(), "subcarrier");
  if (plan.width.streams > 1) {
    made += fmt::format(" x {} streams", plan.width.streams);
  }
  FailInput(setup_.source,
            fmt::format("a step has {} values ({}); {} takes {} x {} frames "
                        "(--links, --drop-guards and --like choose values)",
                        rows, made, setup_.model, setup_.rows, setup_.frames));
}

void LiveWindows::Survey() {
  plan_ = survey_.Plan(options_, setup_.source);
  Begin();
  const std::vector<CsiPacket> first = std::exchange(first_, {});
  for (const CsiPacket& packet : first) Use(packet);
}

void LiveWindows::Begin() {
  if (setup_.like && plan_.width == setup_.like->width) {
    plan_.kept = setup_.like->kept;
  }
  CheckWidth(plan_);
  clock_.rate = plan_.rate;
  clock_.frames = setup_.frames;
  clock_.stride = setup_.hop;
  clock_.max_gap_ns = setup_.like && setup_.max_gap <= 0
                          ? setup_.like->max_gap_ns
                          : GapLimit(setup_.max_gap, plan_.rate);
  if (setup_.rate <= 0 && plan_.rate > kMostOwnRate) {
    FailInput(setup_.source,
              fmt::format("its packets' times are {:.3g} s apart, which no "
                          "sender does: --rate says how many come a second",
                          1 / plan_.rate));
  }
  windows_.emplace(plan_, options_.value, clock_,
                   [this](std::span<const float> window, int64_t first,
                          int64_t last) { Finish(window, first, last); });
}

// Of one sender only: several share no rate. A pause beyond the gap limit is
// a gap, and not so many lost packets.
void LiveWindows::CountLost(const CsiPacket& packet) {
  if (windows_->packets() == 0 || plan_.links.size() != 1) return;
  const int64_t passed = packet.time_ns - latest_ns_;
  if (passed <= 0 || passed > clock_.max_gap_ns) return;
  lost_ += std::max<int64_t>(
      std::llround(static_cast<double>(passed) * plan_.rate / 1e9) - 1, 0);
}

bool LiveWindows::Use(const CsiPacket& packet) {
  if (WidthOf(packet) == plan_.width && packet.link == plan_.links.front()) {
    CountLost(packet);
  }
  const int64_t before = latest_ns_;
  const bool first = windows_->packets() == 0;
  const ClockCounts& counts = windows_->counts();
  const int64_t restarts = counts.restarts, gaps = counts.gaps + restarts;
  const bool used = windows_->Add(packet);
  if (used && (first || counts.restarts > restarts)) {
    latest_ns_ = packet.time_ns;
  } else if (used) {
    latest_ns_ = std::max(latest_ns_, packet.time_ns);
  }
  if (counts.gaps + counts.restarts > gaps) on_gap_(before);
  return used;
}

void LiveWindows::Finish(std::span<const float> window, int64_t first,
                         int64_t last) {
  ++made_;
  // As a data set's x_scale is applied: the product in double.
  for (std::size_t i = 0; i < window.size(); ++i) {
    scaled_[i] =
        static_cast<float>(static_cast<double>(window[i]) * setup_.scale);
  }
  on_window_({scaled_, first, last, arrival_});
}

void LiveWindows::End() {
  if (!windows_ && !first_.empty()) Survey();
  if (windows_) windows_->End();
}

LiveCounts LiveWindows::counts() const {
  LiveCounts counts;
  counts.lost = lost_;
  counts.windows = made_;
  if (!windows_) return counts;
  counts.packets = windows_->packets();
  counts.clock = windows_->counts();
  counts.left_out = windows_->left_out();
  return counts;
}

std::optional<double> LiveWindows::rate() const {
  return windows_ ? std::optional(clock_.rate) : std::nullopt;
}

}  // namespace edge_int8

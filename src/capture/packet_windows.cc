#include "src/capture/packet_windows.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

constexpr int64_t kMostWindowValues = 1 << 26;
constexpr double kMostWaitingSteps = 1e6;

PacketRow RowOf(const CapturePlan& plan, CsiValue value) {
  return {value, plan.width.streams, plan.width.subcarriers, plan.kept};
}

ClockOptions Checked(const ClockOptions& clock, int64_t rows) {
  if (rows * clock.frames > kMostWindowValues ||
      static_cast<double>(clock.max_gap_ns) / 1e9 * clock.rate >
          kMostWaitingSteps) {
    FailUsage(fmt::format("a window of {} x {} values at {} Hz is too large",
                          rows, clock.frames, clock.rate));
  }
  return clock;
}

std::string OtherWidth(const PacketWidth& width, const PacketWidth& expected) {
  return width.streams == 1 && expected.streams == 1
             ? fmt::format("packets of {} subcarriers instead of {}",
                           width.subcarriers, expected.subcarriers)
             : fmt::format("packets of {} x {} values instead of {} x {}",
                           width.streams, width.subcarriers, expected.streams,
                           expected.subcarriers);
}

}  // namespace

int64_t GapLimit(double seconds, double rate) {
  return static_cast<int64_t>(
      1e9 * (seconds > 0 ? seconds : std::max(0.2, 4 / rate)));
}

int64_t PacketWindows::Rows(const CapturePlan& plan, CsiValue value) {
  return static_cast<int64_t>(plan.links.size() *
                              RowOf(plan, value).window_values());
}

PacketWindows::PacketWindows(const CapturePlan& plan, CsiValue value,
                             const ClockOptions& clock, OnWindow on_window)
    : plan_(plan),
      frames_(static_cast<std::size_t>(clock.frames)),
      on_window_(std::move(on_window)),
      row_(RowOf(plan, value)),
      packet_row_(row_.row_values()),
      step_(plan.links.size() * row_.window_values()),
      clock_(Checked(clock, Rows(plan, value)), plan.links.size(),
             row_.row_values(),
             [this](std::span<const float> rows, int64_t first, int64_t last) {
               Finish(rows, first, last);
             }) {
  window_.resize(step_.size() * frames_);
}

bool PacketWindows::LeaveOut(const std::string& reason) {
  ++left_out_[reason];
  return false;
}

bool PacketWindows::Add(const CsiPacket& packet) {
  if (const PacketWidth width = WidthOf(packet); width != plan_.width) {
    return LeaveOut(OtherWidth(width, plan_.width));
  }
  const auto link = std::ranges::find(plan_.links, packet.link);
  if (link == plan_.links.end()) return LeaveOut("packets of other senders");
  if (!row_.Make(packet, packet_row_)) {
    return LeaveOut("packets without phases");
  }
  ++packets_;
  if (!first_ns_) first_ns_ = packet.time_ns;
  last_ns_ = packet.time_ns;
  clock_.Add(static_cast<std::size_t>(link - plan_.links.begin()),
             packet.time_ns, packet_row_);
  return true;
}

void PacketWindows::Finish(std::span<const float> rows, int64_t first,
                           int64_t last) {
  const std::size_t links = plan_.links.size();
  const std::size_t row_values = row_.row_values();
  const std::size_t values = row_.window_values();
  for (std::size_t f = 0; f < frames_; ++f) {
    for (std::size_t l = 0; l < links; ++l) {
      row_.Finish(rows.subspan((f * links + l) * row_values, row_values),
                  std::span(step_).subspan(l * values, values));
    }
    for (std::size_t v = 0; v < step_.size(); ++v) {
      window_[v * frames_ + f] = step_[v];
    }
  }
  on_window_(window_, first, last);
}

}  // namespace edge_int8

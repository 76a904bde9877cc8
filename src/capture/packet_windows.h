// Packets of the senders and of the width that a plan names, as windows of a
// model: [row][frame], the rows of one sender after those of another. One piece
// of code for recordings that are imported and for packets that arrive now, so
// that both give the same bits. Tested by import_capture_test.cc and
// live_windows_test.cc.
#ifndef EDGE_INT8_SRC_CAPTURE_PACKET_WINDOWS_H_
#define EDGE_INT8_SRC_CAPTURE_PACKET_WINDOWS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "src/capture/capture_survey.h"
#include "src/capture/csi_packet.h"
#include "src/capture/packet_row.h"
#include "src/capture/window_clock.h"

namespace edge_int8 {

// The longest pause between packets that is interpolated, in nanoseconds:
// `seconds`, or by the rate where that is 0.
int64_t GapLimit(double seconds, double rate);

class PacketWindows {
 public:
  // A window and the times of its first and of its last step.
  using OnWindow = std::function<void(std::span<const float> window,
                                      int64_t first_ns, int64_t last_ns)>;

  // Throws kUsage for windows that are too large to be meant.
  PacketWindows(const CapturePlan& plan, CsiValue value,
                const ClockOptions& clock, OnWindow on_window);

  // Rows of a window.
  static int64_t Rows(const CapturePlan& plan, CsiValue value);

  // Whether it is one of the plan's; what is not is counted in left_out().
  bool Add(const CsiPacket& packet);
  void End() { clock_.End(); }

  const LeftOut& left_out() const { return left_out_; }
  const ClockCounts& counts() const { return clock_.counts(); }
  int64_t packets() const { return packets_; }  // the plan's
  std::optional<int64_t> first_ns() const { return first_ns_; }
  int64_t last_ns() const { return last_ns_; }

 private:
  void Finish(std::span<const float> rows, int64_t first, int64_t last);
  bool LeaveOut(const std::string& reason);

  const CapturePlan plan_;
  const std::size_t frames_;
  const OnWindow on_window_;
  PacketRow row_;
  std::vector<float> packet_row_, step_, window_;
  LeftOut left_out_;
  int64_t packets_ = 0;
  std::optional<int64_t> first_ns_;  // of the plan's packets
  int64_t last_ns_ = 0;
  WindowClock clock_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_PACKET_WINDOWS_H_

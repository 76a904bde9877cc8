// Packets of a source to windows of a model: what the first packets say, the
// clock, what is missing. Tested by live_windows_test.cc: the windows are those
// of `dataset import`, bit for bit.
//
// The first packets are kept until they say how wide they are, who sends and
// how often; then they are used like those that follow. From there on nothing
// changes: packets of another width or sender are counted and left out, another
// rate is brought to the same clock.
#ifndef EDGE_INT8_SRC_LIVE_LIVE_WINDOWS_H_
#define EDGE_INT8_SRC_LIVE_LIVE_WINDOWS_H_

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/capture/capture_options.h"
#include "src/capture/packet_windows.h"
#include "src/live/import_record.h"
#include "src/live/live_packets.h"

namespace edge_int8 {

// The model's side, and what the user says of the packets.
struct LiveSetup {
  std::string model;   // names the model's file in messages
  std::string source;  // and the source
  int64_t rows = 0;    // values of a step that the model takes
  int frames = 0;
  int hop = 0;                     // steps from a window to the next
  double rate = 0;                 // 0: the packets' own
  double max_gap = 0;              // seconds; 0: by the rate
  std::vector<std::string> links;  // as CaptureOptions
  bool drop_guards = false;
  CsiValue value = CsiValue::kAmplitude;
  double scale = 1;
  std::optional<ImportRecord> like;  // else of the flags above
  std::optional<CapturePlan> plan;   // known without a survey
  std::string recording;  // a file to survey as the import does, 32 MiB of it
  std::string time;       // the column of its time stamps
};

struct LiveCounts {
  int64_t packets = 0;  // of the plan
  int64_t lost = 0;     // that should have been between others, by the rate
  int64_t windows = 0;
  ClockCounts clock;
  LeftOut left_out;
};

class LiveWindows {
 public:
  struct Window {
    std::span<const float> values;  // [row][frame], scaled
    int64_t first_ns = 0, last_ns = 0;
    LiveTime arrival;  // of the packet that completed it
  };
  using OnWindow = std::function<void(const Window&)>;
  // Packets are missing after `time_ns`: no window crosses it.
  using OnGap = std::function<void(int64_t time_ns)>;

  LiveWindows(const LiveSetup& setup, OnWindow on_window, OnGap on_gap);

  // Whether the packet is used. Throws kBadInput where the packets can't be the
  // model's, naming both widths.
  bool Add(const CsiPacket& packet, LiveTime arrival);
  // No more packets: a survey that waits for more is done with what there is.
  void End();
  LiveCounts counts() const;
  // Steps a second, once known.
  std::optional<double> rate() const;
  // Steps of the clock's time, once known.
  int64_t max_gap_ns() const { return clock_.max_gap_ns; }

 private:
  bool SurveyIsDone() const;
  void Survey();
  void Begin();
  void CheckWidth(const CapturePlan& plan) const;
  bool Use(const CsiPacket& packet);
  void CountLost(const CsiPacket& packet);
  void Finish(std::span<const float> window, int64_t first, int64_t last);

  const LiveSetup setup_;
  const OnWindow on_window_;
  const OnGap on_gap_;
  CaptureOptions options_;
  PacketSurvey survey_;
  std::vector<CsiPacket> first_;  // that the survey keeps
  CapturePlan plan_;
  ClockOptions clock_;
  std::optional<PacketWindows> windows_;
  std::vector<float> scaled_;
  LiveTime arrival_;
  int64_t lost_ = 0, made_ = 0;
  int64_t latest_ns_ = 0;  // of the packets that were used, but late ones
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_LIVE_LIVE_WINDOWS_H_

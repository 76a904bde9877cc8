// Windows of a data set as the packets they were made of, one a step of the
// clock, so that a folder plays as a source does. Tested by
// replay_packets_test.cc.
//
// Windows of one recording are taken to follow each other in time. Where
// import.json says that they overlap, what two windows share is played once,
// and where it is not the same there was a pause. Between recordings, at
// corrupt windows and where windows are apart nothing comes for longer than the
// gap limit, so that no window crosses it. With a hop that divides the frames
// every window of the folder comes out bit for bit.
#ifndef EDGE_INT8_SRC_LIVE_REPLAY_PACKETS_H_
#define EDGE_INT8_SRC_LIVE_REPLAY_PACKETS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "src/live/live_packets.h"
#include "src/pose/dataset.h"

namespace edge_int8 {

struct ReplayShape {
  int64_t rows = 0;  // of a window, and so values of a packet
  int frames = 0;
  int stride = 0;         // steps from a window to the next
  double rate = 0;        // steps a second
  int64_t gap_steps = 0;  // beyond the gap limit
};

class ReplayPackets : public LivePackets {
 public:
  // `dataset` outlives it; its windows hold rows * frames values. `loop`: from
  // the beginning again at the end.
  ReplayPackets(const Dataset& dataset, const ReplayShape& shape, bool loop);

  bool Next(CsiPacket& packet) override;
  const LeftOut& left_out() const override { return left_out_; }
  LiveTime arrival() const override { return std::chrono::steady_clock::now(); }

 private:
  bool NextWindow();
  bool Overlaps() const;

  const Dataset& dataset_;
  const ReplayShape shape_;
  const bool loop_;
  LeftOut left_out_;
  std::vector<float> window_, before_;  // [row][frame]
  int64_t next_window_ = 0;
  std::optional<int> file_;  // of the window before, if it was played
  int frame_ = 0;            // of the window, to come
  int64_t step_ = 0;         // of the clock
  bool played_ = false;      // anything since the beginning
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_LIVE_REPLAY_PACKETS_H_

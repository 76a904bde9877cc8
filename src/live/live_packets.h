// Packets as they come, and how long ago they came. What a session reads,
// whatever the source. Tested by live_packets_test.cc.
#ifndef EDGE_INT8_SRC_LIVE_LIVE_PACKETS_H_
#define EDGE_INT8_SRC_LIVE_LIVE_PACKETS_H_

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "src/capture/byte_stream.h"
#include "src/capture/csi_packet.h"
#include "src/capture/esp32_source.h"

namespace edge_int8 {

using LiveTime = std::chrono::steady_clock::time_point;

// Set once, by whoever ends a session; every wait looks at it ten times a
// second or more.
using StopFlag = std::atomic<bool>;

// Bytes that arrive. Read gives what there is, at least one byte, and waits for
// it; nothing at the end, or after the flag was set. Throws kBadInput when the
// source died.
class LiveStream : public ByteStream {
 public:
  // When the bytes of the last Read came.
  virtual LiveTime arrival() const = 0;
};

class LivePackets {
 public:
  virtual ~LivePackets() = default;
  // Waits for a packet; false at the end or after the flag was set.
  virtual bool Next(CsiPacket& packet) = 0;
  virtual const LeftOut& left_out() const = 0;
  // When the last packet was whole.
  virtual LiveTime arrival() const = 0;
};

// Lines of ESP32 boards out of a stream. `time` is the column of their time
// stamps, empty: by its name.
std::unique_ptr<LivePackets> TextPackets(const std::string& where,
                                         std::unique_ptr<LiveStream> stream,
                                         const std::string& time);

// Gives packets out at their own times, `speed` times as fast: a recording as
// if it came now.
std::unique_ptr<LivePackets> Paced(std::unique_ptr<LivePackets> packets,
                                   double speed, const StopFlag& stop);

// Sleeps until `due`; false when the flag was set before.
bool SleepUntil(LiveTime due, const StopFlag& stop);

// A file, a pipe, a terminal; "-" is standard input. Throws kBadInput.
std::unique_ptr<LiveStream> OpenFile(const std::string& path,
                                     const StopFlag& stop);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_LIVE_LIVE_PACKETS_H_

// What the user says of captures to import.
#ifndef EDGE_INT8_SRC_CAPTURE_CAPTURE_OPTIONS_H_
#define EDGE_INT8_SRC_CAPTURE_CAPTURE_OPTIONS_H_

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "src/capture/byte_stream.h"
#include "src/capture/csi_packet.h"
#include "src/capture/packet_row.h"
#include "src/capture/value_scale.h"

namespace edge_int8 {

enum class CaptureKind { kEsp32, kIwl5300, kNexmon };
std::string_view CaptureKindName(CaptureKind kind);

struct CaptureOptions {
  CaptureKind kind = CaptureKind::kEsp32;
  std::string chip;  // of nexmon's packets; empty: as they say
  std::vector<std::filesystem::path> captures;
  std::vector<std::filesystem::path> poses;  // one for all, or one for each
  std::string time;       // column of the packets' time stamps; empty: by name
  std::string pose_time;  // of the poses'
  // Seconds added to the poses' times, or "start": their first row is at the
  // first packet.
  std::string pose_offset = "0";
  double min_confidence = 0.3;
  double pose_scale = 1;
  std::string unit = "px";
  int frames = 20;
  int stride = 0;      // 0: frames
  double rate = 0;     // steps a second; 0: the packets' own
  double max_gap = 0;  // seconds; 0: by the rate
  double cut = 0;      // seconds of a recording; 0: a capture is one
  // Addresses in the order of their rows, or a number: so many of the most
  // frequent ones; empty: every sender with a tenth of the packets of the
  // first.
  std::vector<std::string> links;
  bool drop_guards = false;
  CsiValue value = CsiValue::kAmplitude;
  ScaleChoice scale;
};

// Packets of `bytes`, which `path` names in messages. `time` is of esp32 only.
std::unique_ptr<PacketSource> OpenPackets(const CaptureOptions& options,
                                          const std::filesystem::path& path,
                                          ByteStream& bytes,
                                          const std::string& time);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_CAPTURE_OPTIONS_H_

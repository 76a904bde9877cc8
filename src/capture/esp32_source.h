// Packets out of what ESP32 boards print and what tools make of it. Tested by
// esp32_source_test.cc, and by the fuzz target fuzz_esp32.
//
//   CSI_DATA,0,02:00:00:00:00:01,-43,...,128,1,"[83,-80,4,0,5,6,...]"
//     esp-csi's serial lines: imaginary and real part of each subcarrier. With
//     or without a header, behind a time stamp or a log's tag; several on one
//     line where an end of line was lost.
//   host_epoch,...,mac,...,amplitude_json,phase_json
//     tables with a header and lists of amplitudes (and phases), or of raw
//     values, as cells.
//   {"timestamp": 1775182186.957, "node_id": 1, ..., "iq_hex": "eeb1..."}
//     one JSON object a line with the raw bytes in hexadecimal.
//
// A serial line says how many values it has, so one that lost some is told from
// a whole one. What was cut is counted and left out, never mended.
#ifndef EDGE_INT8_SRC_CAPTURE_ESP32_SOURCE_H_
#define EDGE_INT8_SRC_CAPTURE_ESP32_SOURCE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/capture/byte_stream.h"
#include "src/capture/counter_time.h"
#include "src/capture/csi_packet.h"
#include "src/capture/esp32_layout.h"
#include "src/capture/line_reader.h"

namespace edge_int8 {

class Esp32Source : public PacketSource {
 public:
  // `time`: the column of the time stamps; empty: found by its name. `where`
  // names the file in messages.
  Esp32Source(std::string where, ByteStream& bytes, std::string time);

  bool Next(CsiPacket& packet) override;
  const LeftOut& left_out() const override { return left_out_; }
  // Names of the last header's columns, none before one was met.
  const std::vector<std::string>& columns() const { return header_.names; }

 private:
  bool ReadPiece(std::string_view piece, CsiPacket& packet);
  bool ReadTableRow(std::string_view line, CsiPacket& packet);
  bool ReadJson(std::string_view line, CsiPacket& packet);
  bool ReadValues(const Esp32Layout& layout, std::string_view list,
                  CsiPacket& packet);
  bool SetSender(const Esp32Layout& layout, CsiPacket& packet);
  bool SetTime(const Esp32Layout& layout, CsiPacket& packet);
  bool LeaveOut(const char* reason);
  std::string_view Cell(int column) const;

  const std::string where_;
  const std::string time_;
  LineReader lines_;
  Esp32Layout header_;
  LeftOut left_out_;
  std::string_view rest_;  // of the line: pieces not read yet
  std::optional<int64_t> prefix_time_;
  std::vector<std::string_view> cells_;
  std::vector<float> values_;
  int64_t value_unit_ = 0;  // of the time column, once told from a value
  CounterTime clock_;
  int64_t too_long_ = 0;
};

// Whether the text before "CSI_DATA" is a time: "1786700249.04 ", "[2026-01-31
// 12:00:00.250] ".
std::optional<int64_t> PrefixTime(std::string_view text);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_ESP32_SOURCE_H_

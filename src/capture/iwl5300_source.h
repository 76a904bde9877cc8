// Beamforming feedback as the Linux 802.11n CSI Tool logs it (Intel 5300).
// Tested by import_capture_test.cc, and by the fuzz target fuzz_iwl5300.
//
// A file is a row of records: two bytes of length (big-endian), one byte of
// code, length - 1 bytes. Code 0xBB is a measurement, little-endian:
//
//   0 timestamp_low u32 (microseconds)   4 bfee_count u16     8 Nrx   9 Ntx
//   10 rssi_a  11 rssi_b  12 rssi_c      13 noise i8   14 agc
//   15 antenna_sel   16 len u16          18 rate u16   20 payload of len bytes
//
// The payload is, for each of 30 groups of subcarriers, 3 bits to skip and then
// Nrx * Ntx pairs of signed bytes (real, imaginary), all packed without gaps:
// (30 * (Nrx * Ntx * 16 + 3) + 7) / 8 bytes.
#ifndef EDGE_INT8_SRC_CAPTURE_IWL5300_SOURCE_H_
#define EDGE_INT8_SRC_CAPTURE_IWL5300_SOURCE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/capture/byte_stream.h"
#include "src/capture/counter_time.h"
#include "src/capture/csi_packet.h"

namespace edge_int8 {

// Values are the receiver's, at its own gain; streams are [receiver][sender]
// antennas, the receiver's in the order of antenna_sel.
class Iwl5300Source : public PacketSource {
 public:
  Iwl5300Source(std::string where, ByteStream& bytes);
  bool Next(CsiPacket& packet) override;
  const LeftOut& left_out() const override { return left_out_; }

 private:
  bool ReadFeedback(std::span<const uint8_t> record, CsiPacket& packet);

  const std::string where_;
  ByteStream* bytes_;
  std::vector<char> record_;
  CounterTime clock_;
  LeftOut left_out_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_IWL5300_SOURCE_H_

// Channel state in UDP packets of nexmon's CSI extractor (Broadcom chips), out
// of a packet capture. Tested by import_capture_test.cc, and by the fuzz target
// fuzz_nexmon.
//
// A datagram to port 5500, little-endian:
//
//   0 magic 0x1111   2 rssi i8   3 frame control   4 sender's address
//   10 sequence number   12 core (bits 0-2) and spatial stream (bits 3-5)
//   14 chanspec   16 chip   18 32 bits of each subcarrier
//
// 4339 and 43455c0: two int16, real and imaginary. 4358 and 4366c0: a float
// whose two parts share an exponent (bits from the highest: sign and mantissa
// of the real part, of the imaginary part, the exponent in two's complement).
// Each core and spatial stream of a sender is a link of its own.
#ifndef EDGE_INT8_SRC_CAPTURE_NEXMON_SOURCE_H_
#define EDGE_INT8_SRC_CAPTURE_NEXMON_SOURCE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "src/capture/byte_stream.h"
#include "src/capture/csi_packet.h"

namespace edge_int8 {

// How a chip packs a subcarrier.
struct NexmonPacking {
  int mantissa_bits = 0;  // with the sign; 0: two int16
  int exponent_bits = 0;
};
// By a name ("4366c0"); throws kUsage for an unknown one.
NexmonPacking NexmonChip(std::string_view name);

class NexmonSource : public PacketSource {
 public:
  // `chip`: instead of what the packets say. Throws kBadInput unless libpcap
  // takes the bytes for a capture.
  NexmonSource(std::string where, ByteStream& bytes, const std::string& chip);
  ~NexmonSource() override;
  bool Next(CsiPacket& packet) override;
  const LeftOut& left_out() const override { return left_out_; }

 private:
  struct Capture;

  bool ReadDatagram(std::span<const uint8_t> datagram, CsiPacket& packet);

  const std::string where_;
  std::optional<NexmonPacking> chosen_;
  std::unique_ptr<Capture> capture_;
  LeftOut left_out_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_NEXMON_SOURCE_H_

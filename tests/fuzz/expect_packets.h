// What fuzz targets of captures expect of their packets.
#ifndef EDGE_INT8_TESTS_FUZZ_EXPECT_PACKETS_H_
#define EDGE_INT8_TESTS_FUZZ_EXPECT_PACKETS_H_

#include <cmath>

#include "src/capture/csi_packet.h"
#include "tests/fuzz/refusal.h"

namespace edge_int8 {

// Reads all packets of a binary capture: each has whole, finite values.
inline void ExpectWholePackets(PacketSource& source) {
  CsiPacket packet;
  while (source.Next(packet)) {
    Expect(packet.streams > 0 && !packet.a.empty());
    Expect(packet.b.size() == packet.a.size());
    Expect(packet.a.size() % static_cast<std::size_t>(packet.streams) == 0);
    for (const float value : packet.a) Expect(std::isfinite(value));
  }
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_FUZZ_EXPECT_PACKETS_H_

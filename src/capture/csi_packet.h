// One packet of channel state, whatever recorded it, and what reads them.
#ifndef EDGE_INT8_SRC_CAPTURE_CSI_PACKET_H_
#define EDGE_INT8_SRC_CAPTURE_CSI_PACKET_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace edge_int8 {

// What a packet is a sample of: a sender's address and, where packets of one
// sender come from several antennas, which (0 otherwise).
struct LinkKey {
  uint64_t sender = 0;
  uint32_t stream = 0;
  auto operator<=>(const LinkKey&) const = default;
};

// "02:00:00:00:00:01"
std::string MacText(uint64_t sender);
std::optional<uint64_t> ParseMac(std::string_view text);

struct CsiPacket {
  int64_t time_ns = 0;
  LinkKey link;
  // Antenna pairs inside the packet, each of the same number of subcarriers.
  int streams = 1;
  // Cartesian: real and imaginary parts; polar: amplitudes and phases (radians,
  // empty when they were not recorded). [stream][subcarrier]
  bool polar = false;
  std::vector<float> a, b;
};

// Packets and other pieces of a capture that give no window, by reason.
using LeftOut = std::map<std::string, int64_t>;
inline constexpr const char* kMalformed = "packets cut or malformed";

class PacketSource {
 public:
  virtual ~PacketSource() = default;
  // False at the end. What is wrong with a packet is counted in left_out() and
  // skipped; what is wrong with the file throws kBadInput.
  virtual bool Next(CsiPacket& packet) = 0;
  virtual const LeftOut& left_out() const = 0;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_CSI_PACKET_H_

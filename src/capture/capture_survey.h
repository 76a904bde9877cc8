// What captures hold, from the beginning of each: the width of their packets,
// the senders, the rate, subcarriers without a signal. Decides what the import
// keeps. Tested by import_capture_test.cc.
#ifndef EDGE_INT8_SRC_CAPTURE_CAPTURE_SURVEY_H_
#define EDGE_INT8_SRC_CAPTURE_CAPTURE_SURVEY_H_

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "src/capture/capture_options.h"
#include "src/capture/csi_packet.h"

namespace edge_int8 {

struct PacketWidth {
  int streams = 1;
  int subcarriers = 0;
  auto operator<=>(const PacketWidth&) const = default;
};
PacketWidth WidthOf(const CsiPacket& packet);

// Packets of the most frequent width, from the most frequent senders.
struct CapturePlan {
  PacketWidth width;
  std::vector<LinkKey> links;  // in the order of their rows
  std::vector<int> kept;       // subcarriers
  double rate = 0;
  std::vector<int64_t> first_time_ns;  // of each capture's first packet
};

// What some packets, the first ones of a source, have in common.
class PacketSurvey {
 public:
  struct LinkFacts {
    int64_t packets = 0;
    std::optional<int64_t> last_ns;
    std::vector<int64_t> intervals_ns;
    std::vector<char> signal;  // whether a subcarrier was ever not 0
  };
  struct WidthFacts {
    int64_t packets = 0;
    std::map<LinkKey, LinkFacts> links;
  };

  void Add(const CsiPacket& packet);
  // Throws kBadInput where the packets are not what the options ask for;
  // `where` names their source. Leaves first_time_ns empty.
  CapturePlan Plan(const CaptureOptions& options,
                   const std::string& where) const;

 private:
  std::map<PacketWidth, WidthFacts> widths_;
  std::vector<float> amplitudes_;
};

// Throws kBadInput where there is no packet, or none of a link that was named.
CapturePlan SurveyCaptures(const CaptureOptions& options,
                           const std::vector<std::string>& times);

std::string LinkName(LinkKey link);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_CAPTURE_SURVEY_H_

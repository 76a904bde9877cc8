// What captures hold, from the beginning of each: the width of their packets,
// the senders, the rate, subcarriers without a signal. Decides what the import
// keeps. Tested by import_capture_test.cc.
#ifndef EDGE_INT8_SRC_CAPTURE_CAPTURE_SURVEY_H_
#define EDGE_INT8_SRC_CAPTURE_CAPTURE_SURVEY_H_

#include <compare>
#include <cstdint>
#include <map>
#include <span>
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

// Throws kBadInput where there is no packet, or none of a link that was named.
CapturePlan SurveyCaptures(const CaptureOptions& options,
                           const std::vector<std::string>& times);

std::string LinkName(LinkKey link);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_CAPTURE_SURVEY_H_

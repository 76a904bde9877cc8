// Serial ports, UDP and TCP as streams. A build without Boost has this header,
// too, and says what it lacks. Tested by socket_stream_test.cc.
#ifndef EDGE_INT8_SRC_LIVE_SOCKET_STREAM_H_
#define EDGE_INT8_SRC_LIVE_SOCKET_STREAM_H_

#include <memory>

#include "src/live/live_packets.h"
#include "src/live/source_spec.h"

namespace edge_int8 {

// Each datagram is ended as a line is. A serial port that is gone throws
// kBadInput; a TCP sender that closes in order is the end. Throws kBadInput
// when it can't be opened, kUsage where the build has no Boost.
std::unique_ptr<LiveStream> OpenSocket(const SourceSpec& source,
                                       const StopFlag& stop);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_LIVE_SOCKET_STREAM_H_

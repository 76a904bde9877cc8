// Where packets come from, as the user writes it. Tested by
// source_spec_test.cc.
//
//   serial:/dev/ttyUSB0     a board that prints lines, at --baud
//   udp:5500                datagrams of lines to this port, of any address of
//   udp:192.168.1.5:5500    this machine or of one
//   tcp:HOST:PORT           lines from a server, [::1]:5500 for IPv6
//   file:csi.csv            what was recorded, or a pipe; - is standard input
//   replay:FOLDER           windows of a data set, as packets that follow each
//                           other
#ifndef EDGE_INT8_SRC_LIVE_SOURCE_SPEC_H_
#define EDGE_INT8_SRC_LIVE_SOURCE_SPEC_H_

#include <cstdint>
#include <string>

namespace edge_int8 {

enum class SourceKind { kSerial, kUdp, kTcp, kFile, kReplay };

struct HostPort {
  std::string host;
  uint16_t port = 0;
};
// "HOST:PORT" and "[IPv6]:PORT"; `what` opens the message. Throws kUsage. Port
// 0, any that is free, is for those that listen.
HostPort ParseHostPort(const std::string& what, const std::string& text,
                       bool listens);

struct SourceSpec {
  SourceKind kind = SourceKind::kFile;
  std::string text;  // as it was written, for messages
  std::string path;  // of a device, a file or a folder
  HostPort place;    // of udp (the host may be empty) and tcp
  int baud = 921600;

  // Whether packets come when they come, and are lost if nobody reads.
  bool is_live() const {
    return kind != SourceKind::kFile && kind != SourceKind::kReplay;
  }
};
// Throws kUsage.
SourceSpec ParseSource(const std::string& text);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_LIVE_SOURCE_SPEC_H_

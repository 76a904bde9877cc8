// Poses to browsers and other programs: a small HTTP server for the page and a
// WebSocket that sends lines. A build without Boost has this header, too, and
// says what it lacks. Tested by pose_server_test.cc.
//
// Nothing that a client does holds a pose up: Send never waits, a client that
// does not read is dropped at kMostBacklog, one that sends much is, too.
#ifndef EDGE_INT8_SRC_LIVE_POSE_SERVER_H_
#define EDGE_INT8_SRC_LIVE_POSE_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "src/live/source_spec.h"

namespace edge_int8 {

inline constexpr std::size_t kMostBacklog = std::size_t{1} << 20;  // bytes
// A longer message of a client ends its connection.
inline constexpr std::size_t kMostClientMessage = 4096;
inline constexpr int kMostClientMessages = 1000;

struct ServerOptions {
  HostPort listen = {"127.0.0.1", 8765};  // port 0: any
  std::string token = {};                 // needed beyond this machine
  std::vector<std::string> origins = {};
  std::string page = {};  // the text of the page; empty: there is none
  int clients = 16;
};

struct ServerCounts {
  int64_t clients = 0;  // that ever connected by WebSocket
  int64_t refused = 0;  // requests
  int64_t slow = 0;     // clients that were dropped
  int64_t noisy = 0;    // that sent too much
};

class PoseServer {
 public:
  virtual ~PoseServer() = default;  // ends every connection
  virtual uint16_t port() const = 0;
  // To every client, from any thread.
  virtual void Send(std::string lines) = 0;
  virtual ServerCounts counts() const = 0;
};

// Listens. Throws kUsage where the address is not this machine's alone and no
// token is there, or where the build has no Boost; kBadInput where the address
// is taken.
std::unique_ptr<PoseServer> OpenPoseServer(const ServerOptions& options);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_LIVE_POSE_SERVER_H_

// In the place of the other files of this folder where Boost is not found.
#include <fmt/format.h>

#include "src/base/error.h"
#include "src/live/pose_server.h"
#include "src/live/socket_stream.h"

namespace edge_int8 {

std::unique_ptr<LiveStream> OpenSocket(const SourceSpec& source,
                                       const StopFlag&) {
  FailUsage(fmt::format(
      "--source {}: this build has no Boost: install libboost-dev and build "
      "again; file: and replay: work without",
      source.text));
}

std::unique_ptr<PoseServer> OpenPoseServer(const ServerOptions&) {
  FailUsage(
      "serve: this build has no Boost: install libboost-dev and build again");
}

}  // namespace edge_int8

// Whatever a client of the server sends, as a request or behind a handshake:
// the server answers or ends the connection, and gives poses to nobody whom
// Judge refuses.
#include <cstdint>
#include <span>
#include <string>

#include "src/live/pose_server.h"
#include "src/live/request_policy.h"
#include "tests/fuzz/refusal.h"
#include "tests/live/web_client.h"

namespace edge_int8 {
namespace {

PoseServer& Server() {
  static const std::unique_ptr<PoseServer> server =
      OpenPoseServer({.listen = {"127.0.0.1", 0}, .page = "the page"});
  return *server;
}

// Lines of a text as the fields of a request.
void TryPolicy(std::string_view text) {
  std::string_view fields[5];
  for (std::string_view& field : fields) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  RequestFacts facts;
  facts.method = "GET";
  facts.target = fields[0];
  facts.host = fields[1];
  if (!fields[2].empty()) facts.origin = fields[2];
  facts.authorization = fields[3];
  facts.upgrade = fields[4].empty();
  RequestPolicy policy;
  policy.token = "0123456789abcdef";
  policy.loopback = fields[4].size() < 2;
  const bool poses = Judge(facts, policy) == RequestVerdict::kWebSocket;
  const std::string all =
      std::string(facts.target) + "\n" + std::string(facts.authorization);
  Expect(!poses || all.find(policy.token) != std::string::npos);
  Expect(PageAddress(facts).find_first_of(" \r\n") == std::string::npos);
}

void TrySocket(bool handshake, std::string_view bytes) {
  WebClient client(Server().port());
  if (handshake) Expect(client.Upgrade());
  client.Send(bytes);
  client.EndSending();
  client.Rest();
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1,
                              size - 1);
  switch (data[0] % 8) {
    case 0:
      edge_int8::TrySocket(false, text);
      break;
    case 1:
      edge_int8::TrySocket(true, text);
      break;
    default:
      edge_int8::TryPolicy(text);
  }
  return 0;
}

// One connection to the server: a request, then an answer or a WebSocket. All
// of it runs on the server's thread.
#ifndef EDGE_INT8_SRC_LIVE_SOCKETS_POSE_CLIENT_H_
#define EDGE_INT8_SRC_LIVE_SOCKETS_POSE_CLIENT_H_

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "src/live/pose_server.h"
#include "src/live/request_policy.h"

namespace edge_int8 {

class PoseClient;

// What connections share.
struct ServerState {
  RequestPolicy policy;
  std::string page;
  std::size_t most_clients = 16;
  int open = 0;                                    // connections
  std::set<std::shared_ptr<PoseClient>> watching;  // by WebSocket
  ServerCounts counts;
};

using SharedLines = std::shared_ptr<const std::string>;

class PoseClient : public std::enable_shared_from_this<PoseClient> {
 public:
  PoseClient(boost::asio::ip::tcp::socket socket, ServerState& state);
  ~PoseClient() { --state_.open; }
  PoseClient(const PoseClient&) = delete;
  PoseClient& operator=(const PoseClient&) = delete;

  void Start();
  void Send(const SharedLines& lines);
  void Close();

 private:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  void OnRequest(boost::beast::error_code error);
  void Answer(const Request& request, const RequestFacts& facts,
              RequestVerdict verdict);
  void Upgrade(const Request& request);
  void Read();
  void OnMessage(boost::beast::error_code error);
  void Write();
  void Leave();

  ServerState& state_;
  boost::beast::websocket::stream<boost::beast::tcp_stream> socket_;
  boost::beast::flat_buffer buffer_;
  // Bounds headers and bodies: a request of ours has no body.
  std::optional<
      boost::beast::http::request_parser<boost::beast::http::string_body>>
      parser_;
  std::deque<SharedLines> backlog_;
  std::size_t backlog_bytes_ = 0;
  int messages_ = 0;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_LIVE_SOCKETS_POSE_CLIENT_H_

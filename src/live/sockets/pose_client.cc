#include "src/live/sockets/pose_client.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <utility>

#include "src/live/sockets/request_facts.h"

namespace edge_int8 {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

constexpr std::chrono::seconds kMostForARequest{10};
constexpr std::chrono::seconds kMostForAnAnswer{60};
constexpr uint32_t kMostHeader = 8192;
constexpr uint64_t kMostBody = 1024;
// Of the system, beside our own backlog: what a client that sleeps can hold.
constexpr int kSendBuffer = 256 << 10;

http::status StatusOf(RequestVerdict verdict) {
  switch (verdict) {
    case RequestVerdict::kWebSocket:
      return http::status::service_unavailable;  // too many clients
    case RequestVerdict::kPage:
      return http::status::ok;
    case RequestVerdict::kToPage:
      return http::status::see_other;
    case RequestVerdict::kBadRequest:
      return http::status::bad_request;
    case RequestVerdict::kUnauthorized:
      return http::status::unauthorized;
    case RequestVerdict::kForbidden:
      return http::status::forbidden;
    case RequestVerdict::kNotFound:
      return http::status::not_found;
    case RequestVerdict::kBadMethod:
      return http::status::method_not_allowed;
  }
  return http::status::internal_server_error;
}

const char* TextOf(RequestVerdict verdict) {
  switch (verdict) {
    case RequestVerdict::kWebSocket:
      return "too many clients\n";
    case RequestVerdict::kUnauthorized:
      return "this address wants ?token=...\n";
    case RequestVerdict::kForbidden:
      return "not from here: --allow-origin names other pages\n";
    case RequestVerdict::kNotFound:
      return "nothing here; poses come by WebSocket at /\n";
    case RequestVerdict::kBadMethod:
      return "GET only\n";
    default:
      return "\n";
  }
}

}  // namespace

PoseClient::PoseClient(asio::ip::tcp::socket socket, ServerState& state)
    : state_(state), socket_(std::move(socket)) {
  ++state_.open;
  error_code ignored;
  beast::get_lowest_layer(socket_).socket().set_option(
      asio::socket_base::send_buffer_size(kSendBuffer), ignored);
  beast::get_lowest_layer(socket_).socket().set_option(
      asio::ip::tcp::no_delay(true), ignored);
}

void PoseClient::Start() {
  parser_.emplace();
  parser_->header_limit(kMostHeader);
  parser_->body_limit(kMostBody);
  beast::get_lowest_layer(socket_).expires_after(kMostForARequest);
  http::async_read(socket_.next_layer(), buffer_, *parser_,
                   [self = shared_from_this()](error_code error, std::size_t) {
                     self->OnRequest(error);
                   });
}

void PoseClient::OnRequest(error_code error) {
  if (error == http::error::end_of_stream) return Close();
  if (error) {
    ++state_.counts.refused;
    return Close();
  }
  const auto request = std::make_shared<Request>(parser_->release());
  const RequestFacts facts = FactsOf(*request);
  const RequestVerdict verdict = Judge(facts, state_.policy);
  if (verdict == RequestVerdict::kWebSocket &&
      state_.watching.size() < state_.most_clients) {
    return Upgrade(*request);
  }
  Answer(*request, facts, verdict);
}

void PoseClient::Answer(const Request& request, const RequestFacts& facts,
                        RequestVerdict verdict) {
  const bool page = verdict == RequestVerdict::kPage;
  if (!page && verdict != RequestVerdict::kToPage) ++state_.counts.refused;
  const auto answer = std::make_shared<http::response<http::string_body>>(
      StatusOf(verdict), request.version());
  answer->set(http::field::content_type,
              page ? "text/html; charset=utf-8" : "text/plain; charset=utf-8");
  answer->set(http::field::cache_control, "no-store");
  answer->set("X-Content-Type-Options", "nosniff");
  answer->set("Referrer-Policy", "no-referrer");
  answer->set("Content-Security-Policy", "frame-ancestors 'none'");
  if (verdict == RequestVerdict::kToPage) {
    answer->set(http::field::location, PageAddress(facts));
  }
  if (verdict == RequestVerdict::kBadMethod)
    answer->set(http::field::allow, "GET");
  answer->keep_alive(false);
  answer->body() = page ? state_.page : TextOf(verdict);
  answer->prepare_payload();
  beast::get_lowest_layer(socket_).expires_after(kMostForAnAnswer);
  if (request.method() == http::verb::head) answer->body().clear();
  http::async_write(
      socket_.next_layer(), *answer,
      [self = shared_from_this(), answer](error_code, std::size_t) {
        error_code ignored;
        beast::get_lowest_layer(self->socket_)
            .socket()
            .shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
      });
}

void PoseClient::Upgrade(const Request& request) {
  beast::get_lowest_layer(socket_).expires_never();
  socket_.set_option(
      websocket::stream_base::timeout::suggested(beast::role_type::server));
  socket_.read_message_max(kMostClientMessage);
  socket_.text(true);
  socket_.auto_fragment(false);  // for clients that know no more than frames
  // The server's own list, so that its number is right while the handshake is
  // on its way.
  state_.watching.insert(shared_from_this());
  const auto kept = std::make_shared<Request>(request);
  backlog_.push_back(nullptr);  // nothing is written before the handshake
  socket_.async_accept(*kept,
                       [self = shared_from_this(), kept](error_code error) {
                         if (error) return self->Leave();
                         ++self->state_.counts.clients;
                         self->backlog_.pop_front();
                         self->buffer_.clear();
                         self->Read();
                         self->Write();
                       });
}

// Messages of clients mean nothing and are counted; reading them is what
// answers their pings and their goodbye.
void PoseClient::Read() {
  socket_.async_read(
      buffer_, [self = shared_from_this()](error_code error, std::size_t) {
        self->OnMessage(error);
      });
}

void PoseClient::OnMessage(error_code error) {
  const bool too_long = error == websocket::error::message_too_big ||
                        error == websocket::error::buffer_overflow;
  if (too_long || ++messages_ > kMostClientMessages) {
    ++state_.counts.noisy;
    return Leave();
  }
  if (error) return Leave();
  buffer_.clear();
  Read();
}

void PoseClient::Send(const SharedLines& lines) {
  if (backlog_bytes_ + lines->size() > kMostBacklog) {
    ++state_.counts.slow;
    return Leave();
  }
  backlog_.push_back(lines);
  backlog_bytes_ += lines->size();
  if (backlog_.size() == 1) Write();
}

void PoseClient::Write() {
  if (backlog_.empty()) return;
  socket_.async_write(
      asio::buffer(*backlog_.front()),
      [self = shared_from_this()](error_code error, std::size_t) {
        if (error) return self->Leave();
        self->backlog_bytes_ -= self->backlog_.front()->size();
        self->backlog_.pop_front();
        self->Write();
      });
}

void PoseClient::Leave() {
  Close();
  state_.watching.erase(shared_from_this());
}

// At once: a goodbye would wait for whoever does not read.
void PoseClient::Close() { beast::get_lowest_layer(socket_).close(); }

}  // namespace edge_int8

#include "src/live/pose_server.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "src/base/error.h"
#include "src/live/sockets/pose_client.h"

namespace edge_int8 {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Connections, those whose request is not judged yet among them.
constexpr int kMostOpen = 256;
constexpr int kMostWaiting = 64;

tcp::endpoint PlaceOf(const HostPort& listen) {
  error_code error;
  const std::string host =
      listen.host == "localhost" ? "127.0.0.1" : listen.host;
  const auto address = asio::ip::make_address(host, error);
  if (error) {
    FailUsage(
        fmt::format("--listen {}: expected an address of this machine, "
                    "127.0.0.1, [::1], 0.0.0.0",
                    listen.host));
  }
  return {address, listen.port};
}

class BeastServer final : public PoseServer {
 public:
  explicit BeastServer(const ServerOptions& options) : acceptor_(io_) {
    const tcp::endpoint place = PlaceOf(options.listen);
    state_.policy = {place.address().is_loopback(), options.token,
                     options.origins, !options.page.empty()};
    state_.page = options.page;
    state_.most_clients = static_cast<std::size_t>(options.clients);
    const std::string text =
        fmt::format("--listen {}:{}", options.listen.host, options.listen.port);
    if (!state_.policy.loopback && options.token.empty()) {
      FailUsage(text +
                ": other machines reach it: --token, or EDGE_INT8_TOKEN in the "
                "environment, says who may watch");
    }
    error_code error;
    acceptor_.open(place.protocol(), error);
    if (!error) {
      acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) acceptor_.bind(place, error);
    if (!error) acceptor_.listen(kMostWaiting, error);
    if (error) {
      FailInput(text, fmt::format("can't be listened to: {}", error.message()));
    }
    port_ = acceptor_.local_endpoint().port();
    Accept();
    thread_ = std::thread([this] { io_.run(); });
  }

  ~BeastServer() override {
    asio::post(io_, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      for (const auto& client : state_.watching) client->Close();
      state_.watching.clear();
      io_.stop();
    });
    thread_.join();
  }

  uint16_t port() const override { return port_; }

  void Send(std::string lines) override {
    auto shared = std::make_shared<const std::string>(std::move(lines));
    asio::post(io_, [this, shared = std::move(shared)] {
      // A client that is dropped leaves the set.
      for (auto next = state_.watching.begin();
           next != state_.watching.end();) {
        const std::shared_ptr<PoseClient> client = *next++;
        client->Send(shared);
      }
    });
  }

  ServerCounts counts() const override {
    std::promise<ServerCounts> counts;
    asio::post(io_, [&] { counts.set_value(state_.counts); });
    return counts.get_future().get();
  }

 private:
  void Accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (!error) {
        // What is too much goes at once, unread.
        if (state_.open < kMostOpen) {
          std::make_shared<PoseClient>(std::move(socket), state_)->Start();
        }
        return Accept();
      }
      // No descriptor is left: somebody has to go first.
      pause_.expires_after(std::chrono::milliseconds(200));
      pause_.async_wait([this](error_code) { Accept(); });
    });
  }

  ServerState state_;  // before io_, whose end ends the last connections
  mutable asio::io_context io_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_{io_};
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<PoseServer> OpenPoseServer(const ServerOptions& options) {
  return std::make_unique<BeastServer>(options);
}

}  // namespace edge_int8

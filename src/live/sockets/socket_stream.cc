#include "src/live/socket_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/serial_port.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLookAtStop{50};
constexpr std::chrono::seconds kMostConnecting{10};
constexpr std::size_t kMostDatagram = std::size_t{1} << 16;
// For bursts while this process does not run, as far as the system allows.
constexpr int kReceiveBuffer = 4 << 20;

[[noreturn]] void FailSource(const SourceSpec& source, std::string_view what,
                             const error_code& error) {
  FailInput(source.text, fmt::format("{}: {}", what, error.message()));
}

// What all three have in common: one read at a time, given up when the flag is
// set.
template <typename Device>
class DeviceStream : public LiveStream {
 public:
  DeviceStream(const SourceSpec& source, const StopFlag& stop)
      : source_(source), stop_(stop), device_(io_) {}

  std::size_t Read(std::span<char> room) final {
    if (given_ == have_ && !Fill()) return 0;
    const std::size_t count = std::min(room.size(), have_ - given_);
    std::memcpy(room.data(), buffer_.data() + given_, count);
    given_ += count;
    return count;
  }
  LiveTime arrival() const final { return arrival_; }

 protected:
  using Handler = std::function<void(error_code, std::size_t)>;
  virtual void Receive(asio::mutable_buffer room, Handler done) = 0;
  // Whether the error is an end in order; else it throws.
  virtual bool EndsWith(const error_code& error) = 0;
  // What was received is whole: a place for an end of line.
  virtual void Complete(std::vector<char>&, std::size_t&) {}

  // Runs one operation that sets `error`; false when the flag was set before.
  bool Wait(std::optional<error_code>& error) {
    while (!error && !stop_) {
      io_.restart();
      io_.run_for(kLookAtStop);
    }
    if (error) return true;
    error_code ignored;
    device_.cancel(ignored);
    io_.restart();
    io_.run_for(kLookAtStop);
    return false;
  }

  const SourceSpec source_;
  const StopFlag& stop_;
  asio::io_context io_;
  Device device_;

 private:
  bool Fill() {
    given_ = have_ = 0;
    while (have_ == 0) {
      std::optional<error_code> error;
      Receive(asio::buffer(buffer_.data(), kMostDatagram),
              [&](error_code e, std::size_t got) {
                error = e;
                have_ = got;
              });
      if (!Wait(error)) {
        have_ = 0;
        return false;
      }
      if (*error && EndsWith(*error)) return false;
      arrival_ = steady_clock::now();
      Complete(buffer_, have_);
    }
    return true;
  }

  std::vector<char> buffer_ = std::vector<char>(kMostDatagram + 1);
  std::size_t given_ = 0, have_ = 0;
  LiveTime arrival_ = steady_clock::now();
};

class SerialStream final : public DeviceStream<asio::serial_port> {
 public:
  SerialStream(const SourceSpec& source, const StopFlag& stop)
      : DeviceStream(source, stop) {
    using Port = asio::serial_port;
    error_code error;
    device_.open(source.path, error);
    if (error) FailSource(source, "can't be opened", error);
    const auto set = [&](const auto& option, const std::string& name) {
      device_.set_option(option, error);
      if (error) FailSource(source, "does not take " + name, error);
    };
    set(Port::baud_rate(static_cast<unsigned>(source.baud)),
        fmt::format("{} baud", source.baud));
    set(Port::character_size(8), "8 bits");
    set(Port::parity(Port::parity::none), "no parity");
    set(Port::stop_bits(Port::stop_bits::one), "one stop bit");
    set(Port::flow_control(Port::flow_control::none), "no flow control");
  }

 private:
  void Receive(asio::mutable_buffer room, Handler done) override {
    device_.async_read_some(room, std::move(done));
  }
  bool EndsWith(const error_code& error) override {
    FailSource(source_, "the board is gone", error);
  }
};

class UdpStream final : public DeviceStream<asio::ip::udp::socket> {
 public:
  UdpStream(const SourceSpec& source, const StopFlag& stop)
      : DeviceStream(source, stop) {
    using asio::ip::udp;
    error_code error;
    udp::endpoint place(udp::v4(), source.place.port);
    if (!source.place.host.empty()) {
      const auto address = asio::ip::make_address(source.place.host, error);
      if (error) FailSource(source, "is no address of this machine", error);
      place = udp::endpoint(address, source.place.port);
    }
    device_.open(place.protocol(), error);
    if (!error) device_.bind(place, error);
    if (error) FailSource(source, "can't be listened to", error);
    device_.set_option(udp::socket::receive_buffer_size(kReceiveBuffer), error);
  }

 private:
  void Receive(asio::mutable_buffer room, Handler done) override {
    device_.async_receive(room, std::move(done));
  }
  // One datagram's trouble is not the next one's.
  bool EndsWith(const error_code&) override { return false; }
  void Complete(std::vector<char>& bytes, std::size_t& count) override {
    if (count > 0 && bytes[count - 1] != '\n') bytes[count++] = '\n';
  }
};

class TcpStream final : public DeviceStream<asio::ip::tcp::socket> {
 public:
  TcpStream(const SourceSpec& source, const StopFlag& stop)
      : DeviceStream(source, stop) {
    using asio::ip::tcp;
    error_code error;
    tcp::resolver resolver(io_);
    const auto places = resolver.resolve(
        source.place.host, std::to_string(source.place.port), error);
    if (error) FailSource(source, "the host is not known", error);
    std::optional<error_code> connected;
    asio::async_connect(
        device_, places,
        [&](error_code e, const tcp::endpoint&) { connected = e; });
    const auto start = steady_clock::now();
    while (!connected && !stop_ &&
           steady_clock::now() - start < kMostConnecting) {
      io_.restart();
      io_.run_for(kLookAtStop);
    }
    if (!connected) {
      device_.close(error);
      io_.restart();
      io_.run_for(kLookAtStop);
      if (!stop_) FailInput(source.text, "does not answer");
      return;
    }
    if (*connected) FailSource(source, "can't be connected to", *connected);
    device_.set_option(asio::socket_base::keep_alive(true), error);
  }

 private:
  void Receive(asio::mutable_buffer room, Handler done) override {
    device_.async_read_some(room, std::move(done));
  }
  bool EndsWith(const error_code& error) override {
    if (error == asio::error::eof) return true;
    FailSource(source_, "the connection broke", error);
  }
};

}  // namespace

std::unique_ptr<LiveStream> OpenSocket(const SourceSpec& source,
                                       const StopFlag& stop) {
  switch (source.kind) {
    case SourceKind::kSerial:
      return std::make_unique<SerialStream>(source, stop);
    case SourceKind::kUdp:
      return std::make_unique<UdpStream>(source, stop);
    case SourceKind::kTcp:
      return std::make_unique<TcpStream>(source, stop);
    case SourceKind::kFile:
    case SourceKind::kReplay:
      break;
  }
  Check(false, "no socket");
  return nullptr;
}

}  // namespace edge_int8

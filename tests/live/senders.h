// The other ends of sources: a pseudo-terminal, a UDP and a TCP sender.
#ifndef EDGE_INT8_TESTS_LIVE_SENDERS_H_
#define EDGE_INT8_TESTS_LIVE_SENDERS_H_

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace edge_int8 {

inline void Require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

// A board on a serial port: what is written comes out of path().
class PseudoTerminal {
 public:
  PseudoTerminal() : file_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    Require(file_ >= 0 && grantpt(file_) == 0 && unlockpt(file_) == 0,
            "no pseudo-terminal");
    path_ = ptsname(file_);
    // Raw from the beginning: lines written before it is opened stay whole.
    termios settings = {};
    tcgetattr(file_, &settings);
    cfmakeraw(&settings);
    tcsetattr(file_, TCSANOW, &settings);
  }
  ~PseudoTerminal() { Close(); }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;

  const std::string& path() const { return path_; }

  void Write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t wrote = write(file_, text.data(), text.size());
      Require(wrote > 0, "the terminal takes nothing");
      text.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }

  // Ten bits a byte, as a port with one start and one stop bit.
  void Play(std::string_view text, int baud) {
    constexpr std::size_t kPiece = 1024;
    auto due = std::chrono::steady_clock::now();
    for (std::size_t at = 0; at < text.size(); at += kPiece) {
      Write(text.substr(at, kPiece));
      due += std::chrono::microseconds(10'000'000 * kPiece /
                                       static_cast<std::size_t>(baud));
      std::this_thread::sleep_until(due);
    }
  }

  void Close() {
    if (file_ >= 0) close(std::exchange(file_, -1));
  }

 private:
  int file_;
  std::string path_;
};

inline sockaddr_in Loopback(int port) {
  sockaddr_in place = {};
  place.sin_family = AF_INET;
  place.sin_port = htons(static_cast<uint16_t>(port));
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return place;
}

inline int BoundPort(int socket) {
  sockaddr_in place = {};
  socklen_t size = sizeof place;
  Require(getsockname(socket, reinterpret_cast<sockaddr*>(&place), &size) == 0,
          "no port");
  return ntohs(place.sin_port);
}

inline int BindLoopback(int type) {
  const int made = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  const sockaddr_in place = Loopback(0);
  Require(made >= 0 && bind(made, reinterpret_cast<const sockaddr*>(&place),
                            sizeof place) == 0,
          "no socket");
  return made;
}

inline int FreeUdpPort() {
  const int made = BindLoopback(SOCK_DGRAM);
  const int port = BoundPort(made);
  close(made);
  return port;
}

class UdpSender {
 public:
  explicit UdpSender(int port)
      : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in to = Loopback(port);
    Require(connect(socket_, reinterpret_cast<const sockaddr*>(&to),
                    sizeof to) == 0,
            "no way to the port");
  }
  ~UdpSender() { close(socket_); }
  UdpSender(const UdpSender&) = delete;
  UdpSender& operator=(const UdpSender&) = delete;

  bool Send(std::string_view text) const {
    return send(socket_, text.data(), text.size(), 0) >= 0;
  }

  // A port that nobody listens to says so to the next who sends.
  void WaitForListener() const {
    for (int i = 0; i < 4000; ++i) {
      const bool sent = Send("hello");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      if (sent && Send("hello")) return;
    }
    Require(false, "nobody listens");
  }

 private:
  const int socket_;
};

// Listens; sends to who comes first.
class TcpSender {
 public:
  TcpSender() : listener_(BindLoopback(SOCK_STREAM)) {
    Require(listen(listener_, 1) == 0, "can't listen");
  }
  ~TcpSender() { close(listener_); }
  TcpSender(const TcpSender&) = delete;
  TcpSender& operator=(const TcpSender&) = delete;

  std::string source() const {
    return fmt::format("tcp:127.0.0.1:{}", BoundPort(listener_));
  }
  void SendAndClose(std::string_view text) {
    const int client = accept(listener_, nullptr, nullptr);
    while (!text.empty()) {
      const ssize_t sent = send(client, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    close(client);
  }

 private:
  const int listener_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_LIVE_SENDERS_H_

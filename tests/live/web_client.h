// A client of the server, byte by byte, so that it can do what no browser does.
#ifndef EDGE_INT8_TESTS_LIVE_WEB_CLIENT_H_
#define EDGE_INT8_TESTS_LIVE_WEB_CLIENT_H_

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "tests/live/senders.h"

namespace edge_int8 {

class WebClient {
 public:
  explicit WebClient(int port)
      : port_(port), socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience = {20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const sockaddr_in place = Loopback(port);
    Require(connect(socket_, reinterpret_cast<const sockaddr*>(&place),
                    sizeof place) == 0,
            "nobody listens");
  }
  ~WebClient() { close(socket_); }
  WebClient(const WebClient&) = delete;
  WebClient& operator=(const WebClient&) = delete;

  // False when the other side is gone.
  bool Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent =
          send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void EndSending() { shutdown(socket_, SHUT_WR); }

  // Up to the end of the connection.
  std::string Rest() {
    while (Fill()) {
    }
    return std::exchange(buffer_, "");
  }

  std::string Get(std::string_view target, std::string_view more = "") {
    Send(fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{}\r\n", target,
                     port_, more));
    return Rest();
  }

  // Whether the server agreed.
  bool Upgrade(std::string_view more = "", std::string_view target = "/") {
    Send(fmt::format(
        "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
        target, port_, more));
    while (buffer_.find("\r\n\r\n") == std::string::npos && Fill()) {
    }
    const std::size_t end = buffer_.find("\r\n\r\n");
    if (!buffer_.starts_with("HTTP/1.1 101") || end == std::string::npos) {
      return false;
    }
    buffer_.erase(0, end + 4);
    return true;
  }

  // The next text message; empty at the end.
  std::string Message() {
    while (true) {
      if (!Have(2)) return "";
      std::size_t size = Byte(1) & 0x7f;
      std::size_t head = 2;
      if (size >= 126) {
        const std::size_t bytes = size == 126 ? 2 : 8;
        if (!Have(2 + bytes)) return "";
        size = 0;
        for (std::size_t i = 0; i < bytes; ++i) size = size << 8 | Byte(2 + i);
        head += bytes;
      }
      const unsigned kind = Byte(0) & 0x0f;
      if (!Have(head + size)) return "";
      const std::string text = buffer_.substr(head, size);
      buffer_.erase(0, head + size);
      if (kind == 1) return text;
      if (kind == 8) return "";
    }
  }

  // A frame of a client with a mask of 0.
  bool SendFrame(unsigned kind, std::string_view text) {
    std::string frame;
    frame += static_cast<char>(0x80 | kind);
    if (text.size() < 126) {
      frame += static_cast<char>(0x80 | text.size());
    } else {
      frame += static_cast<char>(0x80 | 126);
      frame += static_cast<char>(text.size() >> 8);
      frame += static_cast<char>(text.size() & 0xff);
    }
    return Send(frame + std::string(4, '\0') + std::string(text));
  }

 private:
  bool Fill() {
    char room[4096];
    const ssize_t got = recv(socket_, room, sizeof room, 0);
    if (got > 0) buffer_.append(room, static_cast<std::size_t>(got));
    return got > 0;
  }
  bool Have(std::size_t bytes) {
    while (buffer_.size() < bytes) {
      if (!Fill()) return false;
    }
    return true;
  }
  unsigned Byte(std::size_t at) const {
    return static_cast<unsigned char>(buffer_[at]);
  }

  const int port_;
  const int socket_;
  std::string buffer_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_LIVE_WEB_CLIENT_H_

#include "src/live/source_spec.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

constexpr const char* kForms =
    "expected serial:DEVICE, udp:PORT, tcp:HOST:PORT, file:FILE or "
    "replay:FOLDER";

std::optional<uint16_t> ParsePort(std::string_view text, bool may_be_0) {
  uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, port);
  if (text.empty() || result.ec != std::errc() || result.ptr != end ||
      (port == 0 && !may_be_0)) {
    return std::nullopt;
  }
  return port;
}

}  // namespace

HostPort ParseHostPort(const std::string& what, const std::string& text,
                       bool listens) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) {
    FailUsage(fmt::format("{}: expected HOST:PORT", what));
  }
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    FailUsage(
        fmt::format("{}: an IPv6 address goes in brackets, [::1]:5500", what));
  }
  if (host.empty()) FailUsage(fmt::format("{}: expected HOST:PORT", what));
  const auto port = ParsePort(text.substr(colon + 1), listens);
  if (!port) {
    FailUsage(fmt::format("{}: '{}' is no port, a number from {} to 65535",
                          what, text.substr(colon + 1), listens ? 0 : 1));
  }
  return {host, *port};
}

SourceSpec ParseSource(const std::string& text) {
  const std::string what = fmt::format("--source {}", text);
  const std::size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  const std::string rest =
      colon == std::string::npos ? "" : text.substr(colon + 1);
  SourceSpec spec;
  spec.text = text;
  spec.path = rest;
  if (kind == "serial") {
    spec.kind = SourceKind::kSerial;
  } else if (kind == "file") {
    spec.kind = SourceKind::kFile;
  } else if (kind == "replay") {
    spec.kind = SourceKind::kReplay;
  } else if (kind == "tcp") {
    spec.kind = SourceKind::kTcp;
    spec.place = ParseHostPort(what, rest, false);
  } else if (kind == "udp") {
    spec.kind = SourceKind::kUdp;
    if (const auto port = ParsePort(rest, true)) {
      spec.place.port = *port;
    } else if (rest.find(':') != std::string::npos) {
      spec.place = ParseHostPort(what, rest, true);
    } else {
      FailUsage(fmt::format("{}: expected a port, or HOST:PORT", what));
    }
  } else {
    FailUsage(fmt::format("{}: {}", what, kForms));
  }
  if (rest.empty()) FailUsage(fmt::format("{}: {}", what, kForms));
  return spec;
}

}  // namespace edge_int8

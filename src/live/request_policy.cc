#include "src/live/request_policy.h"

#include <algorithm>

namespace edge_int8 {
namespace {

constexpr std::string_view kPagePath = "/live";

std::string_view PathOf(std::string_view target) {
  return target.substr(0, target.find_first_of("?#"));
}

// The value of ?token=, as it stands: a token has nothing to decode.
std::string_view TokenOf(std::string_view target) {
  const std::size_t query = target.find('?');
  if (query == std::string_view::npos) return {};
  std::string_view rest = target.substr(query + 1);
  rest = rest.substr(0, rest.find('#'));
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view field = rest.substr(0, end);
    if (field.starts_with("token=")) return field.substr(6);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

// Takes as long whatever is wrong, so that no time tells how much is right.
bool SameSecret(std::string_view given, std::string_view wanted) {
  unsigned different = given.size() == wanted.size() ? 0 : 1;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const char c = i < given.size() ? given[i] : '\0';
    different |=
        static_cast<unsigned char>(c) ^ static_cast<unsigned char>(wanted[i]);
  }
  return different == 0;
}

bool HasToken(const RequestFacts& request, const RequestPolicy& policy) {
  constexpr std::string_view kBearer = "Bearer ";
  if (policy.token.empty()) return true;
  const std::string_view said = request.authorization;
  return SameSecret(TokenOf(request.target), policy.token) ||
         (said.starts_with(kBearer) &&
          SameSecret(said.substr(kBearer.size()), policy.token));
}

// Without the port; IPv6 in its brackets.
std::string_view NameOf(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool IsThisMachine(std::string_view host) {
  const std::string_view name = NameOf(host);
  return name == "localhost" || name == "[::1]" ||
         (name.starts_with("127.") &&
          name.find_first_not_of("0123456789.") == std::string_view::npos);
}

bool IsAllowed(std::string_view origin, const RequestFacts& request,
               const RequestPolicy& policy) {
  if (std::ranges::find(policy.origins, origin) != policy.origins.end()) {
    return true;
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) &&
        origin.substr(scheme.size()) == request.host) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool IsToken(std::string_view text) {
  return text.size() >= 16 && text.size() <= 128 &&
         std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                  (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.' ||
                  c == '~';
         });
}

RequestVerdict Judge(const RequestFacts& request, const RequestPolicy& policy) {
  if (request.host.empty() || !request.target.starts_with('/')) {
    return RequestVerdict::kBadRequest;
  }
  if (policy.loopback && !IsThisMachine(request.host)) {
    return RequestVerdict::kForbidden;
  }
  const bool get = request.method == "GET";
  if (!get && request.method != "HEAD") return RequestVerdict::kBadMethod;
  const std::string_view path = PathOf(request.target);
  if (request.upgrade) {
    if (path != "/") return RequestVerdict::kNotFound;
    if (!get) return RequestVerdict::kBadMethod;
    if (request.origin && !IsAllowed(*request.origin, request, policy)) {
      return RequestVerdict::kForbidden;
    }
    return HasToken(request, policy) ? RequestVerdict::kWebSocket
                                     : RequestVerdict::kUnauthorized;
  }
  if (!policy.has_page) return RequestVerdict::kNotFound;
  if (path == "/") return RequestVerdict::kToPage;
  return path == kPagePath ? RequestVerdict::kPage : RequestVerdict::kNotFound;
}

// Behind '#', which browsers keep to themselves.
std::string PageAddress(const RequestFacts& request) {
  std::string address = std::string(kPagePath) + "#connect";
  const std::string_view token = TokenOf(request.target);
  if (IsToken(token)) address += "&token=" + std::string(token);
  return address;
}

}  // namespace edge_int8

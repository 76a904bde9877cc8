// Who may have what of the server: judged by the request alone, before anything
// is answered. Tested by request_policy_test.cc, and by the fuzz target
// fuzz_requests.
//
// A page of another site must not reach the server of whoever reads it: a
// browser says where a page is from (Origin), and on this machine's own address
// only names of this machine are answered, since any name can be made to lead
// here. From other machines a token is needed.
#ifndef EDGE_INT8_SRC_LIVE_REQUEST_POLICY_H_
#define EDGE_INT8_SRC_LIVE_REQUEST_POLICY_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edge_int8 {

// What a token may be: 16 to 128 letters, digits, '-', '_', '.' and '~', which
// mean nothing in an address.
bool IsToken(std::string_view text);

struct RequestPolicy {
  bool loopback = true;              // listens on this machine only
  std::string token;                 // empty: none is asked for
  std::vector<std::string> origins;  // allowed beside the server's own
  bool has_page = true;
};

struct RequestFacts {
  std::string_view method, target;
  std::string_view host;                   // empty: none
  std::optional<std::string_view> origin;  // of a browser
  std::string_view authorization;
  bool upgrade = false;  // to a WebSocket
};

enum class RequestVerdict {
  kWebSocket,
  kPage,
  kToPage,  // a redirection, so that the page connects
  kBadRequest,
  kUnauthorized,
  kForbidden,
  kNotFound,
  kBadMethod
};
RequestVerdict Judge(const RequestFacts& request, const RequestPolicy& policy);

// Where kToPage leads: the page's address with what it needs to connect.
std::string PageAddress(const RequestFacts& request);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_LIVE_REQUEST_POLICY_H_

// The facts of a Beast request that Judge asks for, as views into it.
#ifndef EDGE_INT8_SRC_LIVE_SOCKETS_REQUEST_FACTS_H_
#define EDGE_INT8_SRC_LIVE_SOCKETS_REQUEST_FACTS_H_

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <string_view>

#include "src/live/request_policy.h"

namespace edge_int8 {

// Boost's string_view is its own type before 1.8x.
template <class Text>
std::string_view StdView(const Text& text) {
  return {text.data(), text.size()};
}

template <class Request>
RequestFacts FactsOf(const Request& request) {
  using boost::beast::http::field;
  RequestFacts facts;
  facts.method = StdView(request.method_string());
  facts.target = StdView(request.target());
  facts.host = StdView(request[field::host]);
  facts.authorization = StdView(request[field::authorization]);
  // Two would be somebody's trick: neither is believed.
  if (request.count(field::host) > 1) facts.host = {};
  if (request.count(field::origin) > 0) {
    facts.origin = request.count(field::origin) > 1
                       ? std::string_view()
                       : StdView(request[field::origin]);
  }
  facts.upgrade = boost::beast::websocket::is_upgrade(request);
  return facts;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_LIVE_SOCKETS_REQUEST_FACTS_H_

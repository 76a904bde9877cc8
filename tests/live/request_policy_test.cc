#include "src/live/request_policy.h"

#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

constexpr const char* kToken = "0123456789abcdef";

RequestFacts Get(std::string_view target, std::string_view host) {
  RequestFacts facts;
  facts.method = "GET";
  facts.target = target;
  facts.host = host;
  return facts;
}

RequestFacts Socket(std::string_view target, std::string_view host,
                    std::optional<std::string_view> origin = {}) {
  RequestFacts facts = Get(target, host);
  facts.upgrade = true;
  facts.origin = origin;
  return facts;
}

TEST(Judge, GivesThePageAndTheWebSocketToThisMachine) {
  const RequestPolicy policy;
  const char* const host = "127.0.0.1:8765";
  EXPECT_EQ(Judge(Get("/", host), policy), RequestVerdict::kToPage);
  EXPECT_EQ(Judge(Get("/live", host), policy), RequestVerdict::kPage);
  EXPECT_EQ(Judge(Get("/live?x=1", host), policy), RequestVerdict::kPage);
  for (const char* path : {"/live.html", "/../etc/passwd", "/favicon.ico"}) {
    EXPECT_EQ(Judge(Get(path, host), policy), RequestVerdict::kNotFound);
  }
  // What is no browser says no origin.
  EXPECT_EQ(Judge(Socket("/", host), policy), RequestVerdict::kWebSocket);
  EXPECT_EQ(Judge(Socket("/", host, "http://127.0.0.1:8765"), policy),
            RequestVerdict::kWebSocket);
  EXPECT_EQ(Judge(Socket("/live", host), policy), RequestVerdict::kNotFound);
}

TEST(Judge, RefusesPagesOfOthers) {
  RequestPolicy policy;
  for (const char* origin :
       {"null", "", "http://evil.example", "http://127.0.0.1:8766",
        "http://127.0.0.1", "file://127.0.0.1:8765",
        "http://evil.example/127.0.0.1:8765", "http://127.0.0.1:8765.evil"}) {
    EXPECT_EQ(Judge(Socket("/", "127.0.0.1:8765", origin), policy),
              RequestVerdict::kForbidden)
        << origin;
  }
  policy.origins = {"null"};
  EXPECT_EQ(Judge(Socket("/", "127.0.0.1:8765", "null"), policy),
            RequestVerdict::kWebSocket);
}

// A name of somebody's that leads here would be its page's own origin.
TEST(Judge, AnswersToNamesOfThisMachineOnly) {
  const RequestPolicy policy;
  for (const char* host : {"localhost:8765", "[::1]:8765", "127.1.2.3"}) {
    EXPECT_EQ(Judge(Get("/", host), policy), RequestVerdict::kToPage) << host;
  }
  for (const char* host : {"evil.example:8765", "127.0.0.1.evil.example",
                           "localhost.evil", "[::2]", "[::1", "8.8.8.8:8765"}) {
    EXPECT_EQ(Judge(Socket("/", host, std::string("http://") + host), policy),
              RequestVerdict::kForbidden)
        << host;
  }
  EXPECT_EQ(Judge(Get("/", ""), policy), RequestVerdict::kBadRequest);
  EXPECT_EQ(Judge(Get("http://127.0.0.1/", "127.0.0.1"), policy),
            RequestVerdict::kBadRequest);
}

TEST(Judge, WantsTheTokenFromOtherMachines) {
  RequestPolicy policy;
  policy.loopback = false;
  policy.token = kToken;
  const char* const host = "192.168.1.5:8765";
  for (const char* target : {"/", "/?token=", "/?token=0123456789abcdee",
                             "/?token=0123456789abcdef0",
                             "/?other=0123456789abcdef", "/#?x&token"}) {
    EXPECT_EQ(Judge(Socket(target, host), policy),
              RequestVerdict::kUnauthorized)
        << target;
  }
  for (const char* target :
       {"/?token=0123456789abcdef", "/?a=1&token=0123456789abcdef&b"}) {
    EXPECT_EQ(Judge(Socket(target, host, "http://192.168.1.5:8765"), policy),
              RequestVerdict::kWebSocket);
  }
  RequestFacts header = Socket("/", host);
  header.authorization = "Bearer 0123456789abcdef";
  EXPECT_EQ(Judge(header, policy), RequestVerdict::kWebSocket);
  header.authorization = "Basic 0123456789abcdef";
  EXPECT_EQ(Judge(header, policy), RequestVerdict::kUnauthorized);
}

TEST(Judge, KnowsGetAndHead) {
  RequestPolicy policy;
  RequestFacts facts = Get("/live", "localhost");
  facts.method = "HEAD";
  EXPECT_EQ(Judge(facts, policy), RequestVerdict::kPage);
  facts.method = "POST";
  EXPECT_EQ(Judge(facts, policy), RequestVerdict::kBadMethod);
  policy.has_page = false;
  EXPECT_EQ(Judge(Get("/live", "localhost"), policy),
            RequestVerdict::kNotFound);
}

TEST(PageAddress, HandsATokenOnButNothingElse) {
  EXPECT_EQ(PageAddress(Get("/", "x")), "/live#connect");
  EXPECT_EQ(PageAddress(Get("/?token=0123456789abcdef", "x")),
            "/live#connect&token=0123456789abcdef");
  EXPECT_EQ(PageAddress(Get("/?token=0123456789abcde%0d%0aX:1", "x")),
            "/live#connect");
}

TEST(IsToken, IsLongAndPlain) {
  EXPECT_TRUE(IsToken(kToken));
  EXPECT_FALSE(IsToken("short"));
  EXPECT_FALSE(IsToken("0123456789 abcdef"));
  EXPECT_FALSE(IsToken(std::string(129, 'a')));
}

}  // namespace
}  // namespace edge_int8

#include "src/live/pose_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <thread>

#include "src/base/random.h"
#include "tests/live/web_client.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

class PoseServerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!EDGE_INT8_HAVE_BOOST) GTEST_SKIP() << "this build has no Boost";
    Open({.listen = {"127.0.0.1", 0}, .page = "<p>the page</p>", .clients = 3});
  }
  void Open(const ServerOptions& options) {
    server_.reset();
    server_ = OpenPoseServer(options);
  }
  // Until `done`, as the server's thread has its own time.
  template <class Done>
  bool Wait(const Done& done) {
    for (int i = 0; i < 2000; ++i) {
      if (done(server_->counts())) return true;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return false;
  }

  std::unique_ptr<PoseServer> server_;
};

TEST_F(PoseServerTest, GivesThePage) {
  const std::string page = WebClient(server_->port()).Get("/live");
  EXPECT_THAT(page, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(page, HasSubstr("<p>the page</p>"));
  EXPECT_THAT(page, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(WebClient(server_->port()).Get("/"),
              HasSubstr("Location: /live#connect\r\n"));
  EXPECT_THAT(WebClient(server_->port()).Get("/other"),
              StartsWith("HTTP/1.1 404"));
}

TEST_F(PoseServerTest, SendsEveryClientEveryLine) {
  WebClient one(server_->port()), two(server_->port());
  ASSERT_TRUE(one.Upgrade());
  ASSERT_TRUE(two.Upgrade(
      fmt::format("Origin: http://127.0.0.1:{}\r\n", server_->port())));
  const std::string longer(70'000, 'x');
  for (const std::string& text : {std::string("{\"t\":1}\n"), longer}) {
    server_->Send(text);
    EXPECT_EQ(one.Message(), text);
    EXPECT_EQ(two.Message(), text);
  }
  EXPECT_TRUE(Wait([](const ServerCounts& c) { return c.clients == 2; }));
}

TEST_F(PoseServerTest, RefusesPagesOfOthersAndTooManyClients) {
  EXPECT_FALSE(
      WebClient(server_->port()).Upgrade("Origin: http://evil.example\r\n"));
  EXPECT_FALSE(WebClient(server_->port()).Upgrade("Origin: null\r\n"));
  EXPECT_FALSE(WebClient(server_->port()).Upgrade("Host: other\r\n"));
  WebClient one(server_->port()), two(server_->port()), three(server_->port());
  EXPECT_TRUE(one.Upgrade());
  EXPECT_TRUE(two.Upgrade());
  EXPECT_TRUE(three.Upgrade());
  EXPECT_FALSE(WebClient(server_->port()).Upgrade());
}

TEST_F(PoseServerTest, WantsItsToken) {
  Open({.listen = {"0.0.0.0", 0}, .token = "0123456789abcdef"});
  EXPECT_FALSE(WebClient(server_->port()).Upgrade());
  EXPECT_TRUE(
      WebClient(server_->port()).Upgrade("", "/?token=0123456789abcdef"));
}

TEST_F(PoseServerTest, DropsAClientThatDoesNotRead) {
  WebClient slow(server_->port()), quick(server_->port());
  ASSERT_TRUE(slow.Upgrade());
  ASSERT_TRUE(quick.Upgrade());
  const std::string lines(100'000, 'x');
  for (int i = 0; i < 200; ++i) {
    server_->Send(lines);
    EXPECT_EQ(quick.Message().size(), lines.size());
  }
  EXPECT_TRUE(Wait([](const ServerCounts& c) { return c.slow == 1; }));
}

TEST_F(PoseServerTest, EndsAClientThatSendsMuch) {
  WebClient longer(server_->port()), more(server_->port());
  ASSERT_TRUE(longer.Upgrade());
  ASSERT_TRUE(more.Upgrade());
  longer.SendFrame(1, std::string(5000, 'x'));
  EXPECT_EQ(longer.Message(), "");
  for (int i = 0; i <= kMostClientMessages; ++i) {
    if (!more.SendFrame(1, "hello")) break;
  }
  EXPECT_EQ(more.Message(), "");
  EXPECT_TRUE(Wait([](const ServerCounts& c) { return c.noisy == 2; }));
}

TEST_F(PoseServerTest, OutlivesGarbage) {
  Rng rng(3);
  for (int i = 0; i < 30; ++i) {
    std::string bytes;
    for (int k = 0; k < 300; ++k) {
      bytes += static_cast<char>(static_cast<uint8_t>(rng.Uniform(0, 255)));
    }
    WebClient client(server_->port());
    if (i % 3 != 0 && !client.Upgrade()) continue;
    client.Send(i % 3 == 1 ? bytes + "\r\n\r\n" : bytes);
  }
  EXPECT_THAT(WebClient(server_->port())
                  .Get("/live", "X: " + std::string(9000, 'x') + "\r\n"),
              testing::Not(HasSubstr("the page")));
  EXPECT_THAT(WebClient(server_->port()).Get("/live"), HasSubstr("the page"));
}

TEST_F(PoseServerTest, SaysWhyItCantListen) {
  EXPECT_THAT(ErrorOf([] {
                OpenPoseServer({.listen = {"0.0.0.0", 0}});
              }).what(),
              HasSubstr("--token"));
  EXPECT_EQ(ErrorOf([] {
              OpenPoseServer({.listen = {"example.org", 0}});
            }).kind(),
            ErrorKind::kUsage);
  const Error taken = ErrorOf([&] {
    OpenPoseServer({.listen = {"127.0.0.1", server_->port()}});
  });
  EXPECT_EQ(taken.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(taken.what(), HasSubstr("in use"));
}

}  // namespace
}  // namespace edge_int8

#include "src/live/socket_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/live/board_lines.h"
#include "tests/live/senders.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class SocketStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!EDGE_INT8_HAVE_BOOST) GTEST_SKIP() << "this build has no Boost";
  }
};

std::string ReadAll(LiveStream& stream) {
  std::string text;
  std::vector<char> room(1000);
  while (const std::size_t got = stream.Read(room)) {
    text.append(room.data(), got);
  }
  return text;
}

TEST_F(SocketStreamTest, ReadsATcpSenderToItsEnd) {
  TcpSender sender;
  const StopFlag stop = false;
  const auto stream = OpenSocket(ParseSource(sender.source()), stop);
  const std::string text = Joined(BoardLines(300));
  std::thread later([&] { sender.SendAndClose(text); });
  EXPECT_EQ(ReadAll(*stream), text);
  later.join();
}

TEST_F(SocketStreamTest, TellsWhenTheBoardIsGone) {
  PseudoTerminal board;
  const StopFlag stop = false;
  const auto stream = OpenSocket(ParseSource("serial:" + board.path()), stop);
  board.Write("one line\n");
  std::vector<char> room(100);
  EXPECT_EQ(stream->Read(room), 9u);
  board.Close();
  const Error error = ErrorOf([&] { stream->Read(room); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("the board is gone"));
}

TEST_F(SocketStreamTest, EndsADatagramAsALine) {
  StopFlag stop = false;
  const int port = FreeUdpPort();
  const auto stream =
      OpenSocket(ParseSource(fmt::format("udp:127.0.0.1:{}", port)), stop);
  const UdpSender sender(port);
  sender.Send("one");
  sender.Send("");
  sender.Send("two\nthree\n");
  std::string text;
  std::vector<char> room(5);  // less than a datagram
  while (text.size() < 14) text.append(room.data(), stream->Read(room));
  EXPECT_EQ(text, "one\ntwo\nthree\n");
}

TEST_F(SocketStreamTest, StopsWaiting) {
  StopFlag stop = false;
  const auto stream = OpenSocket(
      ParseSource(fmt::format("udp:127.0.0.1:{}", FreeUdpPort())), stop);
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(30));
    stop = true;
  });
  EXPECT_EQ(ReadAll(*stream), "");
  later.join();
}

TEST_F(SocketStreamTest, SaysWhyItCantBeOpened) {
  const StopFlag stop = false;
  for (const auto& [source, what] :
       {std::pair{"serial:/dev/none", "can't be opened"},
        {"serial:/dev/null", "can't be opened"},
        {"udp:8.8.8.8:5500", "can't be listened to"},
        {"udp:nowhere.invalid:5500", "no address"},
        {"tcp:127.0.0.1:1", "can't be connected to"}}) {
    const Error error = ErrorOf([&] { OpenSocket(ParseSource(source), stop); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << source;
    EXPECT_THAT(error.what(), HasSubstr(what));
  }
}

}  // namespace
}  // namespace edge_int8

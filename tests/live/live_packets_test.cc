#include "src/live/live_packets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "src/base/seconds.h"
#include "tests/live/board_lines.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

int64_t CountPackets(LivePackets& packets) {
  CsiPacket packet;
  int64_t count = 0;
  while (packets.Next(packet)) ++count;
  return count;
}

TEST(OpenFile, ReadsAFileAndAPipeToTheirEnds) {
  const TempFolder folder;
  const StopFlag stop = false;
  const std::string text = Joined(BoardLines(50));
  const auto file = folder.Write("csi.csv", text);
  EXPECT_EQ(CountPackets(*TextPackets("", OpenFile(file, stop), "")), 46);

  const std::string pipe = folder / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] {
    std::this_thread::sleep_for(milliseconds(20));  // It waits for a writer.
    std::ofstream(pipe) << text;
  });
  EXPECT_EQ(CountPackets(*TextPackets("", OpenFile(pipe, stop), "")), 46);
  writer.join();
}

TEST(OpenFile, StopsWaiting) {
  const TempFolder folder;
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  StopFlag stop = false;
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(30));
    stop = true;
  });
  EXPECT_EQ(CountPackets(*TextPackets("", OpenFile(pipe, stop), "")), 0);
  later.join();
}

TEST(OpenFile, SaysWhatItIsNot) {
  const TempFolder folder;
  const StopFlag stop = false;
  EXPECT_EQ(ErrorOf([&] { OpenFile(folder / "none", stop); }).kind(),
            ErrorKind::kBadInput);
  EXPECT_THAT(ErrorOf([&] { OpenFile(folder.path(), stop); }).what(),
              HasSubstr("is a folder"));
}

TEST(Paced, PlaysAtItsOwnTimesTimesTheSpeed) {
  const StopFlag stop = false;
  const auto start = steady_clock::now();
  const auto packets = Paced(PacketsOf(Joined(BoardLines(101))), 10, stop);
  EXPECT_EQ(CountPackets(*packets), 93);  // of a second
  EXPECT_GE(SecondsSince(start), 0.099);
  EXPECT_LT(SecondsSince(start), 2);
}

TEST(Paced, DoesNotWaitForWhatWasCutOut) {
  const StopFlag stop = false;
  const auto start = steady_clock::now();
  const std::string text =
      BoardLine(0, 1) + BoardLine(3'000'000'000, 2) + BoardLine(10, 3);
  EXPECT_EQ(CountPackets(*Paced(PacketsOf(text), 1, stop)), 3);
  EXPECT_LT(SecondsSince(start), 1);
}

}  // namespace
}  // namespace edge_int8

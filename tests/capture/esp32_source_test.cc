#include "src/capture/esp32_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/capture/time_text.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Read {
  std::vector<CsiPacket> packets;
  LeftOut left_out;
};

Read ReadAll(const std::string& text, const std::string& time = "") {
  MemoryStream bytes(std::as_bytes(std::span(text)));
  Esp32Source source("c.csv", bytes, time);
  Read read;
  CsiPacket packet;
  while (source.Next(packet)) read.packets.push_back(packet);
  read.left_out = source.left_out();
  return read;
}

// A line of an ESP32 and one of a C6, of the values given.
std::string Line(const std::string& values, int length,
                 const std::string& time = "1000") {
  return "CSI_DATA,0,02:00:00:00:00:01,-43,11,1,5,0,1,1,0,1,0,0,-95,0,11,0," +
         time + ",0,83,0," + std::to_string(length) + ",0,\"[" + values +
         "]\"\n";
}

TEST(Esp32Source, ReadsLinesWithoutAHeaderByTheirNumberOfColumns) {
  const Read read = ReadAll(
      Line("1,2,-3,4", 4) +
      "CSI_DATA,7,0a:00:00:00:00:01,-43,11,-95,0,40,6,2000,83,0,4,0,"
      "\"[5,6,7,8]\"\n"
      // ESP32-CSI-Tool's
      "CSI_DATA,AP,02:00:00:00:00:01,-43,11,1,5,0,1,1,0,1,0,0,-95,0,11,0,3000,"
      "0,83,0,1,5.5,4,[9 10 11 12 ]\n");
  ASSERT_EQ(read.packets.size(), 3u);
  EXPECT_EQ(read.packets[0].time_ns, 1'000'000);
  EXPECT_THAT(read.packets[0].a, ElementsAre(2, 4));
  EXPECT_THAT(read.packets[0].b, ElementsAre(1, -3));
  EXPECT_EQ(read.packets[1].time_ns, 2'000'000);
  EXPECT_EQ(read.packets[1].link.sender, 0x0a0000000001u);
  EXPECT_EQ(read.packets[2].time_ns, 3'000'000);
  EXPECT_THAT(read.packets[2].a, ElementsAre(10, 12));
  EXPECT_TRUE(read.left_out.empty());
}

TEST(Esp32Source, AHeaderNamesColumnsOfOtherOrders) {
  const Read read = ReadAll(
      "type,mac,len,data,host_epoch\n"
      "CSI_DATA,02:00:00:00:00:01,2,\"[1,2]\",1786700249.5\n"
      "CSI_DATA,02:00:00:00:00:01,2,\"[3,4]\",\n");
  ASSERT_EQ(read.packets.size(), 1u);
  EXPECT_EQ(read.packets[0].time_ns, 1786700249500000000);
  EXPECT_EQ(read.left_out.at("packets without a time stamp"), 1);
}

TEST(Esp32Source, TakesTheHostsTimeBeforeTheLine) {
  const Read read =
      ReadAll("1786700249.25 " + Line("1,2", 2) + "[2026-01-31 12:00:00.5] " +
              Line("1,2", 2) + "I (123) csi: " + Line("1,2", 2, "77"));
  ASSERT_EQ(read.packets.size(), 3u);
  EXPECT_EQ(read.packets[0].time_ns, 1786700249250000000);
  EXPECT_EQ(read.packets[1].time_ns, 1769860800500000000);
  EXPECT_EQ(read.packets[2].time_ns, 77'000);
}

TEST(Esp32Source, LeavesOutWhatWasCutAndKeepsWhatFollowsOnTheLine) {
  const std::string whole = Line("1,2,3,4", 4);
  const Read read =
      ReadAll(whole.substr(0, 60) + whole +  // lost its end
              whole.substr(0, whole.size() - 4) + "\n" + Line("1,2,34", 4) +
              Line("1,2-3,4", 4) + Line("1,2,3,4,5,6", 4) + "boot: ok\n" +
              Line("", 0) + Line("1,99999", 2) + whole);
  EXPECT_EQ(read.packets.size(), 2u);
  EXPECT_EQ(read.left_out.at("packets cut or malformed"), 4);
  EXPECT_EQ(read.left_out.at("packets with fewer or more values than they say"),
            3);
  EXPECT_EQ(read.left_out.at("lines that hold no packet"), 1);
}

TEST(Esp32Source, TheFirstTwoSubcarriersAreNothingWhereTheChipSaysSo) {
  std::string line = Line("83,-80,4,5,7,8", 6);
  line.replace(line.find(",6,0,"), 5, ",6,1,");
  EXPECT_THAT(ReadAll(line).packets.at(0).a, ElementsAre(0, 0, 8));
}

TEST(Esp32Source, UnwrapsTheChipsClock) {
  const Read read = ReadAll(Line("1,2", 2, "4294967000") +
                            Line("1,2", 2, "1704") + Line("1,2", 2, "1600"));
  ASSERT_EQ(read.packets.size(), 3u);
  EXPECT_EQ(read.packets[1].time_ns - read.packets[0].time_ns, 2'000'000);
  EXPECT_EQ(read.packets[2].time_ns - read.packets[1].time_ns, -104'000);
}

TEST(Esp32Source, ReadsTablesOfDecodedLists) {
  const Read read = ReadAll(
      "\xef\xbb\xbf"
      "t,mac,num_subcarriers,amplitude,phase\n"
      "1.5,02:00:00:00:00:01,2,\"[1.5, 2]\",\"[0.5, -0.5]\"\n"
      "1.6,02:00:00:00:00:01,2,\"[1.5]\",\"[0.5]\"\n"
      "1.7,02:00:00:00:00:01,2,\"[1.5, nan]\",\"[0.5, 1]\"\n"
      "1.8,02:00:00:00:00:01,2,\"[1.5, 2]\",\"[0.5\n"
      "1.9,,2,\"[1.5, 2]\",\"[0.5, 1]\"\n");
  ASSERT_EQ(read.packets.size(), 1u);
  EXPECT_TRUE(read.packets[0].polar);
  EXPECT_EQ(read.packets[0].time_ns, 1'500'000'000);
  EXPECT_THAT(read.packets[0].a, ElementsAre(1.5f, 2));
  EXPECT_THAT(read.packets[0].b, ElementsAre(0.5f, -0.5f));
  EXPECT_EQ(read.left_out.at("packets cut or malformed"), 3);
}

TEST(Esp32Source, ReadsObjectsWithHexadecimalBytes) {
  const Read read = ReadAll(
      "{\"timestamp\": 2.5, \"node_id\": 3, \"iq_hex\": \"01ff7f80\", "
      "\"subcarriers\": 2}\n{\"timestamp\": 2.6, \"iq_hex\": \"01f");
  ASSERT_EQ(read.packets.size(), 1u);
  EXPECT_THAT(read.packets[0].b, ElementsAre(1, 127));
  EXPECT_THAT(read.packets[0].a, ElementsAre(-1, -128));
  EXPECT_EQ(read.packets[0].link.sender, 3u);
  EXPECT_EQ(read.packets[0].time_ns, 2'500'000'000);
}

TEST(Esp32Source, RefusesATimeColumnThatIsNotThere) {
  const Error error =
      ErrorOf([] { ReadAll("t,mac,data\n1,2,\"[1,2]\"\n", "when"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("no column is named 'when'"));
}

}  // namespace
}  // namespace edge_int8

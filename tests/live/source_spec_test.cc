#include "src/live/source_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

TEST(ParseSource, KnowsEveryKind) {
  EXPECT_EQ(ParseSource("serial:/dev/ttyUSB0").path, "/dev/ttyUSB0");
  EXPECT_EQ(ParseSource("file:a:b.csv").path, "a:b.csv");
  EXPECT_EQ(ParseSource("replay:x").kind, SourceKind::kReplay);
  EXPECT_EQ(ParseSource("udp:5500").place.port, 5500);
  EXPECT_EQ(ParseSource("udp:5500").place.host, "");
  EXPECT_EQ(ParseSource("udp:127.0.0.1:5500").place.host, "127.0.0.1");
  const SourceSpec tcp = ParseSource("tcp:[::1]:80");
  EXPECT_EQ(tcp.place.host, "::1");
  EXPECT_EQ(tcp.place.port, 80);
  EXPECT_TRUE(tcp.is_live());
  EXPECT_FALSE(ParseSource("file:-").is_live());
}

TEST(ParseSource, RefusesWhatIsNone) {
  for (const char* text : {"", "serial", "serial:", "usb:1", "udp:", "udp:x",
                           "udp:70000", "udp:host:", "tcp:host", "tcp::5",
                           "tcp:host:0", "tcp:::1:5", "tcp:host:5x", "file:"}) {
    EXPECT_EQ(ErrorOf([&] { ParseSource(text); }).kind(), ErrorKind::kUsage)
        << text;
  }
  EXPECT_THAT(ErrorOf([] { ParseSource("tcp:::1:5"); }).what(),
              HasSubstr("brackets"));
}

}  // namespace
}  // namespace edge_int8

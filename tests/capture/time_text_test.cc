#include "src/capture/time_text.h"

#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

TEST(ParseTime, KeepsEveryDigitOfAnEpoch) {
  EXPECT_EQ(ParseTime("1786700249.123456789", kSecond), 1786700249123456789);
  EXPECT_EQ(ParseTime("-0.05", kSecond), -50'000'000);
  EXPECT_EQ(ParseTime("13924992", 1000), 13924992000);
  EXPECT_EQ(ParseTime("1.5e3", kSecond), 1500 * kSecond);
  EXPECT_EQ(ParseTime("+2", kSecond), 2 * kSecond);
  EXPECT_EQ(ParseTime(".5", kSecond), kSecond / 2);
}

TEST(ParseTime, ReadsDates) {
  EXPECT_EQ(ParseTime("1970-01-02 00:00:01.5", 1), 86401 * kSecond + 500000000);
  EXPECT_EQ(ParseTime("2026-01-31T12:00:00Z", 1), 1769860800 * kSecond);
  EXPECT_EQ(ParseTime("2026-01-31T12:00:00+02:00", 1), 1769853600 * kSecond);
  EXPECT_EQ(ParseTime("2026/01/31 12:00:00,25", 1),
            1769860800 * kSecond + 250000000);
}

TEST(ParseTime, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "abc", "1.2.3", "12x", "nan", "inf", "1e30", "99999999999999999",
        "2026-13-31 12:00:00", "2026-01-31 25:00:00", "2026-01-31 12:00", "-",
        "2026-01-31 12:00:00 pm"}) {
    EXPECT_EQ(ParseTime(text, kSecond), std::nullopt) << text;
  }
}

TEST(UnitOfColumn, FollowsTheNameThenTheSize) {
  EXPECT_EQ(UnitOfColumn("local_timestamp"), 1000);
  EXPECT_EQ(UnitOfColumn("time_ms"), 1'000'000);
  EXPECT_EQ(UnitOfColumn("time"), 0);
  EXPECT_EQ(UnitOfValue("1786700249.5"), kSecond);
  EXPECT_EQ(UnitOfValue("1786700249500"), 1'000'000);
  EXPECT_EQ(UnitOfValue("1786700249500000"), 1000);
  EXPECT_EQ(UnitOfValue("1786700249500000000"), 1);
}

}  // namespace
}  // namespace edge_int8

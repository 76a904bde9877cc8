#include "src/base/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>
#include <thread>

namespace edge_int8 {
namespace {

TEST(FormatDuration, ShowsTheTwoLargestUnits) {
  EXPECT_EQ(FormatDuration(0), "0s");
  EXPECT_EQ(FormatDuration(12.4), "12s");
  EXPECT_EQ(FormatDuration(59.4), "59s");
  EXPECT_EQ(FormatDuration(59.5), "1m00s");
  EXPECT_EQ(FormatDuration(187), "3m07s");
  EXPECT_EQ(FormatDuration(3599.6), "1h00m");
  EXPECT_EQ(FormatDuration(3720), "1h02m");
  EXPECT_EQ(FormatDuration(100 * 3600), "100h00m");
}

TEST(FormatDuration, SurvivesWhatIsNoDuration) {
  EXPECT_EQ(FormatDuration(-3), "0s");
  EXPECT_EQ(FormatDuration(std::numeric_limits<double>::infinity()), "?");
  EXPECT_EQ(FormatDuration(std::numeric_limits<double>::quiet_NaN()), "?");
  EXPECT_EQ(FormatDuration(1e300), "?");
}

TEST(FormatProgress, ShowsCountRateAndTimeLeft) {
  EXPECT_EQ(FormatProgress("evaluate fp32", 512, 2048, "windows", 4),
            "evaluate fp32: 512/2048 windows, 128/s, 12s left");
}

TEST(FormatProgress, ShowsSlowRatesWithADecimal) {
  EXPECT_EQ(FormatProgress("train", 3, 10, "epochs", 6),
            "train: 3/10 epochs, 0.5/s, 14s left");
}

TEST(FormatProgress, HasNoTimeLeftBeforeAnythingIsDone) {
  EXPECT_EQ(FormatProgress("scan", 0, 10, "files", 3),
            "scan: 0/10 files, 0.0/s, ? left");
}

TEST(FormatProgress, MoreDoneThanPromisedLeavesNoTime) {
  EXPECT_EQ(FormatProgress("scan", 12, 10, "files", 3),
            "scan: 12/10 files, 4.0/s, 0s left");
}

TEST(Progress, IsSilentForQuickWork) {
  testing::internal::CaptureStderr();
  {
    Progress progress("scan", 3, "files");
    for (int i = 0; i < 3; ++i) progress.Add();
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

// Work of its own time inside longer work: its line would hide the other's.
TEST(Progress, InsideAnotherOneItIsSilent) {
  testing::internal::CaptureStderr();
  {
    Progress outer("search", 2, "plans");
    Progress inner("repair", 2, "layers");
    std::this_thread::sleep_for(std::chrono::milliseconds(2050));
    inner.Add();
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    testing::internal::CaptureStderr();
    outer.Add();
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::HasSubstr("search: 1/2 plans"));
}

}  // namespace
}  // namespace edge_int8

#include "src/pose/file_sums.h"

#include <gtest/gtest.h>

#include <cmath>

#include "src/base/random.h"
#include "src/pose/paired_bootstrap.h"

namespace edge_int8 {
namespace {

PoseTally Tally(int hits, double error) {
  PoseTally tally;
  tally.hits.fill(static_cast<uint8_t>(hits));
  tally.error_sum = error;
  return tally;
}

TEST(SumByFile, AddsTheWindowsOfEachFileInFileOrder) {
  PoseTally lost = Tally(0, 0);
  lost.finite = false;
  const std::vector<PoseTally> tallies = {Tally(15, 1), Tally(3, 2),
                                          Tally(5, 4), lost};
  const std::vector<FileSums> sums =
      SumByFile(tallies, std::vector<int>{7, 2, 7, 2});
  ASSERT_EQ(sums.size(), 2u);
  EXPECT_EQ(sums[0], (FileSums{2, 30, {3, 3, 3, 3, 3}, 2}));
  EXPECT_EQ(sums[1], (FileSums{7, 30, {20, 20, 20, 20, 20}, 5}));
}

TEST(PairedDifference, OfTwoFilesByHand) {
  // 15 joints each; b has 3 more hits in one file and 1 more in the other.
  const std::vector<FileSums> a = {{0, 15, {1, 1, 1, 1, 1}, 5},
                                   {1, 15, {2, 2, 2, 2, 2}, 5}};
  const std::vector<FileSums> b = {{0, 15, {4, 4, 4, 4, 4}, 2},
                                   {1, 15, {3, 3, 3, 3, 3}, 8}};
  const PairedDifference pck = PckDifference(a, b, 20);
  EXPECT_DOUBLE_EQ(pck.mean, 4.0 / 30);
  // Residuals +1 and -1: sqrt(2 * 2 / 1) / 30.
  EXPECT_DOUBLE_EQ(pck.standard_error, 2.0 / 30);
  EXPECT_TRUE(pck.Beyond(1.9));
  EXPECT_FALSE(pck.Beyond(2));
  const PairedDifference error = ErrorDifference(a, b);
  EXPECT_DOUBLE_EQ(error.mean, 0);
  EXPECT_FALSE(error.Beyond(0));
  EXPECT_DOUBLE_EQ(error.standard_error, 6.0 / 30);
}

TEST(PairedDifference, OneFileHasNoSpread) {
  const std::vector<FileSums> a = {{0, 15, {1, 1, 1, 1, 1}, 5}};
  const std::vector<FileSums> b = {{0, 15, {2, 2, 2, 2, 2}, 5}};
  EXPECT_EQ(PckDifference(a, b, 10).standard_error, 0);
  EXPECT_TRUE(PckDifference(a, b, 10).Beyond(2));
}

TEST(PairedDifference, RefusesOtherWindows) {
  const std::vector<FileSums> a = {{0, 15, {}, 5}};
  EXPECT_ANY_THROW(PckDifference(a, std::vector<FileSums>{{1, 15, {}, 5}}, 20));
  EXPECT_ANY_THROW(PckDifference(a, std::vector<FileSums>{{0, 30, {}, 5}}, 20));
  EXPECT_ANY_THROW(ErrorDifference(a, std::vector<FileSums>{}));
}

// Its standard error is that of the bootstrap over files.
TEST(PairedDifference, AgreesWithTheBootstrap) {
  Rng rng(5);
  std::vector<FileSums> a, b;
  for (int f = 0; f < 60; ++f) {
    const int64_t joints = 15 * (2 + static_cast<int64_t>(rng.Below(20)));
    FileSums sums{f, joints, {}, 0};
    sums.hits.fill(joints / 2);
    a.push_back(sums);
    sums.hits.fill(joints / 2 + static_cast<int64_t>(rng.Below(9)) - 3);
    b.push_back(sums);
  }
  const PairedDifference d = PckDifference(a, b, 20);
  const Interval i = PairedPckInterval(a, b, 20, {.resamples = 4000});
  EXPECT_NEAR((i.high - i.low) / (2 * 1.96), d.standard_error,
              0.06 * d.standard_error);
  EXPECT_NEAR((i.high + i.low) / 2, d.mean, 0.1 * d.standard_error);
}

TEST(PairedPckInterval, OfSumsIsThatOfTheTallies) {
  Rng rng(6);
  std::vector<PoseTally> a, b;
  std::vector<int> files;
  for (int w = 0; w < 100; ++w) {
    a.push_back(Tally(static_cast<int>(rng.Below(16)), 1));
    b.push_back(Tally(static_cast<int>(rng.Below(16)), 1));
    files.push_back(static_cast<int>(rng.Below(7)));
  }
  const Interval of_tallies = PairedPckInterval(a, b, files, 20);
  const Interval of_sums =
      PairedPckInterval(SumByFile(a, files), SumByFile(b, files), 20);
  EXPECT_EQ(of_tallies.low, of_sums.low);
  EXPECT_EQ(of_tallies.high, of_sums.high);
}

}  // namespace
}  // namespace edge_int8

#include "src/pose/paired_bootstrap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "src/base/parallel.h"
#include "src/base/random.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

struct Paired {
  std::vector<PoseTally> a, b;
  std::vector<int> files;

  // `windows` windows of one file with these hits of 15 at PCK@20.
  void Add(int file, int windows, int a_hits, int b_hits) {
    for (int i = 0; i < windows; ++i) {
      a.push_back({.hits = {0, static_cast<uint8_t>(a_hits), 15, 15, 15}});
      b.push_back({.hits = {0, static_cast<uint8_t>(b_hits), 15, 15, 15}});
      files.push_back(file);
    }
  }
  Interval At20(const BootstrapOptions& options = {}) const {
    return PairedPckInterval(a, b, files, 20, options);
  }
};

Paired RandomPair(int files, uint64_t seed) {
  Rng rng(seed);
  Paired pair;
  for (int file = 0; file < files; ++file) {
    const int loss = static_cast<int>(rng.Below(3));
    const int windows = 1 + static_cast<int>(rng.Below(20));
    for (int i = 0; i < windows; ++i) {
      const int hits = 5 + static_cast<int>(rng.Below(11));
      pair.Add(file, 1, hits, hits - loss);
    }
  }
  return pair;
}

TEST(PairedBootstrap, OfAModelWithItselfIsExactlyZero) {
  const Paired pair = RandomPair(20, 1);
  const Interval interval = PairedPckInterval(pair.a, pair.a, pair.files, 20);
  EXPECT_EQ(interval.low, 0);
  EXPECT_EQ(interval.high, 0);
}

TEST(PairedBootstrap, OfOneFileIsThePointDifference) {
  Paired pair;
  pair.Add(7, 3, 15, 12);
  pair.Add(7, 1, 15, 15);
  EXPECT_EQ(pair.At20().low, -9.0 / 60);
  EXPECT_EQ(pair.At20().high, -9.0 / 60);
}

// Both files, twice one, or twice the other: 1/2, 1/4 and 1/4 of resamples, so
// the outer 2.5% lie at the two extremes.
TEST(PairedBootstrap, OfTwoFilesSpansBoth) {
  Paired pair;
  pair.Add(0, 10, 15, 15);
  pair.Add(1, 10, 15, 12);
  EXPECT_EQ(pair.At20().low, -0.2);
  EXPECT_EQ(pair.At20().high, 0);
}

TEST(PairedBootstrap, LooksAtTheThresholdItIsAskedFor) {
  Paired pair;
  pair.Add(0, 10, 15, 3);
  EXPECT_EQ(PairedPckInterval(pair.a, pair.b, pair.files, 50).low, 0);
  EXPECT_EQ(PairedPckInterval(pair.a, pair.b, pair.files, 20).low, -0.8);
}

// The same resamples drawn window by window and scored by the metric itself.
TEST(PairedBootstrap, EqualsScoringEveryResampleInFull) {
  const Paired pair = RandomPair(12, 3);
  std::map<int, std::vector<std::size_t>> windows_of;
  for (std::size_t i = 0; i < pair.files.size(); ++i) {
    windows_of[pair.files[i]].push_back(i);
  }
  const BootstrapOptions options{.resamples = 41, .seed = 5};
  std::vector<double> differences;
  for (uint64_t resample = 0; resample < 41; ++resample) {
    Rng rng = Rng(options.seed).Fork(resample);
    std::vector<PoseTally> a, b;
    for (int draw = 0; draw < 12; ++draw) {
      for (const std::size_t i : windows_of[static_cast<int>(rng.Below(12))]) {
        a.push_back(pair.a[i]);
        b.push_back(pair.b[i]);
      }
    }
    differences.push_back(MergeTallies(b).Pck(20) - MergeTallies(a).Pck(20));
  }
  std::ranges::sort(differences);
  // Places 0.025 * 40 = 1 and 39 of 0..40. A difference of two rounded means
  // against one rounded difference: a few times 2^-53.
  const Interval interval = pair.At20(options);
  EXPECT_NEAR(interval.low, differences[1], 1e-15);
  EXPECT_NEAR(interval.high, differences[39], 1e-15);
}

TEST(PairedBootstrap, InterpolatesBetweenResamples) {
  const Paired pair = RandomPair(12, 3);
  // Two resamples: places 0.025 and 0.975 of the way from one to the other.
  const Interval wide =
      pair.At20({.resamples = 2, .seed = 6, .confidence = 0.999999999});
  const Interval narrow = pair.At20({.resamples = 2, .seed = 6});
  const double span = wide.high - wide.low;
  ASSERT_GT(span, 0);
  EXPECT_NEAR(narrow.low, wide.low + 0.025 * span, 1e-9);
  EXPECT_NEAR(narrow.high, wide.high - 0.025 * span, 1e-9);
}

// For many equal files the interval nears mean +- 1.96 * deviation / sqrt(n).
TEST(PairedBootstrap, NearsTheNormalIntervalForManyFiles) {
  Paired pair;
  for (int file = 0; file < 200; ++file) pair.Add(file, 4, 15, 15 - file % 4);
  const double mean = -0.1, deviation = std::sqrt(1.25) / 15;
  const double half = 1.96 * deviation / std::sqrt(200);
  EXPECT_NEAR(pair.At20().low, mean - half, 0.15 * half);
  EXPECT_NEAR(pair.At20().high, mean + half, 0.15 * half);
}

TEST(PairedBootstrap, DependsOnTheSeedAndOnNothingElse) {
  const Paired pair = RandomPair(20, 4);
  const Interval first = pair.At20();
  Paired reversed = pair;
  std::ranges::reverse(reversed.a);
  std::ranges::reverse(reversed.b);
  std::ranges::reverse(reversed.files);
  for (const int threads : {1, 4, 0}) {
    SetThreads(threads);
    EXPECT_EQ(pair.At20().low, first.low);
    EXPECT_EQ(reversed.At20().low, first.low);
    EXPECT_EQ(reversed.At20().high, first.high);
  }
  EXPECT_NE(pair.At20({.seed = 43}).low, first.low);
}

TEST(PairedBootstrap, OfNoWindowsIsBadInput) {
  EXPECT_EQ(ErrorOf([] { Paired().At20(); }).kind(), ErrorKind::kBadInput);
}

TEST(PairedBootstrap, OfModelsScoredOnDifferentWindowsIsABug) {
  Paired pair = RandomPair(3, 5);
  pair.b.pop_back();
  EXPECT_EQ(ErrorOf([&] { pair.At20(); }).kind(), ErrorKind::kInternal);
}

TEST(PairedBootstrap, OfErrorsIsAPointWhereEveryWindowMovesAlike) {
  Paired pair = RandomPair(4, 5);
  for (std::size_t i = 0; i < pair.a.size(); ++i) {
    pair.b[i] = pair.a[i];
    pair.b[i].error_sum += 0.25 * static_cast<double>(pair.a[i].joints);
  }
  const Interval moved = PairedErrorInterval(pair.a, pair.b, pair.files);
  EXPECT_NEAR(moved.low, 0.25, 1e-12);
  EXPECT_NEAR(moved.high, 0.25, 1e-12);
}

TEST(Judge, GoesByTheEndsOfTheInterval) {
  EXPECT_EQ(Judge({-0.0005, 0.0002}, 0.001), Verdict::kNotWorse);
  EXPECT_EQ(Judge({-0.001, 0.0}, 0.001), Verdict::kNotWorse);
  EXPECT_EQ(Judge({0, 0}, 0.001), Verdict::kNotWorse);
  EXPECT_EQ(Judge({0.01, 0.02}, 0.001), Verdict::kBetter);
  EXPECT_EQ(Judge({-0.0011, 0.0}, 0.001), Verdict::kInconclusive);
  EXPECT_EQ(Judge({-0.002, -0.001}, 0.001), Verdict::kInconclusive);
  EXPECT_EQ(Judge({-0.002, -0.0011}, 0.001), Verdict::kWorse);
}

TEST(Judge, KnowsNothingFromNan) {
  const double nan = std::nan("");
  EXPECT_EQ(Judge({nan, nan}, 0.001), Verdict::kInconclusive);
}

TEST(Verdict, HasAName) {
  EXPECT_EQ(VerdictName(Verdict::kBetter), "better");
  EXPECT_EQ(VerdictName(Verdict::kNotWorse), "not worse");
  EXPECT_EQ(VerdictName(Verdict::kWorse), "worse");
  EXPECT_EQ(VerdictName(Verdict::kInconclusive), "inconclusive");
}

}  // namespace
}  // namespace edge_int8

#include "src/quantize/search/plan_ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

using testing::ElementsAre;

// Four files of 150 joints; hits and errors by file.
ScoredPlan Scored(int64_t bytes, std::vector<int64_t> hits,
                  std::vector<double> errors) {
  ScoredPlan plan;
  plan.bits = {static_cast<int>(bytes)};
  plan.score.bytes = bytes;
  int64_t sum = 0;
  for (std::size_t f = 0; f < hits.size(); ++f) {
    FileSums sums{static_cast<int>(f), 150, {}, errors[f]};
    sums.hits.fill(hits[f]);
    sum += hits[f];
    plan.score.files.push_back(sums);
  }
  plan.score.score.pck.fill(static_cast<double>(sum) / 600);
  return plan;
}

const std::vector<int64_t> kHits = {140, 141, 142, 143};
const std::vector<double> kErrors = {5, 5, 5, 5};

TEST(CompareScores, ClearlyMoreHitsWin) {
  const ScoredPlan a = Scored(1, {145, 146, 147, 148}, {9, 9, 9, 9});
  const ScoredPlan b = Scored(1, kHits, kErrors);
  EXPECT_LT(CompareScores(a.score, b.score, 20), 0);
  EXPECT_GT(CompareScores(b.score, a.score, 20), 0);
}

// One joint more in one file is noise; errors that fall in every file are not.
TEST(CompareScores, TheMeanErrorBreaksTies) {
  const ScoredPlan a = Scored(1, {141, 141, 142, 143}, {5.1, 5.2, 5.3, 5.2});
  const ScoredPlan b = Scored(1, kHits, kErrors);
  EXPECT_GT(CompareScores(a.score, b.score, 20), 0);
  EXPECT_LT(CompareScores(b.score, a.score, 20), 0);
}

TEST(CompareScores, NoiseInBothIsATie) {
  const ScoredPlan a = Scored(1, {141, 141, 142, 143}, {5.5, 4.6, 5, 5});
  const ScoredPlan b = Scored(1, kHits, kErrors);
  EXPECT_EQ(CompareScores(a.score, b.score, 20), 0);
  EXPECT_EQ(CompareScores(b.score, a.score, 20), 0);
}

TEST(Prefers, TheCheaperOfATie) {
  EXPECT_TRUE(
      Prefers(Scored(1, kHits, kErrors), Scored(2, kHits, kErrors), {}));
  EXPECT_FALSE(
      Prefers(Scored(2, kHits, kErrors), Scored(1, kHits, kErrors), {}));
}

TEST(Prefers, WhatMeetsTheLimitsWhateverItsScore) {
  SearchLimits limits;
  limits.max_bytes = 10;
  const ScoredPlan fits = Scored(10, {10, 10, 10, 10}, kErrors);
  const ScoredPlan large = Scored(11, kHits, kErrors);
  EXPECT_TRUE(Prefers(fits, large, limits));
  EXPECT_FALSE(Prefers(large, fits, limits));
  limits = {};
  limits.max_macs_cost = 0.5;
  ScoredPlan cheap = Scored(11, {10, 10, 10, 10}, kErrors);
  cheap.macs_cost = 0.5;
  EXPECT_TRUE(Prefers(cheap, Scored(1, kHits, kErrors), limits));
}

TEST(Prefers, TheSmallestThatReachesTheAskedPck) {
  SearchLimits limits;
  limits.min_pck = 0.9;
  const ScoredPlan small = Scored(5, {135, 135, 135, 135}, kErrors);
  const ScoredPlan better = Scored(6, kHits, kErrors);
  const ScoredPlan worse = Scored(1, {134, 135, 135, 135}, kErrors);
  EXPECT_TRUE(Prefers(small, better, limits));
  EXPECT_TRUE(Prefers(small, worse, limits));
  EXPECT_TRUE(Prefers(better, worse, limits));
  EXPECT_EQ(Best({worse, better, small}, limits), 2);
  // Out of reach: none, and of two that miss it the better score.
  limits.min_pck = 0.99;
  EXPECT_EQ(Best({worse, better, small}, limits), -1);
  EXPECT_TRUE(Prefers(better, small, limits));
}

TEST(Prefers, ARefusedPlanNever) {
  ScoredPlan refused;
  refused.score.refused = "an accumulator could overflow";
  const ScoredPlan plan = Scored(9, {0, 0, 0, 0}, kErrors);
  EXPECT_TRUE(Prefers(plan, refused, {}));
  EXPECT_FALSE(Prefers(refused, plan, {}));
  EXPECT_EQ(Best({refused}, {}), -1);
  EXPECT_THAT(ParetoFront({refused, plan}, 20), ElementsAre(1));
}

TEST(ParetoFront, LeavesOutWhatASmallerOneMatches) {
  const std::vector<ScoredPlan> plans = {
      Scored(9, {149, 149, 149, 149}, kErrors),  // the best
      Scored(4, kHits, kErrors),                 // the smallest good one
      Scored(6, kHits, kErrors),                 // the same for more bytes
      Scored(2, {100, 100, 100, 100}, kErrors),  // the smallest
      Scored(3, {90, 90, 90, 90}, kErrors)};     // worse than the smallest
  EXPECT_THAT(ParetoFront(plans, 20), ElementsAre(3, 1, 0));
}

TEST(ParetoFront, KeepsWhatCostsFewerMacs) {
  ScoredPlan light = Scored(6, kHits, kErrors);
  light.macs_cost = 0.5;
  const std::vector<ScoredPlan> plans = {Scored(4, kHits, kErrors), light};
  EXPECT_THAT(ParetoFront(plans, 20), ElementsAre(0, 1));
}

}  // namespace
}  // namespace edge_int8

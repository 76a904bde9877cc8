#include "src/quantize/search/bit_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/quantize/search/known_scores.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

const ScoredPlan& Chosen(const SearchOutcome& outcome) {
  return outcome.plans.at(static_cast<std::size_t>(outcome.chosen));
}

SearchLimits Bytes(int64_t most) {
  SearchLimits limits;
  limits.max_bytes = most;
  return limits;
}

TEST(SearchBits, FindsTheBestPlanUnderEveryByteLimit) {
  int best_found = 0;
  int tried = 0;
  for (int64_t limit = 1630; limit <= 2400; limit += 35) {
    KnownScores known;
    const SearchOutcome outcome = known.Search(Bytes(limit));
    double least = std::numeric_limits<double>::max();
    for (const Bits& bits : known.AllPlans()) {
      if (known.Score(bits).bytes <= limit) {
        least = std::min(least, known.LossOf(bits));
      }
    }
    ASSERT_GE(outcome.chosen, 0) << limit;
    const ScoredPlan& chosen = Chosen(outcome);
    EXPECT_LE(chosen.score.bytes, limit);
    // Greedy steps and single exchanges: the best of all is not promised.
    EXPECT_LE(known.LossOf(chosen.bits), 1.1 * least) << limit;
    best_found += known.LossOf(chosen.bits) == least ? 1 : 0;
    ++tried;
  }
  EXPECT_GE(best_found, tried * 3 / 4);
}

TEST(SearchBits, AnImpossibleLimitChoosesNothing) {
  KnownScores known;
  EXPECT_EQ(known.Search(Bytes(1100)).chosen, -1);
}

TEST(SearchBits, KeepsToTheMacsCost) {
  for (const double most : {0.5, 0.61, 0.75, 1.0}) {
    KnownScores known;
    SearchLimits limits;
    limits.max_macs_cost = most;
    const SearchOutcome outcome = known.Search(limits);
    ASSERT_GE(outcome.chosen, 0);
    EXPECT_LE(Chosen(outcome).macs_cost, most);
    EXPECT_LE(known.LossOf(Chosen(outcome).bits),
              known.LossOf(known.space.Uniform(4)));
  }
}

TEST(SearchBits, KeepsToBothLimits) {
  KnownScores known;
  SearchLimits limits = Bytes(1900);
  limits.max_macs_cost = 0.7;
  const SearchOutcome outcome = known.Search(limits);
  ASSERT_GE(outcome.chosen, 0);
  EXPECT_LE(Chosen(outcome).score.bytes, 1900);
  EXPECT_LE(Chosen(outcome).macs_cost, 0.7);
}

TEST(SearchBits, ReachesTheAskedPckWithFewBytes) {
  KnownScores known;
  SearchLimits limits;
  limits.min_pck = known.Score(known.space.Uniform(4)).score.Pck(20) + 0.01;
  const SearchOutcome outcome = known.Search(limits);
  ASSERT_GE(outcome.chosen, 0);
  EXPECT_GE(Chosen(outcome).score.score.Pck(20), *limits.min_pck);
  int64_t fewest = std::numeric_limits<int64_t>::max();
  for (const Bits& bits : known.AllPlans()) {
    const PlanScore score = known.Score(bits);
    if (score.score.Pck(20) >= *limits.min_pck) {
      fewest = std::min(fewest, score.bytes);
    }
  }
  EXPECT_LE(Chosen(outcome).score.bytes, fewest + 20);
  limits.min_pck = 0.9999;
  EXPECT_EQ(KnownScores().Search(limits).chosen, -1);
}

TEST(SearchBits, MeasuresNothingTwiceAndNoMoreThanItSaid) {
  KnownScores known;
  const BitSearchOptions options;
  const SearchOutcome outcome = known.Search(Bytes(1900), options);
  EXPECT_EQ(outcome.plans.size(), known.measured.size());
  const std::set<std::pair<Bits, Fit>> distinct(known.measured.begin(),
                                                known.measured.end());
  EXPECT_EQ(distinct.size(), known.measured.size());
  const auto count = [&](Fit fit) {
    return std::ranges::count_if(
        known.measured, [&](const auto& plan) { return plan.second == fit; });
  };
  const SearchEffort most = MostEffort(known.space, options);
  EXPECT_LE(count(Fit::kMixed), most.mixed);
  EXPECT_LE(count(Fit::kRepaired), most.repaired);
}

TEST(SearchBits, TheChosenPlanWasRepairedAsAWholeOrEquallyGoodWithoutIt) {
  KnownScores known;
  const SearchOutcome outcome = known.Search(Bytes(1900));
  const Bits bits = Chosen(outcome).bits;
  EXPECT_EQ(std::ranges::count(known.measured, std::pair(bits, Fit::kRepaired)),
            1);
}

TEST(SearchBits, MeasuresEachTensorAloneInBothUniformPlans) {
  KnownScores known;
  const SearchOutcome outcome = known.Search(Bytes(1900));
  EXPECT_EQ(outcome.sensitivities.size(), 16u);
  for (const Sensitivity& s : outcome.sensitivities) {
    // Mean over 45,000 joints of (1 + 1% + 2%) / 3 of the loss, three times.
    const double lost = known.Loss(s.unit, s.from) - known.Loss(s.unit, s.to);
    EXPECT_NEAR(s.error.mean, lost * 3.03 / 45000, 1e-12);
    EXPECT_EQ(s.bytes, known.Bytes(s.unit, s.to) - known.Bytes(s.unit, s.from));
    EXPECT_GE(s.pck.mean, 0);
  }
}

TEST(SearchBits, GoesAroundPlansThatCannotBeLowered) {
  KnownScores known;
  // Activation 5, "first.silu", with 16 bits into 8-bit weights overflows.
  known.refuse = [](const Bits& bits) { return bits[5] == 16; };
  const SearchOutcome outcome = known.Search(Bytes(1900));
  ASSERT_GE(outcome.chosen, 0);
  EXPECT_EQ(Chosen(outcome).bits[5], 8);
  EXPECT_TRUE(Chosen(outcome).score.refused.empty());
}

TEST(SearchBits, AModelThatDoesNotLowerAtAllIsBadInput) {
  KnownScores known;
  known.refuse = [](const Bits&) { return true; };
  const Error error = ErrorOf([&] { known.Search(Bytes(1900)); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), testing::HasSubstr("could overflow"));
}

TEST(SearchBits, TwoAndThreeBitsWhereMacsAreShort) {
  KnownScores known({{2, 3, 4, 8}, {8}});
  SearchLimits limits;
  limits.max_macs_cost = 0.45;
  const SearchOutcome outcome = known.Search(limits);
  ASSERT_GE(outcome.chosen, 0);
  const ScoredPlan& chosen = Chosen(outcome);
  EXPECT_LE(chosen.macs_cost, 0.45);
  // Two bits lose a hundred times as much as four.
  EXPECT_EQ(std::ranges::count(chosen.bits, 2), 0);
  EXPECT_GT(std::ranges::count(chosen.bits, 3), 0);
}

TEST(SearchBits, ASpaceOfOnePlanChoosesIt) {
  KnownScores known({{8}, {8}});
  const SearchOutcome outcome = known.Search(Bytes(5000));
  ASSERT_EQ(outcome.plans.size(), 1u);
  EXPECT_EQ(outcome.chosen, 0);
}

}  // namespace
}  // namespace edge_int8

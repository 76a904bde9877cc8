#include "src/quantize/search/bit_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/quantize/search/known_scores.h"

namespace edge_int8 {
namespace {

struct Measured {
  Measured() {
    SearchLimits limits;
    limits.max_bytes = 1900;
    outcome = known.Search(limits);
    costs.low_bytes = known.Score(known.space.Uniform(4)).bytes;
    costs.high_bytes = known.Score(known.space.Uniform(8)).bytes;
    costs.byte_weight = 1.0 / 1900;
  }
  BitPath Path() const {
    return BitPath(known.space, outcome.sensitivities, costs);
  }
  KnownScores known;
  SearchOutcome outcome;
  PathCosts costs;
};

TEST(BitPath, PredictsBytesAndWorthOfTensorsThatAdd) {
  const Measured m;
  const BitPath path = m.Path();
  const Bits low = m.known.space.Uniform(4);
  for (const Bits& bits : m.known.AllPlans()) {
    EXPECT_EQ(path.Bytes(bits), m.known.Score(bits).bytes);
    const double won = m.known.LossOf(low) - m.known.LossOf(bits);
    EXPECT_NEAR(path.Worth(bits), won * 3.03 / 45000, 1e-9);
  }
}

TEST(BitPath, WalksOneStepAtATimeToTheWidest) {
  const Measured m;
  const std::vector<Bits> walk = m.Path().Walk(m.Path().Narrowest());
  EXPECT_EQ(walk.front(), m.known.space.Uniform(4));
  ASSERT_EQ(walk.size(), 9u);
  for (std::size_t n = 1; n < walk.size(); ++n) {
    int changed = 0;
    for (std::size_t u = 0; u < walk[n].size(); ++u) {
      changed += walk[n][u] != walk[n - 1][u] ? 1 : 0;
      EXPECT_GE(walk[n][u], walk[n - 1][u]);
    }
    EXPECT_EQ(changed, 1);
  }
  // second.weight loses 40 for 137 bytes, more than any other weight.
  EXPECT_EQ(walk[2][1], 8);
}

TEST(BitPath, ImprovementsFitAndComeInTheOrderOfTheirWorth) {
  const Measured m;
  const BitPath path = m.Path();
  const Bits from = {8, 4, 4, 4, 8, 8, 8, 8};
  const auto fits = [&](const Bits& bits) { return path.Bytes(bits) <= 1900; };
  const std::vector<Bits> moves = path.Improvements(from, fits);
  ASSERT_FALSE(moves.empty());
  double last = path.Worth(moves[0]);
  for (const Bits& bits : moves) {
    EXPECT_TRUE(fits(bits));
    EXPECT_GT(path.Worth(bits), path.Worth(from));
    EXPECT_LE(path.Worth(bits), last);
    last = path.Worth(bits);
  }
  // first.weight makes room for second.weight, which is worth the most.
  EXPECT_EQ(moves[0][0], 4);
  EXPECT_EQ(moves[0][1], 8);
}

TEST(BitPath, SavingsAreStepsDownByWhatTheyLose) {
  const Measured m;
  const BitPath path = m.Path();
  const std::vector<Bits> moves = path.Savings(m.known.space.Uniform(8));
  ASSERT_EQ(moves.size(), 4u);  // the weights; activations have 8 bits
  EXPECT_EQ(moves.back()[1], 4);
  EXPECT_TRUE(path.Savings(m.known.space.Uniform(4)).empty());
}

TEST(BitPath, StartsAboveStepsThatWereNotMeasured) {
  const Measured m;
  std::vector<Sensitivity> some;
  for (const Sensitivity& s : m.outcome.sensitivities) {
    if (s.unit != 2 && s.unit != 6) some.push_back(s);
  }
  const BitPath path(m.known.space, some, m.costs);
  EXPECT_EQ(path.Narrowest(), (Bits{4, 4, 8, 4, 8, 8, 8, 8}));
  for (const Bits& bits : path.Walk(path.Narrowest())) {
    EXPECT_EQ(bits[2], 8);
    EXPECT_EQ(bits[6], 8);
  }
}

}  // namespace
}  // namespace edge_int8

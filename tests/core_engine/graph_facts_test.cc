#include "core/engine/graph_facts.h"

#include <gtest/gtest.h>

#include "tests/core_engine/random_wiflow.h"

namespace edge_int8::core {
namespace {

TEST(GraphFacts, HalfHasThePublishedWork) {
  const IntegerGraph graph = RandomWiflow(kWiflowShapes[1], kPlan8, 1).Build();
  EXPECT_EQ(CountMacs(graph), 23989200);
}

constexpr Target kTerm = {Type::kS16, TableKind::kNone, 8};

TEST(GraphFacts, ASumIsFusedIntoTheConvolutionBeforeIt) {
  RandomGraph g(1, 4, 1, 8);
  const int32_t a = g.Conv(0, 4, {}, kTerm);
  const int32_t b = g.Conv(0, 4, {}, kTerm);
  const IntegerGraph graph = g.Finish(g.Add({a, b}, kTerm));
  EXPECT_EQ(FusableSum(graph, 0), nullptr);  // Its sum does not come next.
  EXPECT_EQ(FusableSum(graph, 1), std::get_if<AddOp>(&graph.ops[2]));
  EXPECT_EQ(FusableSum(graph, 2), nullptr);
}

TEST(GraphFacts, ATermThatIsReadTwiceIsNotFused) {
  RandomGraph g(1, 4, 1, 8);
  const int32_t a = g.Conv(0, 4, {}, kTerm);
  const int32_t b = g.Conv(0, 4, {}, kTerm);
  const int32_t sum = g.Add({a, b}, kTerm);
  const IntegerGraph graph = g.Finish(g.Add({sum, b}, kTerm));
  EXPECT_EQ(FusableSum(graph, 1), nullptr);
  RandomGraph twice(1, 4, 1, 8);
  const int32_t c = twice.Conv(0, 4, {}, kTerm);
  EXPECT_EQ(FusableSum(twice.Finish(twice.Add({c, c}, kTerm)), 0), nullptr);
}

TEST(GraphFacts, IdentitiesTablesAndThreeTermsAreNotFused) {
  RandomGraph g(1, 4, 1, 8);
  const int32_t bytes = g.Conv(0, 4, {}, {});
  const int32_t a = g.Conv(0, 4, {}, kTerm);
  EXPECT_EQ(FusableSum(g.Finish(g.Add({a, bytes}, kTerm)), 1), nullptr);
  RandomGraph table(1, 4, 1, 8);
  const int32_t x = table.Conv(0, 4, {}, kTerm);
  const int32_t y = table.Conv(0, 4, {}, {Type::kS16, TableKind::kLookup, 8});
  EXPECT_EQ(FusableSum(table.Finish(table.Add({x, y}, kTerm)), 1), nullptr);
  RandomGraph three(1, 4, 1, 8);
  const int32_t p = three.Conv(0, 4, {}, kTerm);
  const int32_t q = three.Conv(0, 4, {}, kTerm);
  const int32_t r = three.Conv(0, 4, {}, kTerm);
  EXPECT_EQ(FusableSum(three.Finish(three.Add({p, q, r}, kTerm)), 2), nullptr);
}

}  // namespace
}  // namespace edge_int8::core

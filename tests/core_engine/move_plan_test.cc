// What repeats becomes loops: a planned move is as short as its description.
// That the loops are right is general_engine_test.cc's.
#include "core/engine/move_plan.h"

#include <gtest/gtest.h>

namespace edge_int8::core {
namespace {

IntegerGraph TwoTensors(const TensorSpec& in, const TensorSpec& out) {
  IntegerGraph graph;
  graph.tensors = {in, out};
  return graph;
}

MovePlan PlanOf(const IntegerGraph& graph, const MoveTerm& term) {
  return PlanMove({.output = 1, .terms = {term}}, PlanLayouts(graph));
}

TEST(MovePlan, ASliceOfChannelsIsOneNestOfRuns) {
  const MovePlan plan =
      PlanOf(TwoTensors({"x", 48, 4, 5}, {"y", 32, 4, 5}),
             {.input_offset = 16 * 20, .dims = {{32, 20, 20}, {20, 1, 1}}});
  ASSERT_EQ(plan.nests.size(), 1u);
  EXPECT_TRUE(plan.covers);
  EXPECT_EQ(plan.nests[0].from, 16);
  EXPECT_EQ(plan.nests[0].loops[0], (CopyLoop{32, 1, 1}));
  EXPECT_EQ(plan.nests[0].loops[1], (CopyLoop{20, 48, 32}));
}

TEST(MovePlan, AMergeOfAllAxesIsOneTranspose) {
  const MovePlan plan = PlanOf(TwoTensors({"x", 16, 3, 5}, {"y", 240, 1, 1}),
                               {.dims = {{240, 1, 1}}});
  ASSERT_EQ(plan.nests.size(), 1u);
  EXPECT_EQ(plan.nests[0].loops[0], (CopyLoop{15, 16, 1}));
  EXPECT_EQ(plan.nests[0].loops[1], (CopyLoop{16, 1, 15}));
}

TEST(MovePlan, WhatIsLeftOutIsSaid) {
  const IntegerGraph graph = TwoTensors({"x", 3, 1, 5}, {"y", 3, 1, 6});
  EXPECT_FALSE(PlanOf(graph, {.dims = {{3, 5, 6}, {5, 1, 1}}}).covers);
}

TEST(MovePlan, StepsBackwardsAreKept) {
  const MovePlan plan = PlanOf(TwoTensors({"x", 1, 1, 7}, {"y", 1, 1, 7}),
                               {.input_offset = 6, .dims = {{7, -1, 1}}});
  ASSERT_EQ(plan.nests.size(), 1u);
  EXPECT_EQ(plan.nests[0].loops[0], (CopyLoop{7, -1, 1}));
}

}  // namespace
}  // namespace edge_int8::core

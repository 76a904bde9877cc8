#include "src/export/export_operators.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

// u8 -> one operator -> s32 or what it writes.
core::IntegerGraph GraphOf(core::IntegerOp op, core::Type out) {
  core::IntegerGraph graph;
  graph.name = "one";
  graph.tensors = {{"input", 4, 1, 2, core::Type::kU8, 0},
                   {"y", 4, 1, 2, out, 0}};
  graph.ops.push_back(std::move(op));
  graph.output = 1;
  return graph;
}

TEST(FamilyObstacle, NamesTheOperator) {
  const auto graph = GraphOf(core::SoftmaxOp{0, 1}, core::Type::kS16);
  EXPECT_THAT(
      FamilyObstacle(graph),
      testing::AllOf(testing::HasSubstr("softmax"), testing::HasSubstr("(y)")));
}

TEST(FamilyObstacle, IsADifferenceOrARepeatedTerm) {
  core::AddOp sum;
  sum.terms = {{0, true, {1 << 30, 30}}, {0, true, {1 << 30, 30}, true}};
  sum.output = 1;
  EXPECT_THAT(FamilyObstacle(GraphOf(sum, core::Type::kS32)),
              testing::HasSubstr("difference"));
  sum.terms[1].negate = false;
  EXPECT_EQ(FamilyObstacle(GraphOf(sum, core::Type::kS32)), "");
  auto repeated = GraphOf(sum, core::Type::kS32);
  repeated.tensors[0].width = 1;
  EXPECT_THAT(FamilyObstacle(repeated), testing::HasSubstr("repeats"));
}

TEST(FamilyObstacle, IsAnotherFunction) {
  core::ConvOp conv;
  conv.output = 1;
  conv.activation.kind = core::TableKind::kLookup;
  conv.activation.function = "gelu";
  const auto graph = GraphOf(conv, core::Type::kS32);
  EXPECT_THAT(FamilyObstacle(graph), testing::HasSubstr("gelu"));
}

TEST(FamilyObstacle, IsAnEndThatTheFamilyHasNot) {
  core::PoolOp pool;
  pool.output = 1;
  auto graph = GraphOf(pool, core::Type::kS32);
  EXPECT_EQ(FamilyObstacle(graph), "");
  graph.tensors[0].zero_point = 3;
  EXPECT_THAT(FamilyObstacle(graph), testing::HasSubstr("zero point"));
  graph.tensors[0].zero_point = 0;
  graph.tensors[1].type = core::Type::kS16;
  EXPECT_THAT(FamilyObstacle(graph), testing::HasSubstr("output"));
}

}  // namespace
}  // namespace edge_int8

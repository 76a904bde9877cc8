// Every operator of the float graph as ONNX: the checker accepts it, shapes are
// the graph's, and what ONNX has an operator for becomes that one. Values are
// judged in tests/peers.
#include <gtest/gtest.h>
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <set>

#include "src/export/onnx/onnx_float.h"
#include "src/graph/fold_norms.h"
#include "tests/testing/function_network.h"
#include "tests/testing/small_networks.h"

namespace edge_int8 {
namespace {

std::multiset<std::string> CheckedOps(const Model& folded) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(OnnxFloatModel(folded, "")));
  onnx::checker::check_model(model);
  onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(),
                                     {/*check_type=*/true, 1, false});
  std::multiset<std::string> ops;
  for (const auto& node : model.graph().node()) ops.insert(node.op_type());
  return ops;
}

TEST(OnnxOperators, TheCheckerAcceptsEveryOne) {
  for (const SmallNetwork& network : SmallNetworks()) {
    SCOPED_TRACE(network.name);
    EXPECT_NO_THROW(CheckedOps(FoldBatchNorms(network.build(1))));
  }
  EXPECT_NO_THROW(CheckedOps(FunctionNetwork()));
}

// The one move of a small network, as ONNX operators.
std::multiset<std::string> OpsOfMove(Extent in, const Move& move) {
  NetworkBuilder net("move", in);
  auto ops = CheckedOps(net.Finish(net.Add("move", move, {0}), 1));
  for (const char* end : {"Identity", "Squeeze", "Unsqueeze"}) ops.erase(end);
  return ops;
}

TEST(OnnxOperators, MovesBecomeWhatTheyAre) {
  using Ops = std::multiset<std::string>;
  const Extent in = {4, 3, 5};
  EXPECT_EQ(OpsOfMove(in, {{12, 1, 5}, 0, {{0, 0, 0, {{60, 1, 1}}}}}),
            Ops{"Reshape"});
  // [2][2][15] with the first two axes exchanged: a channel shuffle.
  EXPECT_EQ(
      OpsOfMove(in,
                {in, 0, {{0, 0, 0, {{2, 30, 15}, {2, 15, 30}, {15, 1, 1}}}}}),
      (Ops{"Reshape", "Transpose", "Reshape"}));
  EXPECT_EQ(OpsOfMove(in, {{4, 3, 7}, 0, {{0, 0, 2, {{12, 5, 7}, {5, 1, 1}}}}}),
            Ops{"Pad"});
  EXPECT_EQ(OpsOfMove(in, {{4, 3, 2}, 0, {{0, 1, 0, {{12, 5, 2}, {2, 2, 1}}}}}),
            (Ops{"Slice", "Reshape"}));
  // Mirrored along the width.
  EXPECT_EQ(OpsOfMove(in, {in, 0, {{0, 4, 0, {{12, 5, 5}, {5, -1, 1}}}}})
                .count("Gather"),
            1u);
  // Both halves of the channels exchanged.
  EXPECT_EQ(
      OpsOfMove(in,
                {in, 0, {{0, 30, 0, {{30, 1, 1}}}, {0, 0, 30, {{30, 1, 1}}}}}),
      (Ops{"Slice", "Reshape", "Slice", "Reshape", "Concat"}));
}

}  // namespace
}  // namespace edge_int8

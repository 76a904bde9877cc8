// The shape of the QDQ export; values are judged in tests/peers. Debian's
// checker ends at opset 18, so tests/peers checks opset 21 as well.
#include "src/export/onnx/onnx_qdq.h"

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "tests/export/export_models.h"

namespace edge_int8 {
namespace {

onnx::ModelProto ExportQdq(const core::IntegerGraph& graph) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(
      OnnxQdqModel(graph, FindRealScales(graph), "abcd")));
  return model;
}

TEST(OnnxQdq, EveryConvolutionReadsDequantizedInt8WeightsOfTheArtifact) {
  for (const int bits : {8, 4}) {
    const core::IntegerGraph graph = LoweredVariant("tiny", bits).graph;
    const onnx::ModelProto model = ExportQdq(graph);
    EXPECT_EQ(model.opset_import(0).version(), 21);
    std::map<std::string, const onnx::NodeProto*> made_by;
    for (const auto& node : model.graph().node()) {
      made_by[node.output(0)] = &node;
    }
    std::map<std::string, const onnx::TensorProto*> constants;
    for (const auto& tensor : model.graph().initializer()) {
      constants[tensor.name()] = &tensor;
    }
    std::vector<const core::ConvOp*> convs;
    for (const core::IntegerOp& op : graph.ops) {
      if (const auto* conv = std::get_if<core::ConvOp>(&op)) {
        convs.push_back(conv);
      }
    }
    std::size_t seen = 0;
    for (const auto& node : model.graph().node()) {
      if (node.op_type() != "Conv") continue;
      const core::ConvOp& conv = *convs.at(seen++);
      for (const int input : {0, 1, 2}) {
        EXPECT_EQ(made_by.at(node.input(input))->op_type(), "DequantizeLinear");
      }
      const onnx::NodeProto& dequantize = *made_by.at(node.input(1));
      const onnx::TensorProto& weights = *constants.at(dequantize.input(0));
      EXPECT_EQ(weights.data_type(), onnx::TensorProto::INT8);
      ASSERT_EQ(weights.raw_data().size(), conv.weights.size());
      EXPECT_EQ(std::memcmp(weights.raw_data().data(), conv.weights.data(),
                            conv.weights.size()),
                0);
      EXPECT_EQ(constants.at(dequantize.input(1))->dims(0),
                static_cast<int64_t>(conv.bias.size()));
    }
    EXPECT_EQ(seen, convs.size());
  }
}

TEST(OnnxQdq, SumsAndProbabilitiesAreSixteenBits) {
  const onnx::ModelProto model = ExportQdq(LoweredVariant("tiny", 8).graph);
  int zero_points = 0;
  for (const auto& tensor : model.graph().initializer()) {
    zero_points += tensor.data_type() == onnx::TensorProto::INT16;
  }
  EXPECT_GT(zero_points, 10);
}

TEST(OnnxQdq, TheSameArtifactGivesTheSameBytes) {
  const core::IntegerGraph graph = LoweredVariant("tiny", 8).graph;
  const RealScales scales = FindRealScales(graph);
  EXPECT_EQ(OnnxQdqModel(graph, scales, "a"), OnnxQdqModel(graph, scales, "a"));
}

}  // namespace
}  // namespace edge_int8

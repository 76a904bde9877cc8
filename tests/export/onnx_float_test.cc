// ONNX's own checker and shape inference accept what is exported, without any
// package from outside Debian; values are judged in tests/peers.
#include "src/export/onnx/onnx_float.h"

#include <gtest/gtest.h>
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <set>

#include "tests/testing/operator_graphs.h"

namespace edge_int8 {
namespace {

onnx::ModelProto Parsed(const std::string& bytes) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(bytes));
  return model;
}

// Throws what the checker says when it says no.
onnx::ModelProto Checked(const Model& folded) {
  onnx::ModelProto model = Parsed(OnnxFloatModel(folded, "1234"));
  onnx::checker::check_model(model);
  onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(),
                                     {/*check_type=*/true, 1, false});
  return model;
}

std::vector<int64_t> Extents(const onnx::ValueInfoProto& info) {
  std::vector<int64_t> extents;
  for (const auto& dim : info.type().tensor_type().shape().dim()) {
    extents.push_back(dim.has_dim_value() ? dim.dim_value() : -1);
  }
  return extents;
}

TEST(OnnxFloat, TheCheckerAcceptsEveryVariantWithAFreeBatch) {
  for (const WiflowConfig& config : WiflowVariants()) {
    const onnx::ModelProto model = Checked(FoldedModel(BuildWiflow(config), 1));
    ASSERT_EQ(model.graph().input_size(), 1) << config.name;
    EXPECT_EQ(model.graph().input(0).name(), "csi");
    EXPECT_EQ(Extents(model.graph().input(0)),
              (std::vector<int64_t>{-1, 540, 20}));
    ASSERT_EQ(model.graph().output_size(), 1);
    EXPECT_EQ(model.graph().output(0).name(), "pose");
    EXPECT_EQ(Extents(model.graph().output(0)),
              (std::vector<int64_t>{-1, 15, 2}));
    EXPECT_EQ(model.opset_import(0).version(), 17);
    EXPECT_EQ(model.metadata_props(0).value(), "1234");
  }
}

TEST(OnnxFloat, TheCheckerAcceptsPatternsNoVariantHas) {
  for (Graph (*const graph)() :
       {SmallGraph, EqualWidthsGraph, AttentionGraph}) {
    EXPECT_NO_THROW(Checked(FoldedModel(graph(), 1)));
  }
}

// Every parameter of the folded graph is in the file once, so nothing was
// replaced by a value of the exporter's.
TEST(OnnxFloat, HoldsEveryFoldedParameterOnce) {
  const Model folded = FoldedModel(TinyGraph(), 1);
  const onnx::ModelProto model = Parsed(OnnxFloatModel(folded, ""));
  std::multiset<std::string> floats;
  for (const auto& tensor : model.graph().initializer()) {
    if (tensor.data_type() != onnx::TensorProto::FLOAT) continue;
    floats.insert(tensor.name());
    const Tensor& parameter = folded.Parameter(tensor.name());
    ASSERT_EQ(tensor.raw_data().size(), parameter.data.size() * 4);
    EXPECT_EQ(std::memcmp(tensor.raw_data().data(), parameter.data.data(),
                          tensor.raw_data().size()),
              0)
        << tensor.name();
  }
  std::multiset<std::string> wanted;
  for (const auto& [name, tensor] : folded.parameters) wanted.insert(name);
  EXPECT_EQ(floats, wanted);
}

TEST(OnnxFloat, TheSameModelGivesTheSameBytes) {
  const Model folded = FoldedModel(TinyGraph(), 1);
  EXPECT_EQ(OnnxFloatModel(folded, "a"), OnnxFloatModel(folded, "a"));
  EXPECT_NE(OnnxFloatModel(folded, "a"), OnnxFloatModel(folded, "b"));
}

TEST(OnnxFloat, AGraphWithNormsIsACallersMistake) {
  EXPECT_THROW(OnnxFloatModel(RandomModel(TinyGraph(), 1), ""), Error);
}

}  // namespace
}  // namespace edge_int8

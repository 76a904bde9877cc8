#include "src/export/onnx/onnx_writer.h"

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <array>

namespace edge_int8 {
namespace {

TEST(OnnxWriter, WritesConstantsAsLittleEndianRawData) {
  OnnxWriter onnx("g", 17);
  constexpr std::array<int16_t, 2> kValues = {1, -2};
  EXPECT_EQ(onnx.Constant("c", {2, 1}, kValues), "c");
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(onnx.Bytes()));
  const onnx::TensorProto& c = model.graph().initializer(0);
  EXPECT_EQ(c.data_type(), onnx::TensorProto::INT16);
  EXPECT_EQ(c.dims(0), 2);
  EXPECT_EQ(c.dims(1), 1);
  EXPECT_EQ(c.raw_data(), std::string("\x01\x00\xfe\xff", 4));
}

TEST(OnnxWriter, NodesAreNamedAfterTheirFirstOutput) {
  OnnxWriter onnx("g", 17);
  onnx.Input("x", {4});
  EXPECT_EQ(onnx.Node("Relu", {"x"}, "y"), "y");
  onnx.Nodes("Split", {"y"}, {"a", "b"},
             {{"axis", int64_t{1}}, {"list", std::vector<int64_t>{1, 2}}});
  onnx.Output("a", {2});
  onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(onnx.Bytes()));
  const onnx::NodeProto& split = model.graph().node(1);
  EXPECT_EQ(split.name(), "a");
  EXPECT_EQ(split.output(1), "b");
  EXPECT_EQ(split.attribute(0).i(), 1);
  EXPECT_EQ(split.attribute(1).ints_size(), 2);
  EXPECT_EQ(
      model.graph().input(0).type().tensor_type().shape().dim(0).dim_param(),
      "n");
}

TEST(OnnxWriter, NewOperatorSetsGetTheIrThatKnowsThem) {
  const auto ir = [](int opset) {
    onnx::ModelProto model;
    EXPECT_TRUE(model.ParseFromString(OnnxWriter("g", opset).Bytes()));
    return model.ir_version();
  };
  EXPECT_EQ(ir(17), 8);
  EXPECT_EQ(ir(21), 10);
}

// Whatever a network calls its tensors and parameters.
TEST(OnnxWriter, ANameGivenTwiceGetsANumber) {
  OnnxWriter onnx("g", 17);
  constexpr std::array<float, 2> kValues = {1, 2};
  EXPECT_EQ(onnx.Constant("c", {2}, kValues), "c");
  EXPECT_EQ(onnx.Constant("c", {2}, kValues), "c_2");
  EXPECT_EQ(onnx.Node("Relu", {"c"}, "c"), "c_3");
}

TEST(OnnxWriter, AWrongShapeIsACallersMistake) {
  OnnxWriter onnx("g", 17);
  constexpr std::array<float, 2> kValues = {1, 2};
  EXPECT_THROW(onnx.Constant("d", {3}, kValues), Error);
}

}  // namespace
}  // namespace edge_int8

// What is read of ONNX files and what is refused, and how.
#include "src/nets/onnx/onnx_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "src/nets/network_file.h"
#include "src/nets/onnx/onnx_import.h"
#include "tests/graph/random_input.h"
#include "tests/nets/onnx/small_onnx.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class OnnxFiles : public testing::Test {
 protected:
  std::filesystem::path Write(const onnx::ModelProto& model,
                              const std::string& name = "net.onnx") const {
    return folder_.Write(name, model.SerializeAsString());
  }
  std::vector<float> Answer(const onnx::ModelProto& model,
                            const std::vector<float>& input,
                            const NetworkOptions& options = {}) const {
    return RunNodeByNode(LoadNetwork(Write(model), options), input);
  }
  // The message of a refusal that is the file's fault.
  std::string Refusal(const onnx::ModelProto& model,
                      const NetworkOptions& options = {}) const {
    const auto path = Write(model);
    const Error error = ErrorOf([&] { LoadNetwork(path, options); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
    return error.what();
  }

  TempFolder folder_;
};

const std::vector<float> kInput = {1, 10, 100};
const std::vector<float> kAnswer = {531, 642};

TEST_F(OnnxFiles, AreKnownByTheirBytesWhateverTheirName) {
  const auto path = Write(SmallLinear(), "net.pth");
  EXPECT_TRUE(IsOnnxNetwork(path));
  EXPECT_EQ(RunNodeByNode(LoadNetwork(path), kInput), kAnswer);
}

TEST_F(OnnxFiles, HoldWeightsAsRawBytesHalvesAndIntegers) {
  onnx::ModelProto model = SmallLinear();
  onnx::TensorProto& weight = *model.mutable_graph()->mutable_initializer(0);
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  weight.clear_float_data();
  weight.set_raw_data(values.data(), values.size() * sizeof(float));
  EXPECT_EQ(Answer(model, kInput), kAnswer);

  // 1 to 6 in float16.
  const std::vector<uint16_t> halves = {0x3c00, 0x4000, 0x4200,
                                        0x4400, 0x4500, 0x4600};
  weight.set_data_type(onnx::TensorProto::FLOAT16);
  weight.set_raw_data(halves.data(), halves.size() * sizeof(uint16_t));
  EXPECT_EQ(Answer(model, kInput), kAnswer);
  weight.clear_raw_data();
  for (const uint16_t half : halves) weight.add_int32_data(half);
  EXPECT_EQ(Answer(model, kInput), kAnswer);
}

TEST_F(OnnxFiles, HoldWeightsInFilesBesideThem) {
  onnx::ModelProto model = SmallLinear();
  onnx::TensorProto& weight = *model.mutable_graph()->mutable_initializer(0);
  const std::vector<float> values = {9, 1, 2, 3, 4, 5, 6};
  weight.clear_float_data();
  weight.set_data_location(onnx::TensorProto::EXTERNAL);
  const auto entry = [&](const char* key, const std::string& value) {
    auto& e = *weight.add_external_data();
    e.set_key(key);
    e.set_value(value);
  };
  entry("location", "weights.bin");
  entry("offset", "4");
  entry("length", "24");
  EXPECT_THAT(
      Refusal(model),
      AllOf(HasSubstr("'w'"), HasSubstr("'weights.bin', which is missing")));
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  folder_.Write("weights.bin", bytes);
  EXPECT_EQ(Answer(model, kInput), kAnswer);
  folder_.Write("weights.bin", bytes.substr(0, 20));
  EXPECT_THAT(Refusal(model), HasSubstr("expected 24 bytes at byte 4"));
  weight.mutable_external_data(0)->set_value("../weights.bin");
  EXPECT_THAT(Refusal(model), HasSubstr("leaves the model's folder"));
  weight.mutable_external_data(0)->set_value("/etc/hostname");
  EXPECT_THAT(Refusal(model), HasSubstr("is no relative path"));
  std::filesystem::create_symlink("/etc/hostname", folder_ / "link.bin");
  weight.mutable_external_data(0)->set_value("link.bin");
  EXPECT_THAT(Refusal(model), HasSubstr("links to outside"));
}

TEST_F(OnnxFiles, LeaveABatchAndASpatialAxisOpen) {
  onnx::ModelProto model = SmallOnnx({-1, 2, -1});
  AddNode(model, "Relu", {"x"}, {"y"});
  EXPECT_THAT(Refusal(model),
              AllOf(HasSubstr("axis 2 ('open')"), HasSubstr("--frames")));
  NetworkOptions options;
  options.window = {2, 5};
  EXPECT_EQ(LoadNetwork(Write(model), options).graph.input_shape,
            (Shape{2, 5}));
  options.window = {2, 1, 7};
  EXPECT_EQ(LoadNetwork(Write(model), options).graph.input_shape,
            (Shape{2, 7}));
  options.window.clear();
  options.frames = 3;
  EXPECT_EQ(LoadNetwork(Write(model), options).graph.input_shape,
            (Shape{2, 3}));
}

TEST_F(OnnxFiles, HaveHeadsOfWhichOneIsTaken) {
  onnx::ModelProto model = SmallLinear();
  SetPort(*model.mutable_graph()->add_output(), "z", {1, 3});
  AddNode(model, "Sigmoid", {"x"}, {"z"});
  EXPECT_THAT(Refusal(model),
              AllOf(HasSubstr("'y', 'z'"), HasSubstr("--head")));
  NetworkOptions options;
  options.head = "y";
  EXPECT_EQ(Answer(model, kInput, options), kAnswer);
  options.head = "q";
  EXPECT_THAT(Refusal(model, options), HasSubstr("has no output 'q'"));
}

TEST_F(OnnxFiles, CallFunctionsWithAttributes) {
  onnx::ModelProto model = SmallOnnx({1, 3});
  auto& function = *model.add_functions();
  function.set_domain("mine");
  function.set_name("Shift");
  function.add_input("a");
  function.add_output("b");
  function.add_attribute("by");
  function.add_opset_import()->set_version(17);
  onnx::NodeProto& constant = *function.add_node();
  constant.set_op_type("Constant");
  constant.add_output("c");
  constant.add_attribute()->set_name("value_float");
  constant.mutable_attribute(0)->set_ref_attr_name("by");
  onnx::NodeProto& add = *function.add_node();
  add.set_op_type("Add");
  add.add_input("a");
  add.add_input("c");
  add.add_output("b");
  onnx::NodeProto& call = AddNode(model, "Shift", {"x"}, {"y"});
  call.set_domain("mine");
  call.add_attribute()->set_name("by");
  call.mutable_attribute(0)->set_f(2);
  EXPECT_EQ(Answer(model, kInput), (std::vector<float>{3, 12, 102}));
  // A function that calls itself.
  add.set_op_type("Shift");
  add.set_domain("mine");
  add.mutable_input()->RemoveLast();
  EXPECT_THAT(Refusal(model), HasSubstr("too deep"));
}

TEST_F(OnnxFiles, TakeTheBranchOfAConstantCondition) {
  onnx::ModelProto model = SmallLinear();
  model.mutable_graph()->mutable_node(0)->set_output(0, "h");
  AddIntegers(model, "no", {0});
  onnx::NodeProto& branch = AddNode(model, "If", {"no"}, {"y"});
  for (const char* name : {"then_branch", "else_branch"}) {
    onnx::AttributeProto& attribute = *branch.add_attribute();
    attribute.set_name(name);
    onnx::GraphProto& graph = *attribute.mutable_g();
    SetPort(*graph.add_output(), "inner", {1, 2});
    onnx::NodeProto& node = *graph.add_node();
    node.set_op_type(name == std::string("else_branch") ? "Neg" : "Loop");
    node.add_input("h");
    node.add_output("inner");
  }
  EXPECT_EQ(Answer(model, kInput), (std::vector<float>{-531, -642}));
}

TEST_F(OnnxFiles, AreRefusedByNodeOperatorAndOperatorSet) {
  onnx::ModelProto model = SmallOnnx({1, 3});
  AddNode(model, "GridSample", {"x"}, {"y"});
  EXPECT_THAT(Refusal(model),
              AllOf(HasSubstr("node 'the GridSample' (GridSample, opset 17)"),
                    HasSubstr("docs/networks.md")));
  model = SmallOnnx({1, 3});
  AddNode(model, "Loop", {"x"}, {"y"});
  EXPECT_THAT(Refusal(model), HasSubstr("(Loop, opset 17)"));
  model = SmallOnnx({1, 3});
  AddNode(model, "Gelu", {"x"}, {"y"}).set_domain("com.example");
  EXPECT_THAT(Refusal(model), HasSubstr("domain 'com.example'"));
  EXPECT_THAT(Refusal(SmallLinear({1, 4})), HasSubstr("can't be multiplied"));
  model = SmallLinear();
  model.mutable_opset_import(0)->set_version(99);
  EXPECT_THAT(Refusal(model), HasSubstr("operator set 99"));
}

TEST_F(OnnxFiles, AreRefusedWhenTheirGraphIsNone) {
  onnx::ModelProto model = SmallOnnx({1, 3});
  AddNode(model, "Add", {"x", "b"}, {"a"});
  AddNode(model, "Add", {"x", "a"}, {"b"});
  AddNode(model, "Relu", {"b"}, {"y"});
  EXPECT_THAT(Refusal(model), HasSubstr("cycle"));
  model = SmallLinear();
  model.mutable_graph()->clear_initializer();
  EXPECT_THAT(Refusal(model),
              AllOf(HasSubstr("'the MatMul'"), HasSubstr("'w'")));
  model = SmallLinear();
  AddNode(model, "Relu", {"x"}, {"y"});
  EXPECT_THAT(Refusal(model), HasSubstr("two nodes write 'y'"));
  model = SmallLinear();
  AddFloats(model, "w", {1}, {1});
  EXPECT_THAT(Refusal(model), HasSubstr("two initializers are called 'w'"));
  model = SmallLinear();
  model.add_training_info();
  EXPECT_THAT(Refusal(model), HasSubstr("training model"));
  model = SmallLinear();
  model.mutable_graph()->mutable_output(0)->set_name("nobody's");
  EXPECT_THAT(Refusal(model), HasSubstr("nobody's"));
}

TEST_F(OnnxFiles, AreRefusedWhenTheyAskForTooMuch) {
  onnx::ModelProto model = SmallOnnx({1, int64_t{1} << 60});
  AddNode(model, "Relu", {"x"}, {"y"});
  EXPECT_THAT(Refusal(model), HasSubstr("of length"));
  model = SmallOnnx({1, 3});
  AddIntegers(model, "shape", {int64_t{1} << 31, int64_t{1} << 31});
  AddNode(model, "Expand", {"x", "shape"}, {"y"});
  EXPECT_THAT(Refusal(model), HasSubstr("'the Expand'"));
  model = SmallLinear();
  model.mutable_graph()->mutable_initializer(0)->set_dims(0, int64_t{1} << 60);
  EXPECT_THAT(Refusal(model), HasSubstr("'w'"));
}

TEST_F(OnnxFiles, AreRefusedWhenCutAnywhere) {
  const std::string bytes = SmallLinear().SerializeAsString();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto path = folder_.Write("cut.onnx", bytes.substr(0, size));
    try {
      LoadNetwork(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << size;
    }
  }
}

TEST_F(OnnxFiles, TakeNoFlagOfACheckpoint) {
  NetworkOptions options;
  options.variant = "half";
  const auto path = Write(SmallLinear());
  EXPECT_EQ(ErrorOf([&] { LoadNetwork(path, options); }).kind(),
            ErrorKind::kUsage);
}

}  // namespace
}  // namespace edge_int8

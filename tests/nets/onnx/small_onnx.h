// Small ONNX files, made node by node: what tests of the importer begin with.
#ifndef EDGE_INT8_TESTS_NETS_ONNX_SMALL_ONNX_H_
#define EDGE_INT8_TESTS_NETS_ONNX_SMALL_ONNX_H_

#include <string>
#include <vector>

#include "src/base/tensor.h"
#include "src/nets/onnx/onnx_messages.h"

namespace edge_int8 {

inline void SetPort(onnx::ValueInfoProto& port, const std::string& name,
                    const Shape& shape) {
  port.set_name(name);
  auto& tensor = *port.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(onnx::TensorProto::FLOAT);
  tensor.mutable_shape();
  for (const int64_t extent : shape) {
    auto& dim = *tensor.mutable_shape()->add_dim();
    if (extent < 0) {
      dim.set_dim_param("open");
    } else {
      dim.set_dim_value(extent);
    }
  }
}

// An input "x" of this shape (-1 leaves an axis open) and an output "y".
inline onnx::ModelProto SmallOnnx(const Shape& input, int64_t opset = 17) {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(opset);
  SetPort(*model.mutable_graph()->add_input(), "x", input);
  SetPort(*model.mutable_graph()->add_output(), "y", {1, 1});
  return model;
}

inline onnx::NodeProto& AddNode(onnx::ModelProto& model, const std::string& op,
                                const std::vector<std::string>& inputs,
                                const std::vector<std::string>& outputs) {
  onnx::NodeProto& node = *model.mutable_graph()->add_node();
  node.set_op_type(op);
  node.set_name("the " + op);
  for (const std::string& name : inputs) node.add_input(name);
  for (const std::string& name : outputs) node.add_output(name);
  return node;
}

inline void AddInts(onnx::NodeProto& node, const std::string& name,
                    const Shape& values) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const int64_t v : values) attribute.add_ints(v);
}

inline onnx::TensorProto& AddFloats(onnx::ModelProto& model,
                                    const std::string& name, const Shape& shape,
                                    const std::vector<float>& values) {
  onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const int64_t extent : shape) tensor.add_dims(extent);
  for (const float v : values) tensor.add_float_data(v);
  return tensor;
}

inline onnx::TensorProto& AddIntegers(onnx::ModelProto& model,
                                      const std::string& name,
                                      const Shape& values) {
  onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::INT64);
  tensor.add_dims(static_cast<int64_t>(values.size()));
  for (const int64_t v : values) tensor.add_int64_data(v);
  return tensor;
}

// A linear layer of 3 to 2, y = x W.
inline onnx::ModelProto SmallLinear(const Shape& input = {1, 3}) {
  onnx::ModelProto model = SmallOnnx(input);
  AddFloats(model, "w", {3, 2}, {1, 2, 3, 4, 5, 6});
  AddNode(model, "MatMul", {"x", "w"}, {"y"});
  return model;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_NETS_ONNX_SMALL_ONNX_H_

#include "src/export/onnx/onnx_writer.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <bit>
#include <set>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

static_assert(std::endian::native == std::endian::little,
              "raw_data is little-endian");

// The oldest IR that knows an operator set; older readers stay welcome.
int64_t IrVersionFor(int opset) { return opset >= 21 ? 10 : 8; }

void AddValueInfo(onnx::ValueInfoProto* info, const std::string& name,
                  const Shape& shape) {
  info->set_name(name);
  auto* tensor = info->mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(onnx::TensorProto::FLOAT);
  tensor->mutable_shape()->add_dim()->set_dim_param("n");
  for (const int64_t extent : shape) {
    tensor->mutable_shape()->add_dim()->set_dim_value(extent);
  }
}

void SetAttribute(onnx::AttributeProto* attribute, const std::string& name,
                  const OnnxAttribute& value) {
  attribute->set_name(name);
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    attribute->set_type(onnx::AttributeProto::INT);
    attribute->set_i(*integer);
  } else if (const auto* list = std::get_if<std::vector<int64_t>>(&value)) {
    attribute->set_type(onnx::AttributeProto::INTS);
    for (const int64_t item : *list) attribute->add_ints(item);
  } else if (const auto* real = std::get_if<float>(&value)) {
    attribute->set_type(onnx::AttributeProto::FLOAT);
    attribute->set_f(*real);
  } else {
    attribute->set_type(onnx::AttributeProto::STRING);
    attribute->set_s(std::get<std::string>(value));
  }
}

}  // namespace

struct OnnxWriter::Impl {
  onnx::ModelProto model;
  std::set<std::string> names;  // of constants and of node outputs

  onnx::GraphProto& graph() { return *model.mutable_graph(); }
  // The name, or with a number behind it where that is taken.
  std::string Claim(const std::string& name) {
    std::string free = name;
    for (int n = 2; !names.insert(free).second; ++n) {
      free = fmt::format("{}_{}", name, n);
    }
    return free;
  }
};

OnnxWriter::OnnxWriter(const std::string& graph_name, int opset)
    : impl_(std::make_unique<Impl>()) {
  impl_->model.set_ir_version(IrVersionFor(opset));
  impl_->model.set_producer_name("edge-int8");
  auto* import = impl_->model.add_opset_import();
  import->set_domain("");
  import->set_version(opset);
  impl_->graph().set_name(graph_name);
}

OnnxWriter::~OnnxWriter() = default;

void OnnxWriter::Input(const std::string& name, const Shape& shape) {
  Check(impl_->Claim(name) == name, "an ONNX input's name is taken: " + name);
  AddValueInfo(impl_->graph().add_input(), name, shape);
}

void OnnxWriter::Output(const std::string& name, const Shape& shape) {
  AddValueInfo(impl_->graph().add_output(), name, shape);
}

template <class T>
std::string OnnxWriter::AddConstant(const std::string& name, const Shape& shape,
                                    std::span<const T> values, int32_t type) {
  Check(ElementCount(shape) == static_cast<int64_t>(values.size()),
        "an ONNX constant does not match its shape: " + name);
  const std::string claimed = impl_->Claim(name);
  onnx::TensorProto* tensor = impl_->graph().add_initializer();
  tensor->set_name(claimed);
  tensor->set_data_type(type);
  for (const int64_t extent : shape) tensor->add_dims(extent);
  tensor->set_raw_data(values.data(), values.size_bytes());
  return claimed;
}

std::string OnnxWriter::Constant(const std::string& name, const Shape& shape,
                                 std::span<const float> values) {
  return AddConstant(name, shape, values, onnx::TensorProto::FLOAT);
}
std::string OnnxWriter::Constant(const std::string& name, const Shape& shape,
                                 std::span<const int64_t> values) {
  return AddConstant(name, shape, values, onnx::TensorProto::INT64);
}
std::string OnnxWriter::Constant(const std::string& name, const Shape& shape,
                                 std::span<const int32_t> values) {
  return AddConstant(name, shape, values, onnx::TensorProto::INT32);
}
std::string OnnxWriter::Constant(const std::string& name, const Shape& shape,
                                 std::span<const int16_t> values) {
  return AddConstant(name, shape, values, onnx::TensorProto::INT16);
}
std::string OnnxWriter::Constant(const std::string& name, const Shape& shape,
                                 std::span<const int8_t> values) {
  return AddConstant(name, shape, values, onnx::TensorProto::INT8);
}
std::string OnnxWriter::Constant(const std::string& name, const Shape& shape,
                                 std::span<const uint8_t> values) {
  return AddConstant(name, shape, values, onnx::TensorProto::UINT8);
}

std::string OnnxWriter::List(const std::string& name,
                             const std::vector<int64_t>& values) {
  return Constant(name, {static_cast<int64_t>(values.size())},
                  std::span<const int64_t>(values));
}

std::string OnnxWriter::Node(const std::string& op,
                             const std::vector<std::string>& inputs,
                             const std::string& output,
                             const OnnxAttributes& attributes) {
  return Nodes(op, inputs, {output}, attributes).at(0);
}

std::vector<std::string> OnnxWriter::Nodes(
    const std::string& op, const std::vector<std::string>& inputs,
    const std::vector<std::string>& outputs, const OnnxAttributes& attributes) {
  onnx::NodeProto* node = impl_->graph().add_node();
  node->set_op_type(op);
  std::vector<std::string> claimed;
  for (const std::string& input : inputs) node->add_input(input);
  for (const std::string& output : outputs) {
    claimed.push_back(impl_->Claim(output));
    node->add_output(claimed.back());
  }
  node->set_name(claimed.at(0));
  for (const auto& [name, value] : attributes) {
    SetAttribute(node->add_attribute(), name, value);
  }
  return claimed;
}

void OnnxWriter::Metadata(const std::string& key, const std::string& value) {
  auto* entry = impl_->model.add_metadata_props();
  entry->set_key(key);
  entry->set_value(value);
}

std::string OnnxWriter::Bytes() const {
  std::string bytes;
  Check(impl_->model.SerializeToString(&bytes), "ONNX could not be serialized");
  return bytes;
}

}  // namespace edge_int8

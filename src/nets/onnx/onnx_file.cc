#include "src/nets/onnx/onnx_file.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <limits>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/nets/onnx/onnx_messages.h"
#include "src/nets/onnx/onnx_tensor_data.h"

namespace edge_int8 {
namespace {

std::string StandardDomain(const std::string& domain) {
  return domain == "ai.onnx" ? "" : domain;
}

// Turns messages into plain data.
class MessageReader {
 public:
  explicit MessageReader(const std::filesystem::path& path) : path_(path) {}

  OnnxFile Model(const onnx::ModelProto& model) const {
    if (!model.has_graph()) Fail("it holds no graph: not an ONNX model");
    if (model.training_info_size() > 0) {
      Fail("it is a training model; expected one exported for inference");
    }
    OnnxFile file;
    for (const auto& set : model.opset_import()) {
      if (StandardDomain(set.domain()).empty()) file.opset = set.version();
    }
    for (const auto& function : model.functions()) {
      const auto key =
          std::pair(StandardDomain(function.domain()), function.name());
      if (!file.functions.emplace(key, Function(function)).second) {
        Fail(fmt::format("two functions are called '{}'", function.name()));
      }
    }
    file.graph = Graph(model.graph());
    return file;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    FailInput(path_.string(), what);
  }

  OnnxFunction Function(const onnx::FunctionProto& proto) const {
    OnnxFunction function;
    function.inputs.assign(proto.input().begin(), proto.input().end());
    function.outputs.assign(proto.output().begin(), proto.output().end());
    for (const auto& set : proto.opset_import()) {
      if (StandardDomain(set.domain()).empty()) function.opset = set.version();
    }
    for (const auto& node : proto.node()) function.nodes.push_back(Node(node));
    return function;
  }

  OnnxGraph Graph(const onnx::GraphProto& proto) const {
    OnnxGraph graph;
    if (proto.sparse_initializer_size() > 0) {
      Fail("it has sparse weights; expected dense ones");
    }
    for (const auto& tensor : proto.initializer()) {
      if (!graph.initializers
               .emplace(tensor.name(), ReadOnnxTensor(path_, tensor))
               .second) {
        Fail(fmt::format("two initializers are called '{}'", tensor.name()));
      }
    }
    for (const auto& input : proto.input()) graph.inputs.push_back(Port(input));
    for (const auto& output : proto.output()) {
      graph.outputs.push_back(Port(output));
    }
    for (const auto& node : proto.node()) graph.nodes.push_back(Node(node));
    return graph;
  }

  static OnnxPort Port(const onnx::ValueInfoProto& info) {
    OnnxPort port;
    port.name = info.name();
    port.is_tensor = info.type().has_tensor_type();
    if (!port.is_tensor) {
      port.type = "something else than a tensor";
      return port;
    }
    const auto& tensor = info.type().tensor_type();
    port.is_float = IsOnnxFloat(tensor.elem_type());
    port.type = OnnxTypeName(tensor.elem_type());
    port.has_shape = tensor.has_shape();
    for (const auto& dim : tensor.shape().dim()) {
      port.shape.push_back(dim.has_dim_value() ? dim.dim_value() : -1);
      port.symbols.push_back(dim.has_dim_param() ? dim.dim_param() : "");
    }
    return port;
  }

  OnnxNode Node(const onnx::NodeProto& proto) const {
    OnnxNode node;
    node.name = proto.name();
    node.op = proto.op_type();
    node.domain = StandardDomain(proto.domain());
    node.inputs.assign(proto.input().begin(), proto.input().end());
    node.outputs.assign(proto.output().begin(), proto.output().end());
    for (const auto& attribute : proto.attribute()) {
      node.attributes.emplace(attribute.name(), Attribute(attribute));
    }
    return node;
  }

  OnnxAttribute Attribute(const onnx::AttributeProto& proto) const {
    OnnxAttribute attribute;
    attribute.integer = proto.i();
    attribute.number = static_cast<double>(proto.f());
    attribute.text = proto.s();
    attribute.integers.assign(proto.ints().begin(), proto.ints().end());
    for (const float v : proto.floats()) {
      attribute.numbers.push_back(static_cast<double>(v));
    }
    attribute.texts.assign(proto.strings().begin(), proto.strings().end());
    attribute.parameter = proto.ref_attr_name();
    if (proto.has_t()) attribute.array = ReadOnnxTensor(path_, proto.t());
    if (proto.has_g()) {
      attribute.graph = std::make_shared<OnnxGraph>(Graph(proto.g()));
    }
    return attribute;
  }

  const std::filesystem::path& path_;
};

}  // namespace

OnnxFile ParseOnnx(const std::filesystem::path& path,
                   std::span<const std::byte> bytes) {
  if (bytes.size() > AsSize(std::numeric_limits<int>::max())) {
    FailInput(path.string(), "is larger than 2 GiB, which no ONNX file is");
  }
  onnx::ModelProto model;
  const auto size = static_cast<int>(bytes.size());
  google::protobuf::io::ArrayInputStream stream(bytes.data(), size);
  google::protobuf::io::CodedInputStream in(&stream);
  if (!model.ParseFromCodedStream(&in) || !in.ConsumedEntireMessage()) {
    FailInput(
        path.string(),
        fmt::format("is not an ONNX model, or it is damaged: its messages "
                    "can't be read from byte {} on",
                    in.CurrentPosition()));
  }
  return MessageReader(path).Model(model);
}

OnnxFile ReadOnnxFile(const std::filesystem::path& path) {
  const MappedFile file(path);
  return ParseOnnx(path, file.bytes());
}

}  // namespace edge_int8

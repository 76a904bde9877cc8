#include "src/export/onnx/onnx_float.h"

#include <map>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/export/onnx/onnx_shapes.h"

namespace edge_int8 {
namespace {

class FloatExport {
 public:
  explicit FloatExport(const Model& model)
      : model_(model),
        onnx_(model.graph.name, kOnnxFloatOpset),
        names_(model.graph.tensors.size()) {}

  std::string Run(const std::string& source_sha256) {
    const Graph& graph = model_.graph;
    names_[0] = OnnxInput(onnx_, kOnnxInput, graph.extent(0));
    for (const Node& node : graph.nodes) {
      names_[AsSize(node.output)] =
          std::visit([&](const auto& op) { return Visit(node, op); }, node.op);
    }
    OnnxOutput(onnx_, kOnnxOutput, At(graph.output),
               graph.extent(graph.output));
    onnx_.Metadata("checkpoint_sha256", source_sha256);
    return onnx_.Bytes();
  }

 private:
  const std::string& At(TensorId id) const { return names_[AsSize(id)]; }
  // Tensors keep the graph's names but for the exported output's own.
  static std::string Name(const Node& node) {
    return node.name == kOnnxOutput || node.name == kOnnxInput
               ? node.name + ".tensor"
               : node.name;
  }

  std::string Parameter(const std::string& name, Shape shape) {
    return onnx_.Constant(name, shape,
                          std::span<const float>(model_.Parameter(name).data));
  }

  std::string Visit(const Node& node, const Conv& conv) {
    const int channels = model_.graph.extent(node.inputs[0]).channels;
    std::vector<std::string> inputs = {
        At(node.inputs[0]),
        Parameter(conv.weight, {conv.out_channels, channels / conv.groups,
                                conv.kernel_h, conv.kernel_w})};
    if (!conv.bias.empty()) {
      inputs.push_back(Parameter(conv.bias, {conv.out_channels}));
    }
    return onnx_.Node("Conv", inputs, Name(node), OnnxConvAttributes(conv));
  }

  std::string Visit(const Node& node, const Elementwise& e) {
    if (!IsSilu(e)) return Unknown(node);
    const std::string& x = At(node.inputs[0]);
    const std::string gate = onnx_.Node("Sigmoid", {x}, node.name + ".sigmoid");
    return onnx_.Node("Mul", {x, gate}, Name(node));
  }

  std::string Visit(const Node& node, const Add& add) {
    return onnx_.Node(add.subtract ? "Sub" : "Add",
                      {At(node.inputs[0]), At(node.inputs[1])}, Name(node));
  }

  // Split into q, k and v once; scores and mix both read the result.
  struct Qkv {
    Extent extent;  // of each
    std::string q, k, v;
  };
  Qkv SplitQkv(TensorId tensor) {
    Extent e = model_.graph.extent(tensor);
    e.channels /= 3;
    const std::string& x = At(tensor);
    Qkv qkv{e, x + ".q", x + ".k", x + ".v"};
    if (!split_[AsSize(tensor)]) {
      const std::string sizes =
          onnx_.List(x + ".sizes", {e.channels, e.channels, e.channels});
      onnx_.Node("Split", {x, sizes},
                 std::vector<std::string>{qkv.q, qkv.k, qkv.v},
                 {{"axis", int64_t{1}}});
      split_[AsSize(tensor)] = true;
    }
    return qkv;
  }

  // Scores and probabilities are [n][heads][line][place][place] here, which is
  // the graph's [heads][line * place][place] with the rows not yet merged.
  std::string Visit(const Node& node, const AttentionScores& a) {
    const Qkv x = SplitQkv(node.inputs[0]);
    return onnx_.Node(
        "MatMul",
        {OnnxHeads(onnx_, x.q, x.extent, a.heads, a.axis, QkvRole::kQuery),
         OnnxHeads(onnx_, x.k, x.extent, a.heads, a.axis, QkvRole::kKey)},
        Name(node));
  }

  std::string Visit(const Node& node, const Softmax&) {
    return onnx_.Node("Softmax", {At(node.inputs[0])}, Name(node),
                      {{"axis", int64_t{-1}}});
  }

  std::string Visit(const Node& node, const AttentionMix& a) {
    const Qkv x = SplitQkv(node.inputs[1]);
    const std::string product = onnx_.Node(
        "MatMul",
        {At(node.inputs[0]),
         OnnxHeads(onnx_, x.v, x.extent, a.heads, a.axis, QkvRole::kValue)},
        node.name + ".product");
    if (a.bias.empty()) {
      return OnnxFromHeads(onnx_, product, Name(node), x.extent, a.axis);
    }
    const std::string mix =
        OnnxFromHeads(onnx_, product, node.name + ".mix", x.extent, a.axis);
    return onnx_.Node(
        "Add", {mix, Parameter(a.bias, {x.extent.channels, 1, 1})}, Name(node));
  }

  std::string Visit(const Node& node, const Pool& pool) {
    if (!IsAdaptiveRowPool(pool, model_.graph.extent(node.inputs[0]))) {
      return Unknown(node);
    }
    return OnnxPool(onnx_, At(node.inputs[0]), Name(node),
                    model_.graph.extent(node.inputs[0]),
                    static_cast<int>(pool.rows.size()));
  }

  std::string Visit(const Node& node, const Transpose& transpose) {
    return OnnxTranspose(onnx_, At(node.inputs[0]), Name(node),
                         transpose.order);
  }

  std::string Visit(const Node& node, const Dropout&) {
    return At(node.inputs[0]);
  }

  std::string Visit(const Node& node, const BatchNorm&) {
    Check(false, "the ONNX export wants a folded graph; has " + node.name);
    return {};
  }

  std::string Visit(const Node& node, const Multiply&) {
    return onnx_.Node("Mul", {At(node.inputs[0]), At(node.inputs[1])},
                      Name(node));
  }
  std::string Visit(const Node& node, const MatMul&) { return Unknown(node); }
  std::string Visit(const Node& node, const Move&) { return Unknown(node); }
  std::string Visit(const Node& node, const Resize&) { return Unknown(node); }
  std::string Visit(const Node& node, const Normalize&) {
    return Unknown(node);
  }
  std::string Visit(const Node& node, const Recurrent&) {
    return Unknown(node);
  }
  std::string Visit(const Node& node, const Constant&) { return Unknown(node); }

  [[noreturn]] std::string Unknown(const Node& node) const {
    FailInput("graph " + model_.graph.name + ", node " + node.name,
              "the ONNX export has no form for " +
                  std::string(OpName(node.op)) + " yet");
  }

  const Model& model_;
  OnnxWriter onnx_;
  std::vector<std::string> names_;  // by TensorId
  std::map<std::size_t, bool> split_;
};

}  // namespace

std::string OnnxFloatModel(const Model& folded,
                           const std::string& source_sha256) {
  return FloatExport(folded).Run(source_sha256);
}

}  // namespace edge_int8

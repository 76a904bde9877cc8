#include "src/export/onnx/onnx_float.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/export/onnx/onnx_functions.h"
#include "src/export/onnx/onnx_layers.h"
#include "src/export/onnx/onnx_moves.h"
#include "src/export/onnx/onnx_places.h"
#include "src/export/onnx/onnx_shapes.h"

namespace edge_int8 {
namespace {

class FloatExport {
 public:
  explicit FloatExport(const Model& model)
      : model_(model),
        onnx_(model.graph.name, kOnnxFloatOpset),
        names_(model.graph.tensors.size()),
        fixed_(model.graph.tensors.size()) {}

  std::string Run(const std::string& source_sha256) {
    const Graph& graph = model_.graph;
    names_[0] =
        OnnxInput(onnx_, kOnnxInput, graph.extent(0), graph.input_shape);
    for (const Node& node : graph.nodes) {
      fixed_[AsSize(node.output)] = std::ranges::all_of(
          node.inputs, [&](TensorId id) { return fixed_[AsSize(id)] != 0; });
      names_[AsSize(node.output)] =
          std::visit([&](const auto& op) { return Visit(node, op); }, node.op);
    }
    OnnxOutput(onnx_, kOnnxOutput, Batched(graph.output),
               graph.extent(graph.output), graph.output_shape);
    onnx_.Metadata("checkpoint_sha256", source_sha256);
    return onnx_.Bytes();
  }

 private:
  const std::string& At(TensorId id) const { return names_[AsSize(id)]; }
  // A tensor that no window changes has no batch; repeated where others have
  // one and the operator does not broadcast.
  std::string Batched(TensorId id) {
    if (!fixed_[AsSize(id)]) return At(id);
    return OnnxRepeated(onnx_, At(id), names_[0], At(id) + ".repeated");
  }
  OnnxTensor TensorOf(TensorId id) const {
    return {At(id), model_.graph.extent(id)};
  }
  // Tensors keep the graph's names but for the exported output's own.
  static std::string Name(const Node& node) {
    return node.name == kOnnxOutput || node.name == kOnnxInput
               ? node.name + ".tensor"
               : node.name;
  }

  // In the file once, however many nodes read it.
  std::string Parameter(const std::string& name, Shape shape) {
    std::string& known = parameters_[{name, shape}];
    if (known.empty()) known = onnx_.Constant(name, shape, Values(name));
    return known;
  }
  std::span<const float> Values(const std::string& name) const {
    if (name.empty()) return {};
    return model_.Parameter(name).data;
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
    return OnnxFunction(onnx_, e.function, At(node.inputs[0]), Name(node),
                        node.name + ".sigmoid");
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
    std::vector<std::string>& parts = split_[tensor];
    if (parts.empty()) {
      const std::string sizes =
          onnx_.List(x + ".sizes", {e.channels, e.channels, e.channels});
      parts = onnx_.Nodes("Split", {x, sizes}, {x + ".q", x + ".k", x + ".v"},
                          {{"axis", int64_t{1}}});
    }
    return {e, parts[0], parts[1], parts[2]};
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

  // Axis 2 is the last one of scores, too.
  std::string Visit(const Node& node, const Softmax& softmax) {
    return onnx_.Node("Softmax", {At(node.inputs[0])}, Name(node),
                      {{"axis", int64_t{softmax.axis} - 3}});
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
      return OnnxWindowPool(onnx_, pool, TensorOf(node.inputs[0]), Name(node));
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
  std::string Visit(const Node& node, const MatMul&) {
    return OnnxMatMul(onnx_, At(node.inputs[0]), At(node.inputs[1]),
                      Name(node));
  }
  std::string Visit(const Node& node, const Move& move) {
    std::vector<OnnxTensor> inputs;
    for (const TensorId id : node.inputs) {
      inputs.push_back({fixed_[AsSize(node.output)] ? At(id) : Batched(id),
                        model_.graph.extent(id)});
    }
    return OnnxMove(onnx_, move, inputs, Name(node));
  }
  std::string Visit(const Node& node, const Resize& resize) {
    return OnnxResize(onnx_, resize, TensorOf(node.inputs[0]), Name(node));
  }
  std::string Visit(const Node& node, const Normalize& normalize) {
    return OnnxNormalize(onnx_, normalize, TensorOf(node.inputs[0]),
                         Values(normalize.scale), Values(normalize.bias),
                         Name(node));
  }

  std::string Visit(const Node& node, const Recurrent& r) {
    const int rows = GateCount(r.kind) * r.hidden;
    const int features = model_.graph.extent(node.inputs[0]).channels;
    const auto ordered = [&](const std::string& name, int row_size) {
      return InOnnxGateOrder(r.kind, Values(name), AsSize(row_size),
                             AsSize(r.hidden));
    };
    const auto weight = [&](const std::string& name, int row_size) {
      const std::vector<float> values = ordered(name, row_size);
      return onnx_.Constant(name, {1, rows, row_size},
                            std::span<const float>(values));
    };
    std::vector<float> biases;
    for (const std::string& name : {r.input_bias, r.recurrent_bias}) {
      std::vector<float> part(AsSize(rows));
      if (!name.empty()) part = ordered(name, 1);
      biases.insert(biases.end(), part.begin(), part.end());
    }
    const OnnxGates gates = {
        weight(r.input_weight, features), weight(r.recurrent_weight, r.hidden),
        onnx_.Constant(Name(node) + ".biases", {1, 2 * rows},
                       std::span<const float>(biases))};
    return OnnxRecurrent(onnx_, r.kind, r.hidden, r.reverse, At(node.inputs[0]),
                         gates, Name(node));
  }

  std::string Visit(const Node&, const Constant& constant) {
    const Extent& e = constant.extent;
    return Parameter(constant.value, {1, e.channels, e.height, e.width});
  }

  const Model& model_;
  OnnxWriter onnx_;
  std::vector<std::string> names_;  // by TensorId
  std::vector<char> fixed_;         // by TensorId: no window changes it
  std::map<TensorId, std::vector<std::string>> split_;
  std::map<std::pair<std::string, Shape>, std::string> parameters_;
};

}  // namespace

std::string OnnxFloatModel(const Model& folded,
                           const std::string& source_sha256) {
  return FloatExport(folded).Run(source_sha256);
}

}  // namespace edge_int8

#include "src/graph/fold_norms.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace edge_int8 {
namespace {

// y = scale * x + shift, per channel.
struct Affine {
  std::vector<double> scale;
  std::vector<double> shift;
};

// Walks the nodes once, building the folded graph beside the old one. All
// parameters are kept in double until the end.
class Folder {
 public:
  explicit Folder(const Model& model) : old_(model) {
    for (const auto& [name, tensor] : model.parameters) {
      values_[name].assign(tensor.data.begin(), tensor.data.end());
    }
    for (const Node& node : model.graph.nodes) {
      for (const TensorId id : node.inputs) ++old_consumers_[id];
    }
    ++old_consumers_[model.graph.output];
  }

  Model Fold() {
    folded_.graph.name = old_.graph.name;
    folded_.graph.input_shape = old_.graph.input_shape;
    folded_.graph.output_shape = old_.graph.output_shape;
    folded_.graph.tensors.push_back(old_.graph.tensors[0]);
    renamed_[0] = 0;
    producer_.push_back(-1);
    for (const Node& node : old_.graph.nodes) {
      if (const auto* norm = std::get_if<BatchNorm>(&node.op)) {
        FoldNorm(*norm, node, renamed_.at(node.inputs[0]));
      } else if (std::holds_alternative<Dropout>(node.op)) {
        renamed_[node.output] = renamed_.at(node.inputs[0]);
      } else {
        CopyNode(node);
      }
    }
    folded_.graph.output = renamed_.at(old_.graph.output);
    for (const Node& node : folded_.graph.nodes) {
      if (std::holds_alternative<AttentionMix>(node.op)) MoveShifts(node);
    }
    FinishParameters();
    return std::move(folded_);
  }

 private:
  std::vector<double>& Values(const std::string& name) {
    const auto found = values_.find(name);
    Check(found != values_.end(), "no parameter named " + name);
    return found->second;
  }

  // The node that writes a tensor of the folded graph; throws for the input.
  Node& Producer(TensorId id) {
    const int index = producer_[static_cast<std::size_t>(id)];
    Check(index >= 0, "an attention or a batch norm reads the graph's input");
    return folded_.graph.nodes[static_cast<std::size_t>(index)];
  }

  Conv& ProducingConv(TensorId id) {
    Node& node = Producer(id);
    auto* conv = std::get_if<Conv>(&node.op);
    Check(conv != nullptr, "attention reads '" + node.name +
                               "', which is not a convolution: can't fold");
    return *conv;
  }

  // Appends the node under new tensor ids, with a bias of zeros if it can have
  // one and has none.
  void CopyNode(const Node& node) {
    Graph& graph = folded_.graph;
    Node copy = node;
    for (TensorId& id : copy.inputs) id = renamed_.at(id);
    copy.output = static_cast<TensorId>(graph.tensors.size());
    renamed_[node.output] = copy.output;
    const Extent extent = old_.graph.extent(node.output);
    graph.tensors.push_back({node.name, extent});
    const auto add_bias = [&](std::string& bias) {
      if (!bias.empty()) return;
      bias = node.name + ".bias";
      values_[bias].assign(static_cast<std::size_t>(extent.channels), 0.0);
    };
    if (auto* conv = std::get_if<Conv>(&copy.op)) add_bias(conv->bias);
    if (auto* mix = std::get_if<AttentionMix>(&copy.op)) add_bias(mix->bias);
    producer_.push_back(static_cast<int>(graph.nodes.size()));
    graph.nodes.push_back(std::move(copy));
  }

  Affine NormAffine(const BatchNorm& norm) {
    const std::string& prefix = norm.prefix;
    const auto& mean = Values(prefix + ".running_mean");
    const auto& var = Values(prefix + ".running_var");
    Affine affine{Values(prefix + ".weight"), Values(prefix + ".bias")};
    for (std::size_t c = 0; c < mean.size(); ++c) {
      affine.scale[c] /= std::sqrt(var[c] + norm.epsilon);
      affine.shift[c] -= mean[c] * affine.scale[c];
    }
    return affine;
  }

  void ScaleRow(const Conv& conv, int row, double scale) {
    std::vector<double>& weight = Values(conv.weight);
    const auto at = static_cast<std::size_t>(row);
    const std::size_t length =
        weight.size() / static_cast<std::size_t>(conv.out_channels);
    for (std::size_t i = 0; i < length; ++i) weight[at * length + i] *= scale;
    Values(conv.bias)[at] *= scale;
  }

  // Folds into what computed `input` (an id of the folded graph) where nobody
  // else reads that; elsewhere the norm becomes a depthwise 1x1 convolution.
  void FoldNorm(const BatchNorm& norm, const Node& node, TensorId input) {
    const Affine affine = NormAffine(norm);
    const int producer = producer_[static_cast<std::size_t>(input)];
    if (old_consumers_.at(node.inputs[0]) == 1 && producer >= 0 &&
        FoldIntoProducer(
            folded_.graph.nodes[static_cast<std::size_t>(producer)], affine)) {
      renamed_[node.output] = input;
      return;
    }
    const auto channels = static_cast<int>(affine.scale.size());
    Conv conv{.out_channels = channels, .groups = channels};
    conv.weight = FoldedNormWeight(norm);
    conv.bias = FoldedNormBias(norm);
    values_[conv.weight] = affine.scale;
    values_[conv.bias] = affine.shift;
    made_shapes_[conv.weight] = {channels, 1, 1, 1};
    CopyNode({node.name, std::move(conv), node.inputs, node.output});
  }

  // False where the producer has no weights to fold into.
  bool FoldIntoProducer(const Node& source, const Affine& affine) {
    if (const auto* conv = std::get_if<Conv>(&source.op)) {
      FoldIntoConv(*conv, affine);
    } else if (const auto* scores = std::get_if<AttentionScores>(&source.op)) {
      FoldIntoQuery(*scores, source, affine);
    } else if (const auto* mix = std::get_if<AttentionMix>(&source.op)) {
      FoldIntoValue(*mix, source, affine);
    } else {
      return false;
    }
    return true;
  }

  void FoldIntoConv(const Conv& conv, const Affine& affine) {
    std::vector<double>& bias = Values(conv.bias);
    for (int o = 0; o < conv.out_channels; ++o) {
      const auto at = static_cast<std::size_t>(o);
      ScaleRow(conv, o, affine.scale[at]);
      bias[at] += affine.shift[at];
    }
  }

  // softmax(scale * q.k + shift) = softmax((scale * q).k)
  void FoldIntoQuery(const AttentionScores& scores, const Node& source,
                     const Affine& affine) {
    const Conv& conv = ProducingConv(source.inputs[0]);
    const int per_head = conv.out_channels / 3 / scores.heads;
    for (int c = 0; c < conv.out_channels / 3; ++c) {
      ScaleRow(conv, c, affine.scale[static_cast<std::size_t>(c / per_head)]);
    }
  }

  // scale * (p.v + bias) + shift = p.(scale * v) + (scale * bias + shift)
  void FoldIntoValue(const AttentionMix& mix, const Node& source,
                     const Affine& affine) {
    const Conv& conv = ProducingConv(source.inputs[1]);
    const int channels = conv.out_channels / 3;
    std::vector<double>& bias = Values(mix.bias);
    for (int c = 0; c < channels; ++c) {
      const auto at = static_cast<std::size_t>(c);
      ScaleRow(conv, 2 * channels + c, affine.scale[at]);
      bias[at] = bias[at] * affine.scale[at] + affine.shift[at];
    }
  }

  // The value rows' shift leaves the softmax-weighted sum unchanged, and the
  // key rows' adds the same to all scores of a softmax row.
  void MoveShifts(const Node& node) {
    const auto& mix = std::get<AttentionMix>(node.op);
    const Node& softmax = Producer(node.inputs[0]);
    Check(std::holds_alternative<Softmax>(softmax.op),
          "attention mix '" + node.name + "' doesn't follow a softmax");
    const Node& scores = Producer(softmax.inputs[0]);
    Check(std::holds_alternative<AttentionScores>(scores.op) &&
              scores.inputs[0] == node.inputs[1],
          "attention '" + node.name + "' mixes values of other scores");
    CheckReadOnlyBy(node.inputs[1], scores, node);
    const Conv& conv = ProducingConv(node.inputs[1]);
    const auto channels = static_cast<std::size_t>(conv.out_channels / 3);
    std::vector<double>& shift = Values(conv.bias);
    std::vector<double>& bias = Values(mix.bias);
    for (std::size_t c = 0; c < channels; ++c) {
      bias[c] += std::exchange(shift[2 * channels + c], 0.0);
      shift[channels + c] = 0.0;
    }
  }

  void CheckReadOnlyBy(TensorId qkv, const Node& a, const Node& b) const {
    for (const Node& node : folded_.graph.nodes) {
      const bool reads =
          std::count(node.inputs.begin(), node.inputs.end(), qkv);
      Check(!reads || node.name == a.name || node.name == b.name,
            "'" + node.name + "' reads queries, keys, values of an attention");
    }
  }

  // Lists and rounds what the folded nodes still name, in their order.
  void FinishParameters() {
    const auto keep = [&](const std::string& name, const Shape& shape) {
      const std::vector<double>& values = Values(name);
      Check(!folded_.parameters.contains(name),
            "parameter '" + name + "' belongs to two nodes: can't fold");
      folded_.graph.parameters.push_back({name, shape});
      folded_.parameters.emplace(
          name,
          Tensor(shape, std::vector<float>(values.begin(), values.end())));
    };
    for (const Node& node : folded_.graph.nodes) {
      for (const std::string& name : ParameterNames(node.op)) {
        keep(name, ShapeOf(name, node.output));
      }
    }
  }

  // Of a parameter of the node that writes `output`; a bias that folding added
  // has one value for each channel.
  Shape ShapeOf(const std::string& name, TensorId output) const {
    if (const auto made = made_shapes_.find(name); made != made_shapes_.end()) {
      return made->second;
    }
    const auto old = old_.parameters.find(name);
    if (old != old_.parameters.end()) return old->second.shape;
    return {folded_.graph.extent(output).channels};
  }

  const Model& old_;
  Model folded_;
  std::map<std::string, std::vector<double>> values_;
  std::map<std::string, Shape> made_shapes_;  // of depthwise weights made here
  std::map<TensorId, int> old_consumers_;
  std::map<TensorId, TensorId> renamed_;  // old id -> id in the folded graph
  std::vector<int> producer_;             // by folded id; -1 for the input
};

}  // namespace

std::string FoldedNormWeight(const BatchNorm& norm) {
  return norm.prefix + ".folded_weight";
}
std::string FoldedNormBias(const BatchNorm& norm) {
  return norm.prefix + ".folded_bias";
}

Model FoldBatchNorms(const Model& model) { return Folder(model).Fold(); }

}  // namespace edge_int8

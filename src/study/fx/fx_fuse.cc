#include "src/study/fx/fx_fuse.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "src/base/as_size.h"

namespace edge_int8 {
namespace {

// w * scale and (b - mean) / sqrt(var + eps) * weight + bias, in float as
// torch.nn.utils.fuse_conv_bn_weights computes them.
void FuseParameters(Model& model, const BatchNorm& norm, Conv& conv) {
  const auto& mean = model.Parameter(norm.prefix + ".running_mean").data;
  const auto& variance = model.Parameter(norm.prefix + ".running_var").data;
  const auto& gain = model.Parameter(norm.prefix + ".weight").data;
  const auto& shift = model.Parameter(norm.prefix + ".bias").data;
  std::vector<float>& weights = model.Parameter(conv.weight).data;
  const bool had_bias = !conv.bias.empty();
  if (!had_bias) {
    conv.bias = norm.prefix + ".fused_bias";
    model.parameters.emplace(conv.bias, Tensor({conv.out_channels}));
  }
  std::vector<float>& bias = model.Parameter(conv.bias).data;
  const std::size_t row = weights.size() / bias.size();
  for (std::size_t o = 0; o < bias.size(); ++o) {
    const float deviation =
        std::sqrt(variance[o] + static_cast<float>(norm.epsilon));
    const float inverse = 1.0f / deviation;
    bias[o] = (bias[o] - mean[o]) * inverse * gain[o] + shift[o];
    for (std::size_t n = o * row; n < (o + 1) * row; ++n) {
      weights[n] *= gain[o] * inverse;
    }
  }
}

}  // namespace

int CutColumns(const Graph& graph, const Node& node) {
  const Conv& c = std::get<Conv>(node.op);
  const int cut = c.pad_left - c.pad_right;
  if (cut < 0 || c.pad_top != c.pad_bottom || (cut > 0 && c.stride_w != 1)) {
    FailInput(fmt::format("graph {}, node {}", graph.name, node.name),
              "no PyTorch convolution pads like this, not even with its last "
              "columns cut");
  }
  return cut;
}

Model FuseAsFx(const Model& model, bool fuse_behind_cut) {
  Model fused = model;
  const Graph& graph = model.graph;
  std::vector<int> readers(graph.tensors.size(), 0);
  for (const Node& node : graph.nodes) {
    for (const TensorId id : node.inputs) ++readers[AsSize(id)];
  }
  ++readers[AsSize(graph.output)];
  std::vector<Node>& nodes = fused.graph.nodes;
  nodes.clear();
  for (const Node& node : graph.nodes) {
    const auto* norm = std::get_if<BatchNorm>(&node.op);
    const auto before =
        norm == nullptr
            ? nodes.end()
            : std::ranges::find(nodes, node.inputs[0], &Node::output);
    if (before == nodes.end() || !std::holds_alternative<Conv>(before->op) ||
        readers[AsSize(node.inputs[0])] != 1 ||
        (!fuse_behind_cut && CutColumns(graph, *before) > 0)) {
      nodes.push_back(node);
      continue;
    }
    FuseParameters(fused, *norm, std::get<Conv>(before->op));
    before->output = node.output;
  }
  return fused;
}

}  // namespace edge_int8

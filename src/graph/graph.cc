#include "src/graph/graph.h"

#include <numeric>
#include <utility>

namespace edge_int8 {

GraphBuilder::GraphBuilder(std::string name, Extent input) {
  graph_.name = std::move(name);
  graph_.tensors.push_back({"input", input});
}

TensorId GraphBuilder::Append(std::string name, Op op,
                              std::vector<TensorId> inputs) {
  std::vector<Extent> extents;
  for (const TensorId id : inputs) extents.push_back(extent(id));
  const Extent out = OutputExtent(op, extents);
  const auto id = static_cast<TensorId>(graph_.tensors.size());
  graph_.tensors.push_back({name, out});
  graph_.nodes.push_back(
      {std::move(name), std::move(op), std::move(inputs), id});
  return id;
}

TensorId GraphBuilder::AppendConv(const std::string& module, Conv conv,
                                  TensorId input, bool with_bias, bool rank1d) {
  conv.weight = module + ".weight";
  Shape shape = {conv.out_channels, extent(input).channels / conv.groups};
  if (!rank1d) shape.push_back(conv.kernel_h);
  shape.push_back(conv.kernel_w);
  graph_.parameters.push_back({conv.weight, std::move(shape)});
  if (with_bias) {
    conv.bias = module + ".bias";
    graph_.parameters.push_back({conv.bias, {conv.out_channels}});
  }
  return Append(module, std::move(conv), {input});
}

TensorId GraphBuilder::AppendBatchNorm(const std::string& module,
                                       TensorId input) {
  const Shape shape = {extent(input).channels};
  graph_.parameters.push_back({module + ".weight", shape});
  graph_.parameters.push_back({module + ".bias", shape});
  graph_.parameters.push_back({module + ".running_mean", shape, false});
  graph_.parameters.push_back({module + ".running_var", shape, false});
  graph_.parameters.push_back(
      {module + ".num_batches_tracked", {}, false, true});
  return Append(module, BatchNorm{module}, {input});
}

TensorId GraphBuilder::AppendRowPool(std::string name, int bins,
                                     TensorId input) {
  return Append(std::move(name), AdaptiveRowPool(bins, extent(input)), {input});
}

Graph GraphBuilder::Finish(TensorId output) {
  graph_.output = output;
  const Extent in = extent(0), out = extent(output);
  graph_.input_shape = {in.channels, in.width};
  if (in.height > 1) graph_.input_shape = {in.channels, in.height, in.width};
  graph_.output_shape = {out.channels, out.height};
  if (out.width > 1)
    graph_.output_shape = {out.channels, out.height, out.width};
  return std::move(graph_);
}

int64_t ParameterCount(const Graph& graph) {
  int64_t count = 0;
  for (const ParameterSpec& p : graph.parameters) {
    if (p.trainable) count += ElementCount(p.shape);
  }
  return count;
}

namespace {

MacCount ConvMacs(const Conv& conv, const Extent& in, const Extent& out) {
  const int64_t weights = int64_t{1} * conv.out_channels *
                          (in.channels / conv.groups) * conv.kernel_h *
                          conv.kernel_w;
  // Causal means padded on one side only; upstream pads both and cuts.
  const int cut = conv.pad_right == 0 ? conv.pad_left : 0;
  return {weights * out.height * (out.width + cut),
          weights * out.height * out.width};
}

MacCount Same(int64_t macs) { return {macs, macs}; }

}  // namespace

MacCount CountMacs(const Graph& graph, const Node& node) {
  const Extent& out = graph.extent(node.output);
  const auto in = [&](std::size_t i) { return graph.extent(node.inputs[i]); };
  const auto none = [](const auto&) { return MacCount{}; };
  return std::visit(
      Overload{
          [&](const Conv& conv) { return ConvMacs(conv, in(0), out); },
          [&](const AttentionScores& scores) {
            return Same(out.size() * (in(0).channels / 3 / scores.heads));
          },
          [&](const AttentionMix& mix) {
            return Same(in(0).size() * (out.channels / mix.heads));
          },
          [&](const MatMul&) { return Same(out.size() * in(0).channels); },
          [&](const Recurrent& r) {
            return Same(int64_t{1} * GateCount(r.kind) * r.hidden *
                        (in(0).channels + r.hidden) * out.width);
          },
          [&](const BatchNorm& op) { return none(op); },
          [&](const Elementwise& op) { return none(op); },
          [&](const Add& op) { return none(op); },
          [&](const Multiply& op) { return none(op); },
          [&](const Dropout& op) { return none(op); },
          [&](const Softmax& op) { return none(op); },
          [&](const Pool& op) { return none(op); },
          [&](const Transpose& op) { return none(op); },
          [&](const Move& op) { return none(op); },
          [&](const Resize& op) { return none(op); },
          [&](const Normalize& op) { return none(op); },
          [&](const Constant& op) { return none(op); },
      },
      node.op);
}

MacCount CountMacs(const Graph& graph) {
  MacCount total;
  for (const Node& node : graph.nodes) {
    const MacCount macs = CountMacs(graph, node);
    total.counted += macs.counted;
    total.kept += macs.kept;
  }
  return total;
}

}  // namespace edge_int8

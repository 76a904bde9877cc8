#include "src/graph/graph.h"

#include <numeric>
#include <utility>

namespace edge_int8 {
namespace {

template <class... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overload(Fs...) -> Overload<Fs...>;  // clang 14 needs it

int AxisLength(const Extent& e, Axis axis) {
  return axis == Axis::kWidth ? e.width : e.height;
}

Extent ConvExtent(const Conv& c, const Extent& x) {
  Check(x.channels % c.groups == 0 && c.out_channels % c.groups == 0,
        "convolution channels are not divisible by its groups");
  const int span_h = c.dilation_h * (c.kernel_h - 1) + 1;
  const int span_w = c.dilation_w * (c.kernel_w - 1) + 1;
  const int height =
      (x.height + c.pad_top + c.pad_bottom - span_h) / c.stride_h + 1;
  const int width =
      (x.width + c.pad_left + c.pad_right - span_w) / c.stride_w + 1;
  Check(height > 0 && width > 0, "convolution kernel is larger than its input");
  return {c.out_channels, height, width};
}

Extent ScoresExtent(const AttentionScores& a, const Extent& qkv) {
  Check(qkv.channels % (3 * a.heads) == 0, "q, k, v don't divide into heads");
  return {a.heads, qkv.height * qkv.width, AxisLength(qkv, a.axis)};
}

}  // namespace

Extent OutputExtent(const Op& op, const std::vector<Extent>& in) {
  Check(!in.empty(), "a node needs an input");
  const Extent& x = in[0];
  return std::visit(
      Overload{
          [&](const Conv& c) { return ConvExtent(c, x); },
          [&](const BatchNorm&) { return x; },
          [&](const Silu&) { return x; },
          [&](const Add&) {
            Check(in.size() == 2 && in[1] == x, "sum of different extents");
            return x;
          },
          [&](const Dropout&) { return x; },
          [&](const AttentionScores& a) { return ScoresExtent(a, x); },
          [&](const Softmax&) { return x; },
          [&](const AttentionMix& a) {
            Check(in.size() == 2 && ScoresExtent({a.heads, a.axis}, in[1]) == x,
                  "attention probabilities don't fit the values");
            return Extent{in[1].channels / 3, in[1].height, in[1].width};
          },
          [&](const AveragePool& p) {
            return Extent{x.channels, p.bins, 1};
          },
          [&](const Transpose& t) {
            const std::array<int, 3> from = {x.channels, x.height, x.width};
            const auto pick = [&](std::size_t a) {
              return from[static_cast<std::size_t>(t.order[a])];
            };
            return Extent{pick(0), pick(1), pick(2)};
          },
      },
      op);
}

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

Graph GraphBuilder::Finish(TensorId output) {
  graph_.output = output;
  return std::move(graph_);
}

int64_t ParameterCount(const Graph& graph) {
  int64_t count = 0;
  for (const ParameterSpec& p : graph.parameters) {
    if (p.trainable) count += ElementCount(p.shape);
  }
  return count;
}

MacCount CountMacs(const Graph& graph, const Node& node) {
  const Extent& out = graph.extent(node.output);
  if (const auto* conv = std::get_if<Conv>(&node.op)) {
    const Extent& in = graph.extent(node.inputs[0]);
    const int64_t weights = int64_t{1} * conv->out_channels *
                            (in.channels / conv->groups) * conv->kernel_h *
                            conv->kernel_w;
    // Causal means padded on one side only; upstream pads both and cuts.
    const int cut = conv->pad_right == 0 ? conv->pad_left : 0;
    return {weights * out.height * (out.width + cut),
            weights * out.height * out.width};
  }
  if (const auto* scores = std::get_if<AttentionScores>(&node.op)) {
    const int per_head =
        graph.extent(node.inputs[0]).channels / 3 / scores->heads;
    return {out.size() * per_head, out.size() * per_head};
  }
  if (const auto* mix = std::get_if<AttentionMix>(&node.op)) {
    const Extent& p = graph.extent(node.inputs[0]);
    const int64_t macs = p.size() * (out.channels / mix->heads);
    return {macs, macs};
  }
  return {};
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

std::string_view OpName(const Op& op) {
  constexpr std::array<std::string_view, std::variant_size_v<Op>> kNames = {
      "conv",        "batch_norm", "silu",     "add",      "dropout",
      "attn_scores", "softmax",    "attn_mix", "avg_pool", "transpose"};
  return kNames[op.index()];
}

}  // namespace edge_int8

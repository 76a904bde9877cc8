#include "src/nets/onnx/onnx_emitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"

namespace edge_int8 {
namespace {

Shape ShapeOf(const Extent& e) { return {e.channels, e.height, e.width}; }

Extent ExtentOf(const StridedView& view) {
  return {static_cast<int>(view.length(0)), static_cast<int>(view.length(1)),
          static_cast<int>(view.length(2))};
}

std::string ViewText(const StridedView& view) {
  std::string text = fmt::format("{}", view.offset);
  for (const Steps& axis : view.axes) {
    text += '|';
    for (const Step& s : axis) {
      text += fmt::format("{}*{} ", s.extent, s.stride);
    }
  }
  return text;
}

// The permutation of a tensor's axes that reads it through `view`, if one does.
std::optional<std::array<int, 3>> OrderOf(const StridedView& view,
                                          const Extent& extent) {
  const StridedView plain = RowMajorView(ShapeOf(extent));
  std::array<int, 3> order = {0, 1, 2};
  do {
    if (PermutedView(plain, {order.begin(), order.end()}) == view) return order;
  } while (std::ranges::next_permutation(order).found);
  return std::nullopt;
}

// All values of `view` in row-major order as one term.
MoveTerm TermOf(const StridedView& view) {
  MoveTerm term{0, view.offset, 0, {}};
  int64_t stride = 1;
  const Steps steps = Joined(AllSteps(view));
  for (std::size_t i = steps.size(); i-- > 0;) {
    term.dims.insert(term.dims.begin(), {static_cast<int>(steps[i].extent),
                                         steps[i].stride, stride});
    stride *= steps[i].extent;
  }
  return term;
}

}  // namespace

OnnxEmitter::OnnxEmitter(std::string file, std::string network, Extent input)
    : file_(std::move(file)) {
  model_.graph.name = std::move(network);
  model_.graph.tensors.push_back({"input", input});
  names_.insert("input");
  producer_.push_back(-1);
}

std::string OnnxEmitter::UniqueName() {
  const std::string wanted = name_.empty() ? "node" : name_;
  std::string name = wanted;
  int& next = next_number_.try_emplace(wanted, 2).first->second;
  while (names_.contains(name)) name = fmt::format("{}.{}", wanted, next++);
  return name;
}

TensorId OnnxEmitter::Append(Op op, std::vector<TensorId> inputs) {
  const std::string name = next_.empty() ? UniqueName() : next_;
  next_.clear();
  std::vector<Extent> extents;
  for (const TensorId id : inputs) extents.push_back(extent(id));
  const Extent out = OutputExtent(op, extents);
  if (!BoundedCount(ShapeOf(out))) {
    FailInput(file_, fmt::format("node '{}' would have {} values; expected at "
                                 "most {} in a tensor of one window",
                                 name, out.size(), kMostValues));
  }
  const auto id = static_cast<TensorId>(model_.graph.tensors.size());
  producer_.push_back(static_cast<int>(model_.graph.nodes.size()));
  model_.graph.tensors.push_back({name, out});
  names_.insert(name);
  model_.graph.nodes.push_back({name, std::move(op), std::move(inputs), id});
  return id;
}

std::string OnnxEmitter::AddParameter(const std::string& suffix,
                                      const Shape& shape,
                                      const std::vector<double>& values) {
  if (next_.empty()) next_ = UniqueName();
  const std::string name = next_ + "." + suffix;
  Tensor tensor(shape, std::vector<float>(values.begin(), values.end()));
  for (const float v : tensor.data) {
    if (!std::isfinite(v)) {
      FailInput(file_, fmt::format("node '{}' has the weight {}; expected "
                                   "finite numbers of float32's range",
                                   next_, v));
    }
  }
  Check(model_.parameters.emplace(name, std::move(tensor)).second,
        "two parameters called " + name);
  model_.graph.parameters.push_back({name, shape});
  return name;
}

TensorId OnnxEmitter::AppendConv(Conv conv, const std::vector<double>& weight,
                                 const std::vector<double>& bias,
                                 TensorId input) {
  conv.weight =
      AddParameter("weight",
                   {conv.out_channels, extent(input).channels / conv.groups,
                    conv.kernel_h, conv.kernel_w},
                   weight);
  // Also of zeros: bias correction has something to change then, and integer
  // convolutions have biases anyway.
  conv.bias = AddParameter(
      "bias", {conv.out_channels},
      bias.empty() ? std::vector<double>(AsSize(conv.out_channels), 0) : bias);
  return Append(std::move(conv), {input});
}

namespace {

bool AllAre(const std::vector<double>& values, double value) {
  return std::ranges::all_of(values, [&](double v) { return v == value; });
}

double At(const std::vector<double>& values, std::size_t i, double otherwise) {
  return values.empty() ? otherwise : values[i];
}

// A parameter of a layer, or nothing.
std::vector<double> ValuesOf(const Model& model, const std::string& name) {
  if (name.empty()) return {};
  const Tensor& tensor = model.Parameter(name);
  return {tensor.data.begin(), tensor.data.end()};
}

}  // namespace

// A new layer beside the old one: who reads the old one still can, and who is
// read by nobody in the end is left out.
std::optional<TensorId> OnnxEmitter::MergeIntoConv(
    TensorId input, const std::vector<double>& scale,
    const std::vector<double>& shift) {
  const Node* node = producer(input);
  const auto* old = node == nullptr ? nullptr : std::get_if<Conv>(&node->op);
  if (old == nullptr) return std::nullopt;
  std::vector<double> weight = ValuesOf(model_, old->weight);
  std::vector<double> bias = ValuesOf(model_, old->bias);
  if (bias.empty() && !AllAre(shift, 0)) bias.assign(shift.size(), 0);
  const auto channels = AsSize(old->out_channels);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    weight[i] *= At(scale, i / (weight.size() / channels), 1);
  }
  for (std::size_t c = 0; c < bias.size(); ++c) {
    bias[c] = bias[c] * At(scale, c, 1) + At(shift, c, 0);
  }
  Conv conv = *old;
  conv.bias.clear();
  return AppendConv(conv, weight, bias, node->inputs[0]);
}

std::optional<TensorId> OnnxEmitter::MergeIntoNorm(
    TensorId input, const std::vector<double>& scale,
    const std::vector<double>& shift) {
  const Node* node = producer(input);
  const auto* old =
      node == nullptr ? nullptr : std::get_if<Normalize>(&node->op);
  if (old == nullptr) return std::nullopt;
  Normalize norm = *old;
  const TensorId source = node->inputs[0];
  const std::vector<double> old_scale = ValuesOf(model_, norm.scale);
  const std::vector<double> old_bias = ValuesOf(model_, norm.bias);
  std::vector<double> new_scale;
  std::vector<double> new_bias;
  for (int c = 0; c < extent(input).channels; ++c) {
    const double by = At(scale, AsSize(c), 1);
    new_scale.push_back(At(old_scale, AsSize(c), 1) * by);
    new_bias.push_back(At(old_bias, AsSize(c), 0) * by +
                       At(shift, AsSize(c), 0));
  }
  const Shape shape = {extent(input).channels};
  norm.scale = AddParameter("weight", shape, new_scale);
  norm.bias = AddParameter("bias", shape, new_bias);
  return Append(std::move(norm), {source});
}

TensorId OnnxEmitter::AppendChannelwise(TensorId input,
                                        const std::vector<double>& scale,
                                        const std::vector<double>& shift) {
  if (AllAre(scale, 1) && AllAre(shift, 0)) return input;
  if (const auto merged = MergeIntoConv(input, scale, shift)) return *merged;
  if (const auto merged = MergeIntoNorm(input, scale, shift)) return *merged;
  Conv conv;
  conv.out_channels = conv.groups = extent(input).channels;
  std::vector<double> weight = scale;
  if (weight.empty()) weight.assign(AsSize(conv.groups), 1);
  return AppendConv(conv, weight, shift, input);
}

TensorId OnnxEmitter::AppendConstant(Extent extent,
                                     const std::vector<double>& values) {
  Constant constant{extent, AddParameter("value", ShapeOf(extent), values)};
  return Append(std::move(constant), {});
}

TensorId OnnxEmitter::AppendFunction(TensorId input, const Expression& e) {
  Function function = FunctionOf(e);
  if (function.kind == FunctionKind::kIdentity) return input;
  const std::string key = fmt::format("f {} {}", input, FunctionText(function));
  if (const auto known = answer(key)) return *known;
  std::optional<TensorId> merged;
  if (function.kind == FunctionKind::kAffine) {
    const auto channels = AsSize(extent(input).channels);
    const std::vector<double> scale(channels, function.a);
    const std::vector<double> shift(channels, function.b);
    merged = MergeIntoConv(input, scale, shift);
    if (!merged) merged = MergeIntoNorm(input, scale, shift);
  }
  const TensorId id =
      merged ? *merged : Append(Elementwise{std::move(function)}, {input});
  Remember(key, id);
  return id;
}

TensorId OnnxEmitter::AppendMoved(TensorId input, const StridedView& view) {
  const std::string key = fmt::format("m {} {}", input, ViewText(view));
  if (const auto known = answer(key)) return *known;
  TensorId id = 0;
  if (const auto order = OrderOf(view, extent(input))) {
    if (*order == std::array{0, 1, 2}) return input;
    id = Append(Transpose{*order}, {input});
  } else {
    id = Append(Move{ExtentOf(view), 0, {TermOf(view)}}, {input});
  }
  moved_.emplace(id, MovedFrom{input, view});
  Remember(key, id);
  return id;
}

std::optional<TensorId> OnnxEmitter::answer(const std::string& question) const {
  const auto found = asked_.find(question);
  if (found == asked_.end()) return std::nullopt;
  return found->second;
}

const Node* OnnxEmitter::producer(TensorId id) const {
  const int index = producer_[AsSize(id)];
  return index < 0 ? nullptr : &model_.graph.nodes[AsSize(index)];
}

const MovedFrom* OnnxEmitter::moved_from(TensorId id) const {
  const auto found = moved_.find(id);
  return found == moved_.end() ? nullptr : &found->second;
}

const TensorNotes& OnnxEmitter::notes(TensorId id) const {
  static const TensorNotes kNone;
  const auto found = notes_.find(id);
  return found == notes_.end() ? kNone : found->second;
}

namespace {

// Tensors that `output` is made of.
std::vector<bool> Needed(const Graph& graph, TensorId output) {
  std::vector<bool> needed(graph.tensors.size(), false);
  needed[AsSize(output)] = true;
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    if (!needed[AsSize(node.output)]) continue;
    for (const TensorId input : node.inputs) needed[AsSize(input)] = true;
  }
  return needed;
}

}  // namespace

Model OnnxEmitter::Finish(TensorId output) {
  const std::vector<bool> needed = Needed(model_.graph, output);
  Model kept;
  kept.graph.name = model_.graph.name;
  std::vector<TensorId> renumbered(needed.size(), 0);
  kept.graph.tensors.push_back(model_.graph.tensors[0]);
  std::set<std::string> used;
  for (Node& node : model_.graph.nodes) {
    if (!needed[AsSize(node.output)]) continue;
    Check(!std::holds_alternative<BatchNorm>(node.op),
          "an importer makes no batch norm");
    for (std::string& name : ParameterNames(node.op)) {
      used.insert(std::move(name));
    }
    const auto id = static_cast<TensorId>(kept.graph.tensors.size());
    kept.graph.tensors.push_back(model_.graph.tensors[AsSize(node.output)]);
    renumbered[AsSize(node.output)] = id;
    node.output = id;
    for (TensorId& input : node.inputs) input = renumbered[AsSize(input)];
    kept.graph.nodes.push_back(std::move(node));
  }
  kept.graph.output = renumbered[AsSize(output)];
  for (ParameterSpec& spec : model_.graph.parameters) {
    if (!used.contains(spec.name)) continue;
    kept.parameters.emplace(spec.name,
                            std::move(model_.parameters.at(spec.name)));
    kept.graph.parameters.push_back(std::move(spec));
  }
  return kept;
}

}  // namespace edge_int8

#include "src/nets/onnx/onnx_emitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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
    term.dims.insert(term.dims.begin(),
                     {static_cast<int>(steps[i].extent), steps[i].stride,
                      stride});
    stride *= steps[i].extent;
  }
  return term;
}

}  // namespace

OnnxEmitter::OnnxEmitter(std::string file, Extent input)
    : file_(std::move(file)) {
  model_.graph.tensors.push_back({"input", input});
  names_.insert("input");
  producer_.push_back(-1);
}

std::string OnnxEmitter::UniqueName() const {
  const std::string wanted = name_.empty() ? "node" : name_;
  std::string name = wanted;
  for (int n = 2; names_.contains(name); ++n) {
    name = fmt::format("{}.{}", wanted, n);
  }
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
  conv.weight = AddParameter("weight",
                             {conv.out_channels,
                              extent(input).channels / conv.groups,
                              conv.kernel_h, conv.kernel_w},
                             weight);
  if (!bias.empty()) {
    conv.bias = AddParameter("bias", {conv.out_channels}, bias);
  }
  return Append(std::move(conv), {input});
}

TensorId OnnxEmitter::AppendChannelwise(TensorId input,
                                        const std::vector<double>& scale,
                                        const std::vector<double>& shift) {
  Conv conv;
  conv.out_channels = conv.groups = extent(input).channels;
  return AppendConv(conv, scale, shift, input);
}

TensorId OnnxEmitter::AppendConstant(Extent extent,
                                     const std::vector<double>& values) {
  Constant constant{extent, AddParameter("value", ShapeOf(extent), values)};
  return Append(std::move(constant), {});
}

TensorId OnnxEmitter::AppendFunction(TensorId input, const Expression& e) {
  Function function = FunctionOf(e);
  if (function.kind == FunctionKind::kIdentity) return input;
  const std::string key =
      fmt::format("f {} {}", input, FunctionText(function));
  if (const auto known = answer(key)) return *known;
  const TensorId id = Append(Elementwise{std::move(function)}, {input});
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

Model OnnxEmitter::Finish(TensorId output) {
  model_.graph.output = output;
  return std::move(model_);
}

}  // namespace edge_int8

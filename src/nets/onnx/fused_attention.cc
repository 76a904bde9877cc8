#include "src/nets/onnx/fused_attention.h"

#include <algorithm>
#include <utility>

#include "src/base/as_size.h"
#include "src/nets/onnx/axis_layout.h"

namespace edge_int8 {
namespace {

// Queries, keys or values as rows of a linear layer.
struct Projection {
  TensorId input = 0;          // of the layer
  Extent extent;               // of its output
  std::vector<double> weight;  // [row][input channels], rows head by head
  std::vector<double> bias;    // [row]
  int64_t heads = 1;
  int which = 1;  // the axis of the tensor that is attended: 1 height, 2 width
  std::vector<AxisPart> others;  // parts of the batch axes that are no heads
  std::vector<std::size_t> head_axes;  // which of the batch axes are heads
};

// Parts of one axis, all along `which` of the tensor.
std::optional<int> WhichOf(const std::vector<AxisPart>& parts, int axis) {
  std::optional<int> which;
  for (const AxisPart& part : parts) {
    if (part.axis != axis) continue;
    if (which && *which != part.which) return std::nullopt;
    which = part.which;
  }
  return which.value_or(-1);
}

// Channel indices that the parts of these axes reach, in their order.
std::vector<int64_t> ChannelsOf(const std::vector<AxisPart>& parts,
                                const std::vector<int>& axes, int64_t start) {
  StridedView view{start, {}};
  for (const int axis : axes) {
    for (const AxisPart& part : parts) {
      if (part.axis == axis) view.axes.push_back({{part.extent, part.unit}});
    }
  }
  std::vector<int64_t> channels;
  ForEachPlace(view, [&](int64_t c) { channels.push_back(c); });
  return channels;
}

// Whether these parts go through the whole axis of the tensor in order.
bool IsAllInOrder(const std::vector<AxisPart>& parts, int axis,
                  int64_t length) {
  int64_t unit = length;
  for (const AxisPart& part : parts) {
    if (part.axis != axis) continue;
    if (unit % part.extent != 0) return false;
    unit /= part.extent;
    if (part.unit != unit) return false;
  }
  return unit == 1 || length == 1;
}

int64_t LengthAlong(const Extent& e, int which) {
  return which == 0 ? e.channels : which == 1 ? e.height : e.width;
}

// `places`: the axis of queries or keys; `depth`: the axes inside a head.
std::optional<Projection> Project(const OnnxCall& call, const OnnxValue& given,
                                  const std::vector<int>& batch,
                                  const std::vector<int>& places,
                                  const std::vector<int>& depth) {
  if (given.is_constant() || places.size() != 1) return std::nullopt;
  const OnnxValue value = Traced(call.emitter, given);
  const auto affine = ScaleShiftOf(value.function);
  const Node* node = call.emitter.producer(value.base);
  if (!affine || node == nullptr) return std::nullopt;
  const auto* conv = std::get_if<Conv>(&node->op);
  const Extent extent = call.emitter.extent(value.base);
  if (conv == nullptr || conv->groups != 1 || conv->kernel_h != 1 ||
      conv->kernel_w != 1 ||
      call.emitter.extent(node->inputs[0]).height != extent.height ||
      call.emitter.extent(node->inputs[0]).width != extent.width) {
    return std::nullopt;
  }
  const auto parted = PartView(value.view, extent);
  if (!parted || parted->start[1] != 0 || parted->start[2] != 0) {
    return std::nullopt;
  }
  const std::vector<AxisPart>& parts = parted->parts;
  Projection p{node->inputs[0], extent, {}, {}, 1, 1, {}, {}};
  const auto which = WhichOf(parts, places[0]);
  if (!which || *which == 0) return std::nullopt;
  p.which = *which < 0 ? (extent.height == 1 ? 1 : 2) : *which;
  if (!IsAllInOrder(parts, places[0], LengthAlong(extent, p.which))) {
    return std::nullopt;
  }
  std::vector<int> rows;
  int64_t covered = 1;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto along = WhichOf(parts, batch[i]);
    if (!along || *along == p.which) return std::nullopt;
    if (*along == 0) {
      p.head_axes.push_back(i);
      rows.push_back(batch[i]);
      p.heads *= value.shape()[AsSize(batch[i])];
    }
    for (AxisPart part : parts) {
      if (part.axis != batch[i] || part.which <= 0) continue;
      part.axis = static_cast<int>(i);  // the same in all three
      p.others.push_back(part);
      covered *= part.extent;
    }
  }
  if (covered != LengthAlong(extent, 3 - p.which)) return std::nullopt;
  for (const int axis : depth) {
    const auto along = WhichOf(parts, axis);
    if (!along || *along > 0) return std::nullopt;
    rows.push_back(axis);
  }
  const Tensor& weight = call.emitter.parameter(conv->weight);
  const auto inputs = AsSize(call.emitter.extent(p.input).channels);
  for (const int64_t c : ChannelsOf(parts, rows, parted->start[0])) {
    const auto from =
        weight.data.begin() + static_cast<std::ptrdiff_t>(AsSize(c) * inputs);
    for (std::size_t i = 0; i < inputs; ++i) {
      p.weight.push_back(
          affine->scale *
          static_cast<double>(from[static_cast<std::ptrdiff_t>(i)]));
    }
    double bias = affine->shift;
    if (!conv->bias.empty()) {
      bias += affine->scale *
              static_cast<double>(
                  call.emitter.parameter(conv->bias).data[AsSize(c)]);
    }
    p.bias.push_back(bias);
  }
  return p;
}

bool SameParts(const std::vector<AxisPart>& a, const std::vector<AxisPart>& b) {
  return std::ranges::equal(a, b, [](const AxisPart& l, const AxisPart& r) {
    return l.axis == r.axis && l.which == r.which && l.extent == r.extent &&
           l.unit == r.unit;
  });
}

bool Fit(const Projection& a, const Projection& b) {
  return a.input == b.input && a.which == b.which && a.heads == b.heads &&
         a.head_axes == b.head_axes && a.bias.size() == b.bias.size() &&
         SameParts(a.others, b.others);
}

OnnxValue Emit(const OnnxCall& call, const Projection& q, const Projection& k,
               const Projection& v, const OnnxValue& probabilities,
               const OnnxValue& values, const ProductAxes& axes) {
  std::vector<double> weight = q.weight;
  // What is added to keys alike cancels in the softmax; probabilities sum to
  // one, so what is added to values is added to the mix.
  std::vector<double> bias = q.bias;
  bias.resize(3 * bias.size(), 0);
  for (const Projection* p : {&k, &v}) {
    weight.insert(weight.end(), p->weight.begin(), p->weight.end());
  }
  Conv conv;
  conv.out_channels = static_cast<int>(bias.size());
  const TensorId qkv = call.emitter.AppendConv(conv, weight, bias, q.input);
  const int heads = static_cast<int>(q.heads);
  const Axis axis = q.which == 1 ? Axis::kHeight : Axis::kWidth;
  const TensorId scores =
      call.emitter.Append(AttentionScores{heads, axis}, {qkv});
  const TensorId softmax = call.emitter.Append(Softmax{2}, {scores});
  AttentionMix weighed{heads, axis, {}};
  weighed.bias = call.emitter.AddParameter(
      "bias", {static_cast<int64_t>(v.bias.size())}, v.bias);
  const TensorId mix = call.emitter.Append(std::move(weighed), {softmax, qkv});
  // Axes batch, rows, columns of the product.
  const Extent e = call.emitter.extent(mix);
  std::vector<AxisPart> parts = q.others;
  int rank = static_cast<int>(axes.batch_a.size());
  int64_t unit = e.channels;
  for (const std::size_t i : q.head_axes) {
    const int64_t length = probabilities.shape()[AsSize(axes.batch_a[i])];
    unit /= length;
    parts.push_back({static_cast<int>(i), 0, length, unit});
  }
  parts.push_back({rank++, q.which, LengthAlong(e, q.which), 1});
  for (const int column : axes.columns) {
    const int64_t length = values.shape()[AsSize(column)];
    unit /= length;
    parts.push_back({rank++, 0, length, unit});
  }
  OnnxValue result;
  result.base = mix;
  result.view = ViewOfParts(parts, rank, e);
  return result;
}

}  // namespace

std::optional<OnnxValue> FusedAttention(const OnnxCall& call,
                                        const OnnxValue& probabilities,
                                        const OnnxValue& values,
                                        const ProductAxes& axes) {
  if (probabilities.is_constant() || values.is_constant() ||
      !IsArgument(probabilities.function)) {
    return std::nullopt;
  }
  const auto softmax = call.emitter.notes(probabilities.base).probabilities;
  if (!softmax || softmax->view != probabilities.view ||
      softmax->scores.is_constant()) {
    return std::nullopt;
  }
  const OnnxValue& scores = softmax->scores;
  const auto product = call.emitter.notes(scores.base).product;
  const auto scale = ScaleShiftOf(scores.function);
  if (!product || !scale || product->rows.size() != 1 ||
      product->columns.size() != 1) {
    return std::nullopt;
  }
  // The scores' axes as the product had them. A file may have reshaped or
  // permuted them since; each axis must still be one of the product's.
  const StridedView& own = product->view;
  const int batches = static_cast<int>(product->batch_a.size());
  std::vector<int> part(AsSize(scores.rank()), -1);
  std::vector<bool> used(own.axes.size(), false);
  for (int i = 0; i < scores.rank(); ++i) {
    for (std::size_t j = 0; j < own.axes.size(); ++j) {
      if (!used[j] && own.axes[j] == scores.view.axes[AsSize(i)]) {
        part[AsSize(i)] = static_cast<int>(j);
        used[j] = true;
        break;
      }
    }
    if (part[AsSize(i)] < 0) return std::nullopt;
  }
  const int rows_axis = batches;
  const int keys_axis = batches + 1;
  if (scores.rank() != batches + 2 || axes.rows.size() != 1 ||
      axes.keys_a.size() != 1 || part[AsSize(axes.keys_a[0])] != keys_axis ||
      part[AsSize(axes.rows[0])] != rows_axis ||
      softmax->axis != axes.keys_a[0]) {
    return std::nullopt;
  }
  // q's and k's batch axes in the order of this product's.
  std::vector<int> batch_q;
  std::vector<int> batch_k;
  for (const int axis : axes.batch_a) {
    const auto j = AsSize(part[AsSize(axis)]);
    if (j >= AsSize(batches)) return std::nullopt;
    batch_q.push_back(product->batch_a[j]);
    batch_k.push_back(product->batch_b[j]);
  }
  auto q = Project(call, product->a, batch_q, product->rows, product->keys_a);
  const auto k =
      Project(call, product->b, batch_k, product->columns, product->keys_b);
  const auto v = Project(call, values, axes.batch_b, axes.keys_b, axes.columns);
  if (!q || !k || !v || !Fit(*q, *k) || !Fit(*q, *v)) return std::nullopt;
  for (double& w : q->weight) w *= scale->scale;
  for (double& b : q->bias) b *= scale->scale;
  return Emit(call, *q, *k, *v, probabilities, values, axes);
}

}  // namespace edge_int8

// Batch, layer, instance, group and RMS norms, as one node of a file or as
// several (spelled_norm.h).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "src/base/as_size.h"
#include "src/nets/onnx/onnx_assemble.h"
#include "src/nets/onnx/onnx_elementwise.h"
#include "src/nets/onnx/spelled_norm.h"

namespace edge_int8 {
namespace {

using TokenKind = FunctionToken::Kind;

// Which values of a [C][H][W] tensor share a mean.
struct Shared {
  NormalizeOver over = NormalizeOver::kLayer;
  int groups = 1;
};

// The part of the channels that `axes` take: all of them, or the inner ones of
// each group.
struct ChannelPart {
  int64_t inner = 1;  // channels that axes take
  int64_t outer = 1;  // groups that they leave
  bool apart = true;  // the inner ones lie together
};

ChannelPart ChannelPartOf(const std::vector<AxisPart>& parts,
                          const std::vector<int>& axes) {
  ChannelPart channels;
  int64_t largest = 0;             // unit times extent that axes take
  int64_t smallest = kMostValues;  // unit that others take
  for (const AxisPart& part : parts) {
    if (part.which != 0) continue;
    if (std::ranges::binary_search(axes, part.axis)) {
      channels.inner *= part.extent;
      largest = std::max(largest, part.extent * part.unit);
    } else {
      channels.outer *= part.extent;
      smallest = std::min(smallest, part.unit);
    }
  }
  channels.apart = largest <= smallest;
  return channels;
}

// Nothing if no norm of the graph's shares values that way.
std::optional<Shared> SharedOf(const std::vector<AxisPart>& parts,
                               const std::vector<int>& axes) {
  int64_t taken = 1;
  int64_t left = 1;
  for (const AxisPart& part : parts) {
    if (part.which == 0) continue;
    if (part.which < 0) return std::nullopt;
    (std::ranges::binary_search(axes, part.axis) ? taken : left) *= part.extent;
  }
  const ChannelPart channels = ChannelPartOf(parts, axes);
  if (!channels.apart) return std::nullopt;
  const int groups = static_cast<int>(channels.outer);
  if (taken == 1) return Shared{NormalizeOver::kLayer, groups};
  if (left > 1) return std::nullopt;
  if (channels.inner == 1) return Shared{NormalizeOver::kInstance, 1};
  return Shared{NormalizeOver::kGroup, groups};
}

// [1][C]... by scale and shift per index of `axis`.
OnnxValue ScaledAlong(const OnnxCall& call, const OnnxValue& x, int axis,
                      const std::vector<double>& scale,
                      const std::vector<double>& shift) {
  Shape shape(AsSize(x.rank()), 1);
  shape[AsSize(axis)] = static_cast<int64_t>(scale.size());
  const OnnxValue scaled =
      Arithmetic(call, TokenKind::kMultiply, x, FloatValue(shape, scale));
  return Arithmetic(call, TokenKind::kAdd, scaled, FloatValue(shape, shift));
}

const std::vector<double>& PerChannel(const OnnxCall& call, std::size_t input,
                                      int64_t channels, std::string_view what) {
  const OnnxArray& array = call.ConstantInput(input, what);
  if (array.size() != channels) {
    call.Fail(fmt::format("its {} has {} values for {} channels", what,
                          array.size(), channels));
  }
  return array.values;
}

OnnxResult BatchNormalizationOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  call.Expect(x.rank() >= 2, "its input has no channels");
  call.Expect(call.Int("training_mode", 0) == 0,
              "it is in training mode; expected a model in eval mode");
  const int64_t channels = x.shape()[1];
  std::vector<double> scale = PerChannel(call, 1, channels, "scale");
  std::vector<double> shift = PerChannel(call, 2, channels, "bias");
  const auto& mean = PerChannel(call, 3, channels, "mean");
  const auto& variance = PerChannel(call, 4, channels, "variance");
  const double epsilon = call.Float("epsilon", 1e-5);
  for (std::size_t c = 0; c < scale.size(); ++c) {
    call.Expect(variance[c] + epsilon > 0, "its variance is negative");
    scale[c] /= std::sqrt(variance[c] + epsilon);
    shift[c] -= scale[c] * mean[c];
  }
  return {ScaledAlong(call, x, 1, scale, shift)};
}

// Axes from `axis` on; scale and bias have their shape.
OnnxResult LayerNormalized(const OnnxCall& call, bool centered) {
  const OnnxValue& x = call.Input(0);
  for (std::size_t i = 1; i < call.node.outputs.size(); ++i) {
    call.Expect(call.node.outputs[i].empty(), "its mean is an output too");
  }
  const int axis = call.AxisOf(call.Int("axis", -1), x.rank());
  std::vector<int> axes(AsSize(x.rank() - axis));
  std::iota(axes.begin(), axes.end(), axis);
  OnnxValue y =
      Normalized(call, x, axes, centered, call.Float("epsilon", 1e-5));
  if (call.Given(1))
    y = Arithmetic(call, TokenKind::kMultiply, y, call.Input(1));
  if (call.Given(2)) y = Arithmetic(call, TokenKind::kAdd, y, call.Input(2));
  return {y};
}

OnnxResult LayerNormalizationOp(const OnnxCall& call) {
  return LayerNormalized(call, true);
}
OnnxResult RmsNormalizationOp(const OnnxCall& call) {
  return LayerNormalized(call, false);
}

OnnxResult InstanceNormalizationOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  call.Expect(x.rank() >= 3, "its input has no spatial axis");
  const int64_t channels = x.shape()[1];
  std::vector<int> axes(AsSize(x.rank() - 2));
  std::iota(axes.begin(), axes.end(), 2);
  const OnnxValue y =
      Normalized(call, x, axes, true, call.Float("epsilon", 1e-5));
  return {ScaledAlong(call, y, 1, PerChannel(call, 1, channels, "scale"),
                      PerChannel(call, 2, channels, "bias"))};
}

// Scale and bias are one per group in operator set 18, one per channel since.
OnnxResult GroupNormalizationOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const Shape shape = x.shape();
  call.Expect(shape.size() >= 2, "its input has no channels");
  const int64_t groups =
      call.Small(call.Int("num_groups", 1), 1, "its num_groups");
  call.Expect(shape[1] % groups == 0, "its channels don't divide into groups");
  Shape apart = shape;
  apart[1] /= groups;
  apart.insert(apart.begin() + 1, groups);
  std::vector<int> axes(apart.size() - 2);
  std::iota(axes.begin(), axes.end(), 2);
  const OnnxValue split = Reshaped(call, x, apart);
  const OnnxValue y = Reshaped(
      call, Normalized(call, split, axes, true, call.Float("epsilon", 1e-5)),
      shape);
  const auto spread = [&](std::size_t input, std::string_view what) {
    const OnnxArray& given = call.ConstantInput(input, what);
    if (given.size() != groups || groups == shape[1]) {
      return PerChannel(call, input, shape[1], what);
    }
    std::vector<double> values;
    for (int64_t c = 0; c < shape[1]; ++c) {
      values.push_back(given.values[AsSize(c / (shape[1] / groups))]);
    }
    return values;
  };
  return {ScaledAlong(call, y, 1, spread(1, "scale"), spread(2, "bias"))};
}

// x divided by its length: an RMS norm without epsilon, over sqrt(n).
OnnxResult LpNormalizationOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  call.Expect(call.Int("p", 2) == 2, "its p is not 2");
  const int axis = call.AxisOf(call.Int("axis", -1), x.rank());
  const auto length = static_cast<double>(x.shape()[AsSize(axis)]);
  return {Arithmetic(call, TokenKind::kMultiply,
                     Normalized(call, x, {axis}, false, 0),
                     FloatValue(1 / std::sqrt(length)))};
}

}  // namespace

OnnxValue Normalized(const OnnxCall& call, const OnnxValue& value,
                     const std::vector<int>& axes, bool centered,
                     double epsilon) {
  call.Expect(epsilon >= 0, "its epsilon is negative");
  OnnxValue x = Whole(call.emitter, value);
  auto parted = PartView(x.view, call.emitter.extent(x.base));
  std::optional<Shared> shared;
  if (parted) shared = SharedOf(parted->parts, axes);
  if (!shared) {
    // What is normalized becomes the channels.
    AxisGroups groups;
    groups[0] = axes;
    const Shape shape = x.shape();
    for (int i = x.rank(); i-- > 0;) {
      if (std::ranges::binary_search(axes, i)) continue;
      const std::size_t which =
          groups[2].empty() && shape[AsSize(i)] > 1 ? 2 : 1;
      groups[which].insert(groups[which].begin(), i);
    }
    x = Arranged(call.emitter, x, groups);
    shared = Shared{};
  }
  OnnxValue result = x;
  result.base = call.emitter.Append(
      Normalize{shared->over, shared->groups, centered, epsilon, {}, {}},
      {x.base});
  return result;
}

void AddNormOps(OnnxHandlers& handlers) {
  handlers["BatchNormalization"] = BatchNormalizationOp;
  handlers["LayerNormalization"] = LayerNormalizationOp;
  handlers["RMSNormalization"] = RmsNormalizationOp;
  handlers["SimplifiedLayerNormalization"] = RmsNormalizationOp;
  handlers["InstanceNormalization"] = InstanceNormalizationOp;
  handlers["GroupNormalization"] = GroupNormalizationOp;
  handlers["LpNormalization"] = LpNormalizationOp;
}

}  // namespace edge_int8

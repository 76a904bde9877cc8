// Arithmetic of two values with broadcasting. What
// becomes of a pair:
//   two constants                 a constant
//   the same tensor, or a number  part of one function of one value
//   a constant per channel        a channelwise convolution
//   any other constant            a Constant node
//   two tensors                   Add or Multiply, others written with those
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/base/as_size.h"
#include "src/nets/onnx/axis_layout.h"
#include "src/nets/onnx/onnx_elementwise.h"
#include "src/nets/onnx/spelled_norm.h"

namespace edge_int8 {
namespace {

using TokenKind = FunctionToken::Kind;

double Compute(TokenKind kind, double a, double b) {
  switch (kind) {
    case TokenKind::kAdd:
      return a + b;
    case TokenKind::kSubtract:
      return a - b;
    case TokenKind::kMultiply:
      return a * b;
    case TokenKind::kDivide:
      return a / b;
    case TokenKind::kMaximum:
      return std::max(a, b);
    case TokenKind::kMinimum:
      return std::min(a, b);
    case TokenKind::kPower:
      return std::pow(a, b);
    default:
      return a > b ? 1 : 0;
  }
}

OnnxValue OfConstants(TokenKind kind, const OnnxArray& a, const OnnxArray& b,
                      const Shape& shape) {
  OnnxArray result{a.kind, shape, Spread(a, shape)};
  const bool whole = a.kind == OnnxArray::Kind::kInteger &&
                     b.kind == OnnxArray::Kind::kInteger;
  const std::vector<double> other = Spread(b, shape);
  for (std::size_t i = 0; i < other.size(); ++i) {
    double& v = result.values[i];
    v = Compute(kind, v, other[i]);
    if (whole && kind == TokenKind::kDivide && std::isfinite(v)) {
      v = std::trunc(v);
    }
  }
  if (kind == TokenKind::kGreater) result.kind = OnnxArray::Kind::kBool;
  return OnnxValue::Of(std::move(result));
}

// Both sides as functions of the same places of one tensor, if they are.
std::optional<OnnxValue> OfOneTensor(const OnnxCall& call, TokenKind kind,
                                     const OnnxValue& a, const OnnxValue& b,
                                     const Shape& shape) {
  const std::optional<double> number_a = UniformValue(a);
  const std::optional<double> number_b = UniformValue(b);
  OnnxValue result = a.is_constant() ? b : a;
  result.boolean = false;
  result.view = ExpandedView(result.view, shape);
  if (!number_a && !number_b) {
    if (a.is_constant() || b.is_constant() || a.base != b.base ||
        result.view != ExpandedView(b.view, shape)) {
      return std::nullopt;
    }
  }
  const Expression left = number_a ? Number(*number_a) : a.function;
  const Expression right = number_b ? Number(*number_b) : b.function;
  result.function = Combine(kind, left, right);
  if (!IsLong(result.function)) return result;
  if (!number_a && !number_b) return std::nullopt;
  const OnnxValue& tensor = number_a ? b : a;
  result.base = call.emitter.AppendFunction(tensor.base, tensor.function);
  result.function = number_a ? Combine(kind, left, Argument())
                             : Combine(kind, Argument(), right);
  return result;
}

// The other operand in the layout of a whole one, axis by axis.
struct Layout {
  std::vector<AxisPart> parts;  // of the whole one
  Extent extent;
  StridedView view;
};

// The steps of `view` (already of the full shape) cut like the parts.
std::optional<StridedView> CutLike(const StridedView& view,
                                   const Layout& layout) {
  StridedView cut{view.offset, {}};
  for (int axis = 0; axis < view.rank(); ++axis) {
    Shape lengths;
    for (const AxisPart& part : layout.parts) {
      if (part.axis == axis) lengths.push_back(part.extent);
    }
    const auto pieces = ReshapedView({0, {view.axes[AsSize(axis)]}}, lengths);
    if (!pieces) return std::nullopt;
    cut.axes.insert(cut.axes.end(), pieces->axes.begin(), pieces->axes.end());
  }
  return cut;
}

// Lists of parts per axis of the tensor, largest unit first; without those
// groups that `varies` says nothing of.
AxisGroups GroupsOf(const std::vector<AxisPart>& parts,
                    const std::array<bool, 3>& varies) {
  AxisGroups groups;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto which = AsSize(parts[i].which);
    if (varies[which]) groups[which].push_back(static_cast<int>(i));
  }
  for (auto& group : groups) {
    std::ranges::stable_sort(group, std::ranges::greater{},
                             [&](int i) { return parts[AsSize(i)].unit; });
  }
  return groups;
}

// A tensor in the layout, with length 1 where it does not vary.
TensorId Matched(const OnnxCall& call, const OnnxValue& value,
                 const Shape& shape, const Layout& layout) {
  OnnxValue cut = value;
  cut.view = ExpandedView(value.view, shape);
  std::optional<StridedView> view = CutLike(cut.view, layout);
  if (!view) {
    cut = RowMajor(call.emitter, value);
    view = CutLike(ExpandedView(cut.view, shape), layout);
  }
  if (!view) call.Fail("its inputs lie too differently to be combined");
  cut.view = *view;
  std::array<bool, 3> varies{};
  for (std::size_t i = 0; i < layout.parts.size(); ++i) {
    const Steps& steps = view->axes[i];
    const bool still =
        steps.empty() || (steps.size() == 1 && steps[0].stride == 0);
    if (!still) varies[AsSize(layout.parts[i].which)] = true;
  }
  // Parts of a length-1 group are left out: they repeat anyway.
  StridedView kept = *view;
  for (std::size_t i = 0; i < layout.parts.size(); ++i) {
    if (!varies[AsSize(layout.parts[i].which)]) kept.axes[i].clear();
  }
  cut.view = kept;
  return Arranged(call.emitter, cut, GroupsOf(layout.parts, varies)).base;
}

// A constant in the layout as [channels][height][width] of this extent.
struct MatchedConstant {
  Extent extent;
  std::vector<double> values;
};

MatchedConstant MatchConstant(const OnnxArray& array, const Shape& shape,
                              const Layout& layout) {
  const std::vector<double> spread = Spread(array, shape);
  std::vector<double> full(spread.size());
  std::size_t n = 0;
  ForEachPlace(layout.view,
               [&](int64_t place) { full[AsSize(place)] = spread[n++]; });
  // Axes along which nothing changes become 1 long.
  const Extent e = layout.extent;
  const auto at = [&](int c, int h, int w) {
    return full[AsSize((int64_t{c} * e.height + h) * e.width + w)];
  };
  std::array<bool, 3> varies{};
  for (int c = 0; c < e.channels; ++c) {
    for (int h = 0; h < e.height; ++h) {
      for (int w = 0; w < e.width; ++w) {
        if (at(c, h, w) != at(0, h, w)) varies[0] = true;
        if (at(c, h, w) != at(c, 0, w)) varies[1] = true;
        if (at(c, h, w) != at(c, h, 0)) varies[2] = true;
      }
    }
  }
  MatchedConstant matched{{varies[0] ? e.channels : 1, varies[1] ? e.height : 1,
                           varies[2] ? e.width : 1},
                          {}};
  for (int c = 0; c < matched.extent.channels; ++c) {
    for (int h = 0; h < matched.extent.height; ++h) {
      for (int w = 0; w < matched.extent.width; ++w) {
        matched.values.push_back(at(c, h, w));
      }
    }
  }
  return matched;
}

// The layout of the operand that fills the result, or one made up.
Layout ChooseLayout(const OnnxCall& call, const Shape& shape, OnnxValue& a,
                    OnnxValue& b) {
  for (OnnxValue* value : {&a, &b}) {
    if (value->is_constant() ||
        ElementCount(value->shape()) != ElementCount(shape)) {
      continue;
    }
    *value = Whole(call.emitter, *value);
    value->view = ExpandedView(value->view, shape);
    const Extent& extent = call.emitter.extent(value->base);
    const auto parted = PartView(value->view, extent);
    if (parted) return {parted->parts, extent, value->view};
  }
  // A result larger than both: the channels are where the larger one has them.
  const OnnxValue& larger =
      b.is_constant() || (!a.is_constant() && a.view.size() >= b.view.size())
          ? a
          : b;
  OnnxValue spread = larger;
  spread.view = ExpandedView(larger.view, shape);
  const AxisGroups groups = NearestGroups(call.emitter, spread);
  Layout layout{{}, ExtentOfGroups(groups, shape), ViewOfGroups(groups, shape)};
  layout.parts = PartView(layout.view, layout.extent)->parts;
  return layout;
}

OnnxValue ResultIn(const Layout& layout, TensorId base) {
  OnnxValue result;
  result.base = base;
  result.view = layout.view;
  return result;
}

// tensor + values or tensor * values.
OnnxValue WithConstant(const OnnxCall& call, TokenKind kind,
                       const OnnxValue& tensor, const OnnxArray& array,
                       const Shape& shape) {
  OnnxValue value = tensor;
  OnnxValue none = OnnxValue::Of(array);
  const Layout layout = ChooseLayout(call, shape, value, none);
  const TensorId base = Matched(call, value, shape, layout);
  const MatchedConstant matched = MatchConstant(array, shape, layout);
  const bool adds = kind == TokenKind::kAdd;
  const bool per_channel =
      matched.extent.height == 1 && matched.extent.width == 1;
  if (per_channel && call.emitter.extent(base) == layout.extent) {
    const auto channels = AsSize(layout.extent.channels);
    std::vector<double> values = matched.values;
    if (values.size() == 1) values.assign(channels, values[0]);
    return ResultIn(layout,
                    adds ? call.emitter.AppendChannelwise(
                               base, std::vector<double>(channels, 1), values)
                         : call.emitter.AppendChannelwise(base, values, {}));
  }
  const TensorId constant =
      call.emitter.AppendConstant(matched.extent, matched.values);
  return ResultIn(layout,
                  adds ? call.emitter.Append(Add{}, {base, constant})
                       : call.emitter.Append(Multiply{}, {base, constant}));
}

OnnxValue OfTensors(const OnnxCall& call, TokenKind kind, OnnxValue a,
                    OnnxValue b, const Shape& shape) {
  const Layout layout = ChooseLayout(call, shape, a, b);
  const TensorId left = Matched(call, a, shape, layout);
  const TensorId right = Matched(call, b, shape, layout);
  Op op = Multiply{};
  if (kind != TokenKind::kMultiply) op = Add{kind == TokenKind::kSubtract};
  return ResultIn(layout, call.emitter.Append(std::move(op), {left, right}));
}

// What Add and Multiply can't do, written with them.
OnnxValue Rewritten(const OnnxCall& call, TokenKind kind, const OnnxValue& a,
                    const OnnxValue& b) {
  OnnxEmitter& emitter = call.emitter;
  const auto minus = [&](const OnnxValue& l, const OnnxValue& r) {
    return Arithmetic(call, TokenKind::kSubtract, l, r);
  };
  switch (kind) {
    case TokenKind::kDivide:
      return Arithmetic(call, TokenKind::kMultiply, a,
                        MappedTo(emitter, b, FunctionKind::kReciprocal));
    case TokenKind::kMaximum:  // a + relu(b - a)
      return Arithmetic(call, TokenKind::kAdd, a,
                        MappedTo(emitter, minus(b, a), FunctionKind::kRelu));
    case TokenKind::kMinimum:  // a - relu(a - b)
      return minus(a, MappedTo(emitter, minus(a, b), FunctionKind::kRelu));
    case TokenKind::kGreater:
      return MappedTo(emitter, minus(a, b), FunctionKind::kStep);
    default:
      call.Fail("both its base and its exponent vary; expected one number");
  }
}

// A mask that is added before a softmax holds -inf or such as -1e9 where nobody
// may look. -100 leaves the softmax exact to 1e-6 as long as scores lie within
// 86 of each other, and leaves them a range that integers can hold.
constexpr double kMasked = -100;

}  // namespace

std::vector<double> Spread(const OnnxArray& array, const Shape& shape) {
  std::vector<double> values;
  values.reserve(AsSize(ElementCount(shape)));
  ForEachPlace(
      ExpandedView(RowMajorView(array.shape), shape),
      [&](int64_t place) { values.push_back(array.values[AsSize(place)]); });
  return values;
}

OnnxArray Finite(OnnxArray array, bool added) {
  for (double& v : array.values) {
    if (added && v <= -1e4) v = kMasked;
    if (std::isinf(v)) v = v < 0 ? kMasked : -kMasked;
  }
  return array;
}

OnnxValue Arithmetic(const OnnxCall& call, TokenKind kind,
                     const OnnxValue& given_a, const OnnxValue& given_b) {
  OnnxValue a = given_a;
  OnnxValue b = given_b;
  const std::optional<Shape> shape = BroadcastShape(a.shape(), b.shape());
  if (!shape || !BoundedCount(*shape)) {
    call.Fail(fmt::format("shapes {} and {} can't be combined",
                          ShapeText(a.shape()), ShapeText(b.shape())));
  }
  if (a.is_constant() && b.is_constant()) {
    return OfConstants(kind, *a.constant, *b.constant, *shape);
  }
  if (auto norm = SpelledNorm(call, kind, a, b)) return *norm;
  if (auto one = OfOneTensor(call, kind, a, b, *shape)) return *one;
  if (a.is_constant() || b.is_constant()) {
    OnnxArray array = *(a.is_constant() ? a : b).constant;
    if (kind == TokenKind::kAdd) array = Finite(std::move(array), true);
    OnnxValue& tensor = a.is_constant() ? b : a;
    const bool right = b.is_constant();
    if (kind == TokenKind::kSubtract) {
      if (right) {
        for (double& v : array.values) v = -v;
      } else {
        tensor = MappedTo(call.emitter, tensor, FunctionKind::kAffine, -1, 0);
      }
      kind = TokenKind::kAdd;
    } else if (kind == TokenKind::kDivide) {
      if (right) {
        for (double& v : array.values) v = 1 / v;
      } else {
        tensor = MappedTo(call.emitter, tensor, FunctionKind::kReciprocal);
      }
      kind = TokenKind::kMultiply;
    }
    if (kind == TokenKind::kAdd || kind == TokenKind::kMultiply) {
      return WithConstant(call, kind, tensor, array, *shape);
    }
    return Rewritten(call, kind, a, b);
  }
  if (kind == TokenKind::kAdd || kind == TokenKind::kSubtract ||
      kind == TokenKind::kMultiply) {
    OnnxValue result = OfTensors(call, kind, a, b, *shape);
    if (kind == TokenKind::kSubtract) NoteCentered(call, a, b, result);
    return result;
  }
  return Rewritten(call, kind, a, b);
}

}  // namespace edge_int8

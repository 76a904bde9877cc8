#include "src/nets/onnx/onnx_product.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "src/base/as_size.h"
#include "src/nets/onnx/fused_attention.h"
#include "src/nets/onnx/onnx_assemble.h"
#include "src/nets/onnx/onnx_elementwise.h"

namespace edge_int8 {
namespace {

// Which of the tensor's axes `axis` takes with it: channels always, height and
// width as a whole or not at all.
struct Taken {
  std::vector<AxisPart> own;  // outermost first
  std::vector<AxisPart> other;
  bool height = false;
  bool width = false;
};

std::optional<Taken> TakenBy(int axis, const PartedView& parted) {
  Taken taken;
  std::array<int, 3> own{};
  std::array<int, 3> other{};
  for (const AxisPart& part : parted.parts) {
    const bool mine = part.axis == axis;
    (mine ? taken.own : taken.other).push_back(part);
    ++(mine ? own : other)[AsSize(part.which)];
  }
  for (std::size_t w = 0; w < 3; ++w) {
    if (own[w] > 0 && other[w] > 0) return std::nullopt;
  }
  if (other[0] > 0) return std::nullopt;
  taken.height = own[1] > 0;
  taken.width = own[2] > 0;
  return taken;
}

// The layout that x has already, here or before its values were moved, if a
// convolution can sum over `axis` in it.
std::optional<OnnxValue> SummableAsItIs(const OnnxCall& call,
                                        const OnnxValue& x, int axis) {
  std::optional<OnnxValue> candidate = x;
  const OnnxValue traced = Traced(call.emitter, x);
  for (const OnnxValue& value : {x, traced}) {
    const Extent& extent = call.emitter.extent(value.base);
    if (!IsWhole(value.view, extent)) continue;
    const auto parted = PartView(value.view, extent);
    if (parted && TakenBy(axis, *parted)) return value;
  }
  return std::nullopt;
}

// weight[n][k] with k counted in the order of `own` parts, as
// [n][channels][height][width] of what they cover.
std::vector<double> InTensorOrder(const std::vector<double>& weight,
                                  int64_t outputs,
                                  const std::vector<AxisPart>& own,
                                  const Extent& covered) {
  const std::array<int64_t, 3> strides = {
      int64_t{1} * covered.height * covered.width, covered.width, 1};
  StridedView view{0, {Steps{}}};
  for (const AxisPart& part : own) {
    view.axes[0].push_back(
        {part.extent, part.unit * strides[AsSize(part.which)]});
  }
  std::vector<int64_t> places;
  ForEachPlace(view, [&](int64_t place) { places.push_back(place); });
  std::vector<double> ordered(weight.size());
  const std::size_t length = places.size();
  for (std::size_t n = 0; n < AsSize(outputs); ++n) {
    for (std::size_t k = 0; k < length; ++k) {
      ordered[n * length + AsSize(places[k])] = weight[n * length + k];
    }
  }
  return ordered;
}

// Lengths of the batch pairs.
Shape BatchShape(const OnnxCall& call, const OnnxValue& a, const OnnxValue& b,
                 const ProductAxes& axes) {
  Shape batch;
  for (std::size_t i = 0; i < axes.batch_a.size(); ++i) {
    const int64_t of_a = a.shape()[AsSize(axes.batch_a[i])];
    const int64_t of_b = b.shape()[AsSize(axes.batch_b[i])];
    call.Expect(of_a == of_b || of_a == 1 || of_b == 1,
                "its batches don't fit each other");
    batch.push_back(std::max(of_a, of_b));
  }
  return batch;
}

OnnxValue WithBatch(const OnnxValue& value, const std::vector<int>& batch,
                    const Shape& lengths) {
  Shape shape = value.shape();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    shape[AsSize(batch[i])] = lengths[i];
  }
  return Viewed(value, ExpandedView(ViewOf(value), shape));
}

bool IsRepeated(const OnnxValue& value, const std::vector<int>& axes) {
  return std::ranges::all_of(
      axes, [&](int axis) { return value.shape()[AsSize(axis)] == 1; });
}

int64_t PlacesAlong(const OnnxValue& value, const std::vector<int>& axes) {
  int64_t product = 1;
  for (const int axis : axes) product *= value.shape()[AsSize(axis)];
  return product;
}

// A constant operand without batch axes: a linear layer over the other one.
std::optional<OnnxValue> AsLinear(const OnnxCall& call, const OnnxValue& a,
                                  const OnnxValue& b, const ProductAxes& axes) {
  if (!b.is_constant() || !IsRepeated(b, axes.batch_b)) return std::nullopt;
  // x as [batch..., rows..., keys] and the weight as [columns][keys].
  std::vector<int> order = axes.batch_a;
  order.insert(order.end(), axes.rows.begin(), axes.rows.end());
  Shape kept;
  for (const int axis : order) kept.push_back(a.shape()[AsSize(axis)]);
  Shape with_keys = kept;
  with_keys.push_back(PlacesAlong(a, axes.keys_a));
  order.insert(order.end(), axes.keys_a.begin(), axes.keys_a.end());
  const OnnxValue x =
      Reshaped(call, Viewed(a, PermutedView(ViewOf(a), order)), with_keys);
  std::vector<int> weight_order = axes.columns;
  weight_order.insert(weight_order.end(), axes.keys_b.begin(),
                      axes.keys_b.end());
  weight_order.insert(weight_order.end(), axes.batch_b.begin(),
                      axes.batch_b.end());
  const OnnxValue weight = Viewed(b, PermutedView(ViewOf(b), weight_order));
  const OnnxValue y = Linear(call, x, static_cast<int>(kept.size()),
                             weight.constant->values, {});
  for (const int axis : axes.columns) kept.push_back(b.shape()[AsSize(axis)]);
  return Reshaped(call, y, kept);
}

// Keys as channels, batch as height, rows or columns as width.
OnnxValue Operand(const OnnxCall& call, const OnnxValue& value,
                  const std::vector<int>& batch, const std::vector<int>& own,
                  const std::vector<int>& keys) {
  return Arranged(call.emitter, value, {{keys, batch, own}});
}

// Takes a factor off a value: products give it back to their result, where it
// costs nothing.
double TakenFactor(OnnxValue& value) {
  if (value.is_constant() || IsArgument(value.function)) return 1;
  const auto line = ScaleShiftOf(value.function);
  if (!line || line->shift != 0 || line->scale == 0) return 1;
  value.function = Argument();
  return line->scale;
}

OnnxValue TensorProduct(const OnnxCall& call, OnnxValue a, OnnxValue b,
                        const ProductAxes& axes) {
  const double factor = TakenFactor(a) * TakenFactor(b);
  const Shape batch = BatchShape(call, a, b, axes);
  // The second operand of MatMul may do without a batch; the first may not.
  const bool shared =
      PlacesAlong(b, axes.batch_b) == 1 && ElementCount(batch) > 1;
  const OnnxValue left = Operand(call, WithBatch(a, axes.batch_a, batch),
                                 axes.batch_a, axes.rows, axes.keys_a);
  const OnnxValue right =
      Operand(call, shared ? b : WithBatch(b, axes.batch_b, batch),
              axes.batch_b, axes.columns, axes.keys_b);
  OnnxValue result;
  result.base = call.emitter.Append(MatMul{}, {left.base, right.base});
  // [columns][batch][rows], seen as batch, rows, columns.
  Shape shape = batch;
  AxisGroups groups;
  const auto add = [&](std::size_t which, int64_t length) {
    groups[which].push_back(static_cast<int>(shape.size()));
    shape.push_back(length);
  };
  for (std::size_t i = 0; i < batch.size(); ++i) {
    groups[1].push_back(static_cast<int>(i));
  }
  for (const int axis : axes.rows) add(2, a.shape()[AsSize(axis)]);
  for (const int axis : axes.columns) add(0, b.shape()[AsSize(axis)]);
  result.view = ViewOfGroups(groups, shape);
  call.emitter.notes(result.base).product = TensorNotes::Product{
      a,           b,           axes.batch_a, axes.batch_b, axes.rows,
      axes.keys_a, axes.keys_b, axes.columns, result.view};
  if (factor != 1) {
    result.function =
        Combine(FunctionToken::Kind::kMultiply, Argument(), Number(factor));
  }
  return result;
}

// A constant left operand: the product the other way round.
ProductAxes Swapped(const ProductAxes& axes) {
  return {axes.batch_b, axes.batch_a, axes.columns,
          axes.keys_b,  axes.keys_a,  axes.rows};
}

// Axes batch, columns, rows become batch, rows, columns.
OnnxValue SwappedBack(const OnnxValue& value, const ProductAxes& axes) {
  std::vector<int> order;
  const int batch = static_cast<int>(axes.batch_a.size());
  const int columns = static_cast<int>(axes.columns.size());
  const int rows = static_cast<int>(axes.rows.size());
  for (int i = 0; i < batch; ++i) order.push_back(i);
  for (int i = 0; i < rows; ++i) order.push_back(batch + columns + i);
  for (int i = 0; i < columns; ++i) order.push_back(batch + i);
  return Viewed(value, PermutedView(ViewOf(value), order));
}

// Of two constants.
OnnxValue ConstantProduct(const OnnxCall& call, const OnnxValue& a,
                          const OnnxValue& b, const ProductAxes& axes) {
  const Shape batch = BatchShape(call, a, b, axes);
  const auto ordered = [](const OnnxValue& value, std::vector<int> order,
                          const std::vector<int>& middle,
                          const std::vector<int>& last) {
    order.insert(order.end(), middle.begin(), middle.end());
    order.insert(order.end(), last.begin(), last.end());
    return Viewed(value, PermutedView(ViewOf(value), order));
  };
  const OnnxValue left = ordered(WithBatch(a, axes.batch_a, batch),
                                 axes.batch_a, axes.rows, axes.keys_a);
  const OnnxValue right = ordered(WithBatch(b, axes.batch_b, batch),
                                  axes.batch_b, axes.columns, axes.keys_b);
  const auto depth = AsSize(PlacesAlong(a, axes.keys_a));
  const auto rows = AsSize(PlacesAlong(a, axes.rows));
  const auto columns = AsSize(PlacesAlong(b, axes.columns));
  const auto count = AsSize(ElementCount(batch));
  Shape shape = batch;
  for (const int axis : axes.rows) shape.push_back(a.shape()[AsSize(axis)]);
  for (const int axis : axes.columns) shape.push_back(b.shape()[AsSize(axis)]);
  const auto size = BoundedCount(shape);
  call.Expect(size && *size * static_cast<int64_t>(depth) <= 64 * kMostValues,
              "a product of two constants this large");
  OnnxArray result{a.constant->kind, shape, {}};
  for (std::size_t n = 0; n < count; ++n) {
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c) {
        double sum = 0;
        for (std::size_t k = 0; k < depth; ++k) {
          sum += left.constant->values[(n * rows + r) * depth + k] *
                 right.constant->values[(n * columns + c) * depth + k];
        }
        result.values.push_back(sum);
      }
    }
  }
  return OnnxValue::Of(std::move(result));
}

std::vector<int> CountedAxes(int first, int count) {
  std::vector<int> axes;
  for (int i = 0; i < count; ++i) axes.push_back(first + i);
  return axes;
}

}  // namespace

OnnxValue Linear(const OnnxCall& call, const OnnxValue& given, int axis,
                 const std::vector<double>& weight,
                 const std::vector<double>& bias) {
  const Shape shape = given.shape();
  const int64_t depth = shape[AsSize(axis)];
  const auto outputs = static_cast<int64_t>(weight.size()) / depth;
  OnnxValue x = AsTensor(call.emitter, given);
  if (const auto ready = SummableAsItIs(call, x, axis)) {
    x = Whole(call.emitter, *ready);
  } else {
    x = Arranged(call.emitter, x, GroupsAround(axis, shape));
  }
  const Extent e = call.emitter.extent(x.base);
  const Taken taken = *TakenBy(axis, *PartView(x.view, e));
  Conv conv;
  conv.out_channels = call.Small(outputs, 1, "its outputs");
  conv.kernel_h = taken.height ? e.height : 1;
  conv.kernel_w = taken.width ? e.width : 1;
  const TensorId base = call.emitter.AppendConv(
      conv,
      InTensorOrder(weight, outputs, taken.own,
                    {e.channels, conv.kernel_h, conv.kernel_w}),
      bias, x.base);
  std::vector<AxisPart> parts = taken.other;
  parts.push_back({axis, 0, outputs, 1});
  OnnxValue result;
  result.base = base;
  result.view = ViewOfParts(parts, x.rank(), call.emitter.extent(base));
  return result;
}

OnnxValue Product(const OnnxCall& call, const OnnxValue& a, const OnnxValue& b,
                  const ProductAxes& axes) {
  call.Expect(PlacesAlong(a, axes.keys_a) == PlacesAlong(b, axes.keys_b),
              fmt::format("shapes {} and {} can't be multiplied",
                          ShapeText(a.shape()), ShapeText(b.shape())));
  if (a.is_constant() && b.is_constant()) {
    return ConstantProduct(call, a, b, axes);
  }
  if (const auto linear = AsLinear(call, a, b, axes)) return *linear;
  if (const auto linear = AsLinear(call, b, a, Swapped(axes))) {
    return SwappedBack(*linear, axes);
  }
  if (const auto mixed = FusedAttention(call, a, b, axes)) return *mixed;
  if (PlacesAlong(a, axes.batch_a) == 1 && PlacesAlong(b, axes.batch_b) > 1) {
    return SwappedBack(TensorProduct(call, b, a, Swapped(axes)), axes);
  }
  return TensorProduct(call, a, b, axes);
}

OnnxValue MatrixProduct(const OnnxCall& call, const OnnxValue& given_a,
                        const OnnxValue& given_b) {
  OnnxValue a = given_a;
  OnnxValue b = given_b;
  const bool vector_a = a.rank() == 1;
  const bool vector_b = b.rank() == 1;
  call.Expect(a.rank() >= 1 && b.rank() >= 1, "it multiplies a scalar");
  if (vector_a) a = Reshaped(call, a, {1, a.shape()[0]});
  if (vector_b) b = Reshaped(call, b, {b.shape()[0], 1});
  // Both of one rank: 1s in front of the shorter shape.
  const int rank = std::max(a.rank(), b.rank());
  for (OnnxValue* value : {&a, &b}) {
    Shape shape = value->shape();
    shape.insert(shape.begin(), AsSize(rank) - shape.size(), 1);
    *value = Reshaped(call, *value, shape);
  }
  const std::vector<int> batch = CountedAxes(0, rank - 2);
  OnnxValue y =
      Product(call, a, b,
              {batch, batch, {rank - 2}, {rank - 1}, {rank - 2}, {rank - 1}});
  if (!vector_a && !vector_b) return y;
  Shape shape = y.shape();
  if (vector_b) shape.pop_back();
  if (vector_a) shape.erase(shape.end() - (vector_b ? 1 : 2));
  return Reshaped(call, y, shape);
}

OnnxValue SoftmaxOver(const OnnxCall& call, const OnnxValue& given, int axis) {
  OnnxValue x = Whole(call.emitter, given);
  const auto alone = [&](const PartedView& parted) -> std::optional<int> {
    std::optional<int> which;
    for (const AxisPart& part : parted.parts) {
      if (part.axis != axis) continue;
      if (which && *which != part.which) return std::nullopt;
      which = part.which;
    }
    for (const AxisPart& part : parted.parts) {
      if (which && part.which == *which && part.axis != axis) {
        return std::nullopt;
      }
    }
    return which;
  };
  auto parted = PartView(x.view, call.emitter.extent(x.base));
  std::optional<int> which;
  if (parted) which = alone(*parted);
  if (!which) {
    AxisGroups groups = GroupsAround(axis, x.shape());
    std::swap(groups[0], groups[2]);
    x = Arranged(call.emitter, x, groups);
    which = 2;
  }
  OnnxValue result = x;
  result.base = call.emitter.Append(Softmax{*which}, {x.base});
  call.emitter.notes(result.base).probabilities =
      TensorNotes::Probabilities{given, axis, result.view};
  return result;
}

}  // namespace edge_int8

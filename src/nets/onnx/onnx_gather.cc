// Operators that put tensors together or pick from them at constant places:
// Concat, Pad, Gather and its relatives.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "src/base/as_size.h"
#include "src/nets/onnx/onnx_assemble.h"
#include "src/nets/onnx/onnx_elementwise.h"

namespace edge_int8 {
namespace {

OnnxResult ConcatOp(const OnnxCall& call) {
  Shape shape = call.Input(0).shape();
  const int axis =
      call.AxisOf(call.Int("axis", 1), static_cast<int>(shape.size()));
  shape[AsSize(axis)] = 0;
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const OnnxValue& value = call.Input(i);
    Shape piece = value.shape();
    call.Expect(piece.size() == shape.size(), "its inputs differ in rank");
    const int64_t length =
        std::exchange(piece[AsSize(axis)], shape[AsSize(axis)]);
    if (piece != shape) {
      call.Fail(fmt::format("its inputs differ in other axes than {}", axis));
    }
    Shape start(shape.size(), 0);
    start[AsSize(axis)] = shape[AsSize(axis)];
    shape[AsSize(axis)] += length;
    if (length > 0) pieces.push_back({value, start, {}});
  }
  if (pieces.size() == 1) return {pieces[0].value};
  if (pieces.empty()) return {call.Input(0)};
  return {Assembled(call, pieces, shape, 0)};
}

// Pads and crops as (before, after) per axis, however the operator set gives
// them.
struct Padding {
  Shape before;
  Shape after;
  double value = 0;
};

Padding PaddingOf(const OnnxCall& call, int rank) {
  const Shape pads = call.IntsOf("pads", 1);
  Padding padding{Shape(AsSize(rank), 0), Shape(AsSize(rank), 0),
                  call.Float("value", 0)};
  if (call.Given(2)) padding.value = call.ScalarInput(2, "value");
  std::vector<int> axes;
  if (call.Given(3)) {
    for (const int64_t axis : Integers(call.ConstantInput(3, "axes"))) {
      axes.push_back(call.AxisOf(axis, rank));
    }
  } else {
    for (int i = 0; i < rank; ++i) axes.push_back(i);
  }
  call.Expect(pads.size() == 2 * axes.size(), "its pads are not two per axis");
  constexpr int kMost = 1 << 20;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    padding.before[AsSize(axes[i])] = call.Small(pads[i], -kMost, "a pad");
    padding.after[AsSize(axes[i])] =
        call.Small(pads[i + axes.size()], -kMost, "a pad");
  }
  return padding;
}

// Negative pads cut off.
OnnxValue Cut(const OnnxCall& call, OnnxValue x, Padding& padding) {
  for (int axis = 0; axis < x.rank(); ++axis) {
    int64_t& before = padding.before[AsSize(axis)];
    int64_t& after = padding.after[AsSize(axis)];
    if (before >= 0 && after >= 0) continue;
    const int64_t first = before < 0 ? -before : 0;
    const int64_t count =
        x.shape()[AsSize(axis)] - first + std::min<int64_t>(after, 0);
    call.Expect(count > 0, "its negative pads leave nothing");
    x = Sliced(call, x, axis, first, count, 1);
    before = std::max<int64_t>(before, 0);
    after = std::max<int64_t>(after, 0);
  }
  return x;
}

// The index of the value that a place outside [0, length) shows.
int64_t Mirrored(int64_t at, int64_t length, const std::string& mode) {
  if (mode == "edge") return std::clamp<int64_t>(at, 0, length - 1);
  if (mode == "wrap") return ((at % length) + length) % length;
  const int64_t period = std::max<int64_t>(1, 2 * (length - 1));
  const int64_t in = ((at % period) + period) % period;
  return in < length ? in : period - in;
}

// reflect, edge, wrap: axis by axis, pieces of the tensor itself.
OnnxValue PadMirrored(const OnnxCall& call, OnnxValue x, const Padding& padding,
                      const std::string& mode) {
  for (int axis = 0; axis < x.rank(); ++axis) {
    const int64_t before = padding.before[AsSize(axis)];
    const int64_t after = padding.after[AsSize(axis)];
    if (before == 0 && after == 0) continue;
    Shape shape = x.shape();
    const int64_t length = shape[AsSize(axis)];
    std::vector<Piece> pieces;
    Shape start(shape.size(), 0);
    const auto single = [&](int64_t at) {
      start[AsSize(axis)] = at + before;
      pieces.push_back(
          {Sliced(call, x, axis, Mirrored(at, length, mode), 1, 1), start, {}});
    };
    for (int64_t at = -before; at < 0; ++at) single(at);
    start[AsSize(axis)] = before;
    pieces.push_back({x, start, {}});
    for (int64_t at = length; at < length + after; ++at) single(at);
    shape[AsSize(axis)] += before + after;
    x = Assembled(call, pieces, shape, 0);
  }
  return x;
}

// So that a convolution can pad by itself instead.
void NotePadded(const OnnxCall& call, const OnnxValue& x,
                const Padding& padding, const OnnxValue& padded) {
  if (padded.is_constant() || x.is_constant() || padding.value != 0) return;
  const OnnxValue whole = Whole(call.emitter, x);
  const Extent inner = call.emitter.extent(whole.base);
  const auto parted = PartView(whole.view, inner);
  const auto around = PartView(padded.view, call.emitter.extent(padded.base));
  if (!parted || !around || parted->parts.size() != around->parts.size()) {
    return;
  }
  TensorNotes::Padded note{whole.base};
  std::array<int64_t, 3> sides[2] = {};
  for (std::size_t i = 0; i < parted->parts.size(); ++i) {
    const AxisPart& part = parted->parts[i];
    if (part.axis != around->parts[i].axis ||
        part.which != around->parts[i].which || part.unit != 1) {
      return;
    }
    sides[0][AsSize(part.which)] += padding.before[AsSize(part.axis)];
    sides[1][AsSize(part.which)] += padding.after[AsSize(part.axis)];
  }
  if (sides[0][0] != 0 || sides[1][0] != 0) return;
  note.top = static_cast<int>(sides[0][1]);
  note.left = static_cast<int>(sides[0][2]);
  note.bottom = static_cast<int>(sides[1][1]);
  note.right = static_cast<int>(sides[1][2]);
  const Extent outer = call.emitter.extent(padded.base);
  if (outer.height != inner.height + note.top + note.bottom ||
      outer.width != inner.width + note.left + note.right) {
    return;
  }
  call.emitter.notes(padded.base).padded = note;
}

OnnxResult PadOp(const OnnxCall& call) {
  Padding padding = PaddingOf(call, call.Input(0).rank());
  const OnnxValue x = Cut(call, call.Input(0), padding);
  const std::string mode = call.Text("mode", "constant");
  const Shape none(padding.before.size(), 0);
  if (padding.before == none && padding.after == none) return {x};
  if (mode != "constant") {
    call.Expect(mode == "reflect" || mode == "edge" || mode == "wrap",
                "its mode is none of constant, reflect, edge, wrap");
    return {PadMirrored(call, x, padding, mode)};
  }
  Shape shape = x.shape();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    shape[i] += padding.before[i] + padding.after[i];
  }
  const OnnxValue padded =
      Assembled(call, {{x, padding.before, {}}}, shape, padding.value);
  NotePadded(call, x, padding, padded);
  return {padded};
}

int64_t CountedIndex(const OnnxCall& call, int64_t index, int64_t length) {
  if (index < -length || index >= length) {
    call.Fail(fmt::format("index {} of an axis of length {}", index, length));
  }
  return index < 0 ? index + length : index;
}

OnnxResult GatherOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const OnnxArray& picked = call.ConstantInput(1, "indices");
  const int axis = call.AxisOf(call.Int("axis", 0), x.rank());
  Shape shape = x.shape();
  const int64_t length = shape[AsSize(axis)];
  Shape indices = Integers(picked);
  for (int64_t& index : indices) index = CountedIndex(call, index, length);
  Shape result_shape(shape.begin(), shape.begin() + axis);
  result_shape.insert(result_shape.end(), picked.shape.begin(),
                      picked.shape.end());
  result_shape.insert(result_shape.end(), shape.begin() + axis + 1,
                      shape.end());
  call.Expect(BoundedCount(result_shape).has_value(),
              "its result is too large");
  if (indices.empty()) {
    call.Expect(x.is_constant(), "it picks nothing");
    return {OnnxValue::Of({x.constant->kind, result_shape, {}})};
  }
  return {Reshaped(call, Gathered(call, x, axis, indices), result_shape)};
}

// Constants are computed; of tensors the same is done with the numbers of their
// values, and a Move brings those.
OnnxResult OnNumbers(
    const OnnxCall& call, const std::vector<std::size_t>& movable,
    const std::function<OnnxArray(const std::vector<OnnxArray>&)>& compute) {
  std::vector<OnnxArray> arrays;
  std::vector<OnnxValue> sources;
  bool constant = true;
  for (const std::size_t i : movable) {
    if (!call.Input(i).is_constant()) constant = false;
  }
  int64_t first = 0;
  for (const std::size_t i : movable) {
    const OnnxValue& value = call.Input(i);
    if (constant) {
      arrays.push_back(*value.constant);
      continue;
    }
    arrays.push_back(CountedValues(value.shape(), first));
    first += ElementCount(value.shape());
    sources.push_back(value);
  }
  OnnxArray result = compute(arrays);
  if (constant) return {OnnxValue::Of(std::move(result))};
  return {PickedValues(call, sources, result, 0)};
}

Shape RowMajorStrides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * shape[i];
  }
  return strides;
}

OnnxResult GatherElementsOp(const OnnxCall& call) {
  const OnnxArray& picked = call.ConstantInput(1, "indices");
  const int axis = call.AxisOf(call.Int("axis", 0), call.Input(0).rank());
  return OnNumbers(call, {0}, [&](const std::vector<OnnxArray>& in) {
    const OnnxArray& x = in[0];
    call.Expect(x.shape.size() == picked.shape.size(),
                "its indices differ in rank");
    const Shape strides = RowMajorStrides(x.shape);
    OnnxArray result{x.kind, picked.shape, {}};
    Shape at(picked.shape.size(), 0);
    for (const double v : picked.values) {
      int64_t place = 0;
      for (std::size_t d = 0; d < at.size(); ++d) {
        const bool here = d == AsSize(axis);
        const int64_t index =
            CountedIndex(call, here ? ToInteger(v) : at[d], x.shape[d]);
        place += index * strides[d];
      }
      result.values.push_back(x.values[AsSize(place)]);
      for (std::size_t d = at.size(); d-- > 0;) {
        if (++at[d] < picked.shape[d]) break;
        at[d] = 0;
      }
    }
    return result;
  });
}

// Places of slices that rows of `indices` name, and how long those are.
struct NamedSlices {
  std::vector<int64_t> places;
  int64_t size = 1;
};

NamedSlices SlicesOf(const OnnxCall& call, const Shape& shape,
                     const OnnxArray& indices) {
  call.Expect(!indices.shape.empty(), "its indices have no axis");
  const auto depth = AsSize(indices.shape.back());
  call.Expect(depth <= shape.size(), "its indices are longer than the rank");
  NamedSlices slices;
  for (std::size_t d = depth; d < shape.size(); ++d) slices.size *= shape[d];
  const Shape strides = RowMajorStrides(shape);
  const std::size_t rows = depth == 0 ? 0 : indices.values.size() / depth;
  for (std::size_t r = 0; r < rows; ++r) {
    int64_t place = 0;
    for (std::size_t d = 0; d < depth; ++d) {
      const int64_t index = ToInteger(indices.values[r * depth + d]);
      place += CountedIndex(call, index, shape[d]) * strides[d];
    }
    slices.places.push_back(place);
  }
  return slices;
}

OnnxResult GatherNdOp(const OnnxCall& call) {
  call.Expect(call.Int("batch_dims", 0) == 0, "it has batch_dims");
  const OnnxArray& indices = call.ConstantInput(1, "indices");
  return OnNumbers(call, {0}, [&](const std::vector<OnnxArray>& in) {
    const OnnxArray& x = in[0];
    const NamedSlices slices = SlicesOf(call, x.shape, indices);
    OnnxArray result{x.kind, indices.shape, {}};
    result.shape.pop_back();
    result.shape.insert(result.shape.end(),
                        x.shape.begin() + indices.shape.back(), x.shape.end());
    call.Expect(BoundedCount(result.shape).has_value(),
                "its result is too large");
    for (const int64_t place : slices.places) {
      const auto from = x.values.begin() + place;
      result.values.insert(result.values.end(), from, from + slices.size);
    }
    return result;
  });
}

OnnxResult ScatterNdOp(const OnnxCall& call) {
  call.Expect(call.Text("reduction", "none") == "none",
              "it adds up; expected reduction none");
  const OnnxArray& indices = call.ConstantInput(1, "indices");
  return OnNumbers(call, {0, 2}, [&](const std::vector<OnnxArray>& in) {
    OnnxArray result = in[0];
    const NamedSlices slices = SlicesOf(call, result.shape, indices);
    call.Expect(in[1].size() ==
                    slices.size * static_cast<int64_t>(slices.places.size()),
                "its updates don't fit its indices");
    for (std::size_t r = 0; r < slices.places.size(); ++r) {
      std::copy_n(
          in[1].values.begin() + static_cast<std::ptrdiff_t>(r) * slices.size,
          slices.size, result.values.begin() + slices.places[r]);
    }
    return result;
  });
}

OnnxResult ScatterElementsOp(const OnnxCall& call) {
  call.Expect(call.Text("reduction", "none") == "none",
              "it adds up; expected reduction none");
  const OnnxArray& picked = call.ConstantInput(1, "indices");
  const int axis = call.AxisOf(call.Int("axis", 0), call.Input(0).rank());
  return OnNumbers(call, {0, 2}, [&](const std::vector<OnnxArray>& in) {
    OnnxArray result = in[0];
    call.Expect(in[1].shape == picked.shape &&
                    picked.shape.size() == result.shape.size(),
                "its updates don't fit its indices");
    const Shape strides = RowMajorStrides(result.shape);
    Shape at(picked.shape.size(), 0);
    for (std::size_t i = 0; i < picked.values.size(); ++i) {
      int64_t place = 0;
      for (std::size_t d = 0; d < at.size(); ++d) {
        const bool here = d == AsSize(axis);
        place += CountedIndex(call, here ? ToInteger(picked.values[i]) : at[d],
                              result.shape[d]) *
                 strides[d];
      }
      result.values[AsSize(place)] = in[1].values[i];
      for (std::size_t d = at.size(); d-- > 0;) {
        if (++at[d] < picked.shape[d]) break;
        at[d] = 0;
      }
    }
    return result;
  });
}

// Of constants, or with a constant mask of 0 and 1.
OnnxResult TriluOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const Shape shape = x.shape();
  call.Expect(shape.size() >= 2, "it needs a matrix");
  const int64_t k =
      call.Given(1) ? ToInteger(call.ScalarInput(1, "diagonal")) : 0;
  const bool upper = call.Int("upper", 1) != 0;
  OnnxArray mask{OnnxArray::Kind::kFloat, shape, {}};
  mask.values.resize(AsSize(ElementCount(shape)));
  const int64_t cols = shape.back();
  const int64_t rows = shape[shape.size() - 2];
  for (std::size_t i = 0; i < mask.values.size(); ++i) {
    const int64_t col = static_cast<int64_t>(i) % cols;
    const int64_t row = static_cast<int64_t>(i) / cols % rows;
    const bool kept = upper ? col - row >= k : col - row <= k;
    mask.values[i] = kept ? 1 : 0;
  }
  if (!x.is_constant()) {
    return {Arithmetic(call, FunctionToken::Kind::kMultiply, x,
                       OnnxValue::Of(std::move(mask)))};
  }
  OnnxArray result = *x.constant;
  for (std::size_t i = 0; i < mask.values.size(); ++i) {
    if (mask.values[i] == 0) result.values[i] = 0;  // also of an infinity
  }
  return {OnnxValue::Of(std::move(result))};
}

}  // namespace

void AddGatherOps(OnnxHandlers& handlers) {
  handlers["Concat"] = ConcatOp;
  handlers["Pad"] = PadOp;
  handlers["Gather"] = GatherOp;
  handlers["GatherElements"] = GatherElementsOp;
  handlers["GatherND"] = GatherNdOp;
  handlers["ScatterND"] = ScatterNdOp;
  handlers["ScatterElements"] = ScatterElementsOp;
  handlers["Scatter"] = ScatterElementsOp;
  handlers["Trilu"] = TriluOp;
}

}  // namespace edge_int8

#include "src/nets/onnx/axis_layout.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/nets/onnx/cropped_conv.h"

namespace edge_int8 {
namespace {

using Lengths = std::array<int64_t, 3>;

Lengths LengthsOf(const Extent& e) { return {e.channels, e.height, e.width}; }

Lengths StridesOf(const Extent& e) {
  return {int64_t{1} * e.height * e.width, e.width, 1};
}

// Splits a step that walks along several axes of the tensor; appends its parts
// outermost first.
bool PartStep(int axis, Step step, const Lengths& lengths,
              const Lengths& strides, std::vector<AxisPart>& parts) {
  if (step.stride == 0) {
    parts.push_back({axis, -1, step.extent, 0});
    return true;
  }
  std::vector<AxisPart> reversed;
  for (int which = 2; which >= 0 && step.extent > 1; --which) {
    const int64_t length = lengths[AsSize(which)];
    const int64_t stride = strides[AsSize(which)];
    if (std::abs(step.stride) >= stride * length && which > 0) continue;
    if (step.stride % stride != 0) return false;
    const int64_t unit = step.stride / stride;
    int64_t count = step.extent;
    if ((count - 1) * std::abs(unit) >= length) {
      if (unit < 0 || length % unit != 0) return false;
      count = length / unit;
      if (count == 0 || step.extent % count != 0) return false;
    }
    reversed.push_back({axis, which, count, unit});
    step.extent /= count;
    step.stride = stride * length;
  }
  if (step.extent > 1) return false;
  parts.insert(parts.end(), reversed.rbegin(), reversed.rend());
  return true;
}

// The value with one axis per part, in the parts' order.
OnnxValue ByParts(const OnnxValue& value, const PartedView& parted,
                  const Extent& extent) {
  const Lengths strides = StridesOf(extent);
  OnnxValue flat = value;
  flat.view.axes.clear();
  for (const AxisPart& part : parted.parts) {
    const int64_t stride =
        part.which < 0 ? 0 : part.unit * strides[AsSize(part.which)];
    flat.view.axes.push_back(Joined({{part.extent, stride}}));
  }
  return flat;
}

// Parts by the axis of the tensor they walk along, largest unit first.
AxisGroups PartGroups(const std::vector<AxisPart>& parts) {
  AxisGroups groups;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const int which = parts[i].which < 0 ? 2 : parts[i].which;
    groups[AsSize(which)].push_back(static_cast<int>(i));
  }
  for (auto& group : groups) {
    std::ranges::stable_sort(group, std::ranges::greater{}, [&](int i) {
      return std::abs(parts[AsSize(i)].unit);
    });
  }
  return groups;
}

// The axes of `view` joined into three.
StridedView Grouped(const StridedView& view, const AxisGroups& groups) {
  StridedView three{view.offset, std::vector<Steps>(3)};
  for (std::size_t g = 0; g < 3; ++g) {
    Steps steps;
    for (const int axis : groups[g]) {
      const Steps& more = view.axes[AsSize(axis)];
      steps.insert(steps.end(), more.begin(), more.end());
    }
    three.axes[g] = Joined(steps);
  }
  return three;
}

bool IsPlain(const StridedView& three, const Extent& extent) {
  const Lengths lengths = LengthsOf(extent);
  return three == RowMajorView({lengths.begin(), lengths.end()});
}

// The same values one move further back, if the view of the move allows it.
std::optional<OnnxValue> OneBack(const OnnxEmitter& emitter,
                                 const OnnxValue& value) {
  const MovedFrom* from = emitter.moved_from(value.base);
  if (from == nullptr) return std::nullopt;
  std::optional<StridedView> view = ComposedView(value.view, from->view);
  if (!view) return std::nullopt;
  OnnxValue back = value;
  back.base = from->base;
  back.view = *std::move(view);
  return back;
}

OnnxValue WithFunction(OnnxEmitter& emitter, OnnxValue value) {
  value.base = emitter.AppendFunction(value.base, value.function);
  value.function = Argument();
  return value;
}

}  // namespace

std::optional<PartedView> PartView(const StridedView& view,
                                   const Extent& extent) {
  const Lengths lengths = LengthsOf(extent);
  const Lengths strides = StridesOf(extent);
  PartedView parted;
  for (int axis = 0; axis < view.rank(); ++axis) {
    for (const Step& step : view.axes[AsSize(axis)]) {
      if (!PartStep(axis, step, lengths, strides, parted.parts)) {
        return std::nullopt;
      }
    }
  }
  int64_t rest = view.offset;
  std::array<int64_t, 3> low{};
  std::array<int64_t, 3> high{};
  for (std::size_t w = 0; w < 3; ++w) {
    parted.start[w] = rest / strides[w];
    rest %= strides[w];
    low[w] = high[w] = parted.start[w];
  }
  for (const AxisPart& part : parted.parts) {
    if (part.which < 0) continue;
    const int64_t reach = (part.extent - 1) * part.unit;
    (reach < 0 ? low : high)[AsSize(part.which)] += reach;
  }
  for (std::size_t w = 0; w < 3; ++w) {
    if (low[w] < 0 || high[w] >= lengths[w]) return std::nullopt;
  }
  return parted;
}

StridedView ViewOfParts(const std::vector<AxisPart>& parts, int rank,
                        const Extent& extent) {
  const Lengths strides = StridesOf(extent);
  StridedView view{0, std::vector<Steps>(AsSize(rank))};
  for (const AxisPart& part : parts) {
    const int64_t stride =
        part.which < 0 ? 0 : part.unit * strides[AsSize(part.which)];
    view.axes[AsSize(part.axis)].push_back({part.extent, stride});
  }
  for (Steps& steps : view.axes) steps = Joined(steps);
  return view;
}

bool IsWhole(const StridedView& view, const Extent& extent) {
  if (view.offset != 0 || view.size() != extent.size()) return false;
  Steps steps = AllSteps(view);
  std::ranges::sort(steps, {}, &Step::stride);
  int64_t place = 1;
  for (const Step& step : steps) {
    if (step.stride != place) return false;
    place *= step.extent;
  }
  return true;
}

OnnxValue Traced(const OnnxEmitter& emitter, const OnnxValue& value) {
  OnnxValue traced = value;
  while (const auto back = OneBack(emitter, traced)) traced = *back;
  return traced;
}

OnnxValue Arranged(OnnxEmitter& emitter, const OnnxValue& given,
                   const AxisGroups& groups) {
  OnnxValue value = AsTensor(emitter, given);
  const Shape shape = value.shape();
  const auto result = [&](TensorId base) {
    OnnxValue arranged;
    arranged.base = base;
    arranged.view = ViewOfGroups(groups, shape);
    arranged.boolean = value.boolean;
    return arranged;
  };
  // Nothing to move, here or before values were moved to where they are now.
  std::optional<OnnxValue> candidate = value;
  while (candidate) {
    if (IsPlain(Grouped(candidate->view, groups),
                emitter.extent(candidate->base))) {
      return result(WithFunction(emitter, *candidate).base);
    }
    candidate = OneBack(emitter, *candidate);
  }
  // A function before the move if others may use its values too.
  if (value.view.size() >= emitter.extent(value.base).size()) {
    value = WithFunction(emitter, value);
  }
  const OnnxValue source = Traced(emitter, value);
  const Extent extent = ExtentOfGroups(groups, shape);
  const StridedView three = Grouped(source.view, groups);
  TensorId base = 0;
  if (const auto cropped = CroppedTensor(emitter, source.base, three, extent)) {
    base = *cropped;
  } else {
    base = emitter.AppendMoved(source.base, three);
  }
  return result(emitter.AppendFunction(base, value.function));
}

OnnxValue Whole(OnnxEmitter& emitter, const OnnxValue& given) {
  const OnnxValue value = AsTensor(emitter, given);
  const Extent& extent = emitter.extent(value.base);
  if (IsWhole(value.view, extent)) return WithFunction(emitter, value);
  const std::optional<PartedView> parted = PartView(value.view, extent);
  if (!parted) {
    return Arranged(emitter, value, NearestGroups(emitter, value));
  }
  const OnnxValue flat = Arranged(emitter, ByParts(value, *parted, extent),
                                  PartGroups(parted->parts));
  OnnxValue whole = flat;
  whole.view.axes.assign(value.view.axes.size(), {});
  for (std::size_t i = 0; i < parted->parts.size(); ++i) {
    Steps& steps = whole.view.axes[AsSize(parted->parts[i].axis)];
    const Steps& more = flat.view.axes[i];
    steps.insert(steps.end(), more.begin(), more.end());
  }
  for (Steps& steps : whole.view.axes) steps = Joined(steps);
  return whole;
}

OnnxValue RowMajor(OnnxEmitter& emitter, const OnnxValue& given) {
  const OnnxValue value = AsTensor(emitter, given);
  const Shape shape = value.shape();
  const StridedView wanted = RowMajorView(shape);
  std::optional<OnnxValue> candidate = value;
  while (candidate) {
    if (candidate->view == wanted &&
        IsWhole(candidate->view, emitter.extent(candidate->base))) {
      return WithFunction(emitter, *candidate);
    }
    candidate = OneBack(emitter, *candidate);
  }
  AxisGroups groups;
  std::vector<int> axes;
  for (int i = 0; i < value.rank(); ++i) {
    if (shape[AsSize(i)] > 1) axes.push_back(i);
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t which = i == 0 ? 0 : i + 1 == axes.size() ? 2 : 1;
    groups[which].push_back(axes[i]);
  }
  return Arranged(emitter, value, groups);
}

OnnxValue AsTensor(OnnxEmitter& emitter, const OnnxValue& value) {
  if (!value.is_constant()) return value;
  const Shape& shape = value.constant->shape;
  const AxisGroups groups = GroupsAround(
      shape.empty() ? 0 : static_cast<int>(shape.size()) - 1, shape);
  OnnxValue tensor;
  tensor.view = ViewOfGroups(groups, shape);
  std::vector<double> values(value.constant->values.size());
  std::size_t n = 0;
  ForEachPlace(tensor.view, [&](int64_t place) {
    values[AsSize(place)] = value.constant->values[n++];
  });
  tensor.base = emitter.AppendConstant(ExtentOfGroups(groups, shape), values);
  return tensor;
}

AxisGroups GroupsAround(int channel, const Shape& shape) {
  AxisGroups groups;
  const int rank = static_cast<int>(shape.size());
  int width = -1;
  for (int i = 0; i < rank; ++i) {
    if (i != channel && shape[AsSize(i)] > 1) width = i;
  }
  for (int i = 0; i < rank; ++i) {
    groups[i == channel ? 0 : i == width ? 2 : 1].push_back(i);
  }
  return groups;
}

AxisGroups NearestGroups(const OnnxEmitter& emitter, const OnnxValue& value) {
  const Shape shape = value.shape();
  const int rank = static_cast<int>(shape.size());
  std::optional<PartedView> parted;
  if (!value.is_constant()) {
    parted = PartView(value.view, emitter.extent(value.base));
  }
  if (!parted) return GroupsAround(rank >= 3 ? 1 : rank - 1, shape);
  AxisGroups groups;
  std::vector<bool> placed(AsSize(rank), false);
  for (const int i : [&] {
         std::vector<int> order;
         for (const auto& group : PartGroups(parted->parts)) {
           order.insert(order.end(), group.begin(), group.end());
         }
         return order;
       }()) {
    const AxisPart& part = parted->parts[AsSize(i)];
    if (placed[AsSize(part.axis)]) continue;
    placed[AsSize(part.axis)] = true;
    groups[AsSize(part.which < 0 ? 2 : part.which)].push_back(part.axis);
  }
  for (int axis = 0; axis < rank; ++axis) {
    if (!placed[AsSize(axis)]) groups[2].push_back(axis);
  }
  return groups;
}

StridedView ViewOfGroups(const AxisGroups& groups, const Shape& shape) {
  StridedView view{0, std::vector<Steps>(shape.size())};
  int64_t stride = 1;
  for (std::size_t g = 3; g-- > 0;) {
    for (std::size_t i = groups[g].size(); i-- > 0;) {
      const auto axis = AsSize(groups[g][i]);
      view.axes[axis] = Joined({{shape[axis], stride}});
      stride *= shape[axis];
    }
  }
  Check(stride == ElementCount(shape), "a layout leaves an axis out");
  return view;
}

Extent ExtentOfGroups(const AxisGroups& groups, const Shape& shape) {
  const auto length = [&](std::size_t g) {
    int64_t product = 1;
    for (const int axis : groups[g]) product *= shape[AsSize(axis)];
    return static_cast<int>(product);
  };
  return {length(0), length(1), length(2)};
}

}  // namespace edge_int8

#include "src/nets/onnx/strided_view.h"

#include "src/base/as_size.h"

namespace edge_int8 {
namespace {

// The outermost `extent` indices of a queue of steps, which are taken off its
// front; nothing where a step would be cut unevenly.
std::optional<Steps> TakeExtent(Steps& queue, int64_t extent) {
  Steps taken;
  while (extent > 1) {
    if (queue.empty()) return std::nullopt;
    Step& step = queue.front();
    if (extent % step.extent == 0) {
      taken.push_back(step);
      extent /= step.extent;
      queue.erase(queue.begin());
    } else if (step.extent % extent == 0) {
      const int64_t inner = step.extent / extent;
      taken.push_back({extent, step.stride * inner});
      step.extent = inner;
      extent = 1;
    } else {
      return std::nullopt;
    }
  }
  return Joined(taken);
}

struct Slice {
  Steps steps;
  int64_t offset = 0;
};

// Indices [start, start + count) of steps[from...]; step 1.
std::optional<Slice> SliceSteps(const Steps& steps, std::size_t from,
                                int64_t start, int64_t count) {
  Slice slice;
  const int64_t total = StepCount(
      {steps.begin() + static_cast<std::ptrdiff_t>(from), steps.end()});
  if (start == 0 && count == total) {
    slice.steps.assign(steps.begin() + static_cast<std::ptrdiff_t>(from),
                       steps.end());
    return slice;
  }
  const Step& outer = steps[from];
  const int64_t inner = total / outer.extent;
  if (start % inner == 0 && count % inner == 0) {
    slice.offset = start / inner * outer.stride;
    slice.steps = {{count / inner, outer.stride}};
    slice.steps.insert(slice.steps.end(),
                       steps.begin() + static_cast<std::ptrdiff_t>(from) + 1,
                       steps.end());
    return slice;
  }
  if (start / inner != (start + count - 1) / inner) return std::nullopt;
  std::optional<Slice> rest = SliceSteps(steps, from + 1, start % inner, count);
  if (rest) rest->offset += start / inner * outer.stride;
  return rest;
}

}  // namespace

int64_t StepCount(const Steps& steps) {
  int64_t count = 1;
  for (const Step& step : steps) count *= step.extent;
  return count;
}

int64_t StridedView::length(int axis) const {
  return StepCount(axes[AsSize(axis)]);
}

Shape StridedView::shape() const {
  Shape shape;
  for (const Steps& steps : axes) shape.push_back(StepCount(steps));
  return shape;
}

int64_t StridedView::size() const { return ElementCount(shape()); }

Steps Joined(const Steps& steps) {
  Steps joined;
  for (const Step& step : steps) {
    if (step.extent == 1) continue;
    if (!joined.empty() && joined.back().stride == step.stride * step.extent) {
      joined.back().extent *= step.extent;
      joined.back().stride = step.stride;
    } else {
      joined.push_back(step);
    }
  }
  return joined;
}

Steps AllSteps(const StridedView& view) {
  Steps all;
  for (const Steps& steps : view.axes) {
    all.insert(all.end(), steps.begin(), steps.end());
  }
  return all;
}

StridedView RowMajorView(const Shape& shape) {
  StridedView view;
  view.axes.resize(shape.size());
  int64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    view.axes[i] = Joined({{shape[i], stride}});
    stride *= shape[i];
  }
  return view;
}

StridedView PermutedView(const StridedView& view,
                         const std::vector<int>& order) {
  StridedView result{view.offset, {}};
  for (const int axis : order) result.axes.push_back(view.axes[AsSize(axis)]);
  return result;
}

std::optional<StridedView> ReshapedView(const StridedView& view,
                                        const Shape& shape) {
  StridedView result{view.offset, {}};
  Steps queue = Joined(AllSteps(view));
  for (const int64_t extent : shape) {
    std::optional<Steps> steps = TakeExtent(queue, extent);
    if (!steps) return std::nullopt;
    result.axes.push_back(*std::move(steps));
  }
  if (!queue.empty()) return std::nullopt;
  return result;
}

std::optional<StridedView> SlicedView(const StridedView& view, int axis,
                                      int64_t start, int64_t count,
                                      int64_t step) {
  StridedView result = view;
  Steps& steps = result.axes[AsSize(axis)];
  if (count == 0) return std::nullopt;
  if (count == 1) step = 1;
  if (steps.size() <= 1) {
    const int64_t stride = steps.empty() ? 0 : steps[0].stride;
    result.offset += start * stride;
    steps = Joined({{count, step * stride}});
    return result;
  }
  if (step != 1) return std::nullopt;
  std::optional<Slice> slice = SliceSteps(steps, 0, start, count);
  if (!slice) return std::nullopt;
  result.offset += slice->offset;
  steps = Joined(slice->steps);
  return result;
}

StridedView ExpandedView(const StridedView& view, const Shape& shape) {
  StridedView result{view.offset, std::vector<Steps>(shape.size())};
  const std::size_t added = shape.size() - view.axes.size();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i >= added && !view.axes[i - added].empty()) {
      result.axes[i] = view.axes[i - added];
    } else {
      result.axes[i] = Joined({{shape[i], 0}});
    }
  }
  return result;
}

namespace {

// A tensor's steps as the digits of its places in row-major order, and how many
// indices of each digit are still free: as long as no digit overflows, the
// places of the tensor behind stay linear.
struct Digits {
  Steps steps;
  std::vector<int64_t> room;

  // Takes (extent - 1) * unit of a digit's room.
  bool Use(std::size_t digit, int64_t indices) {
    room[digit] -= indices;
    return room[digit] >= 0;
  }
};

// The place behind `offset`, whose digits are taken.
std::optional<int64_t> OffsetBehind(int64_t offset, Digits& digits) {
  int64_t behind = 0;
  int64_t place = StepCount(digits.steps);
  for (std::size_t i = 0; i < digits.steps.size(); ++i) {
    place /= digits.steps[i].extent;
    const int64_t digit = offset / place;
    if (!digits.Use(i, digit)) return std::nullopt;
    offset -= digit * place;
    behind += digit * digits.steps[i].stride;
  }
  return behind;
}

// One step through the places as steps behind: it walks along one or several
// digits.
std::optional<Steps> StepBehind(Step step, Digits& digits) {
  if (step.stride == 0) return Steps{step};
  if (step.stride < 0) return std::nullopt;
  Steps reversed;
  int64_t place = 1;  // of digit i
  for (std::size_t i = digits.steps.size(); i-- > 0 && step.extent > 1;) {
    const Step& inner = digits.steps[i];
    const int64_t next = place * inner.extent;
    if (step.stride < next) {
      if (step.stride % place != 0) return std::nullopt;
      const int64_t unit = step.stride / place;
      int64_t count = step.extent;
      if ((count - 1) * unit >= inner.extent) {
        if (inner.extent % unit != 0) return std::nullopt;
        count = inner.extent / unit;
        if (step.extent % count != 0) return std::nullopt;
      }
      if (!digits.Use(i, (count - 1) * unit)) return std::nullopt;
      reversed.push_back({count, unit * inner.stride});
      step.extent /= count;
      step.stride = next;
    }
    place = next;
  }
  if (step.extent > 1) return std::nullopt;
  return Steps(reversed.rbegin(), reversed.rend());
}

}  // namespace

std::optional<StridedView> ComposedView(const StridedView& outer,
                                        const StridedView& inner) {
  Digits digits{Joined(AllSteps(inner)), {}};
  for (const Step& step : digits.steps) digits.room.push_back(step.extent - 1);
  const std::optional<int64_t> offset = OffsetBehind(outer.offset, digits);
  if (!offset) return std::nullopt;
  StridedView result{inner.offset + *offset, {}};
  for (const Steps& axis : outer.axes) {
    Steps behind;
    for (const Step& step : axis) {
      const std::optional<Steps> part = StepBehind(step, digits);
      if (!part) return std::nullopt;
      behind.insert(behind.end(), part->begin(), part->end());
    }
    result.axes.push_back(Joined(behind));
  }
  return result;
}

void ForEachPlace(const StridedView& view,
                  const std::function<void(int64_t)>& visit) {
  const Steps steps = AllSteps(view);
  std::vector<int64_t> index(steps.size(), 0);
  int64_t place = view.offset;
  const int64_t count = view.size();
  for (int64_t n = 0; n < count; ++n) {
    visit(place);
    for (std::size_t d = steps.size(); d-- > 0;) {
      place += steps[d].stride;
      if (++index[d] < steps[d].extent) break;
      place -= steps[d].stride * steps[d].extent;
      index[d] = 0;
    }
  }
}

}  // namespace edge_int8

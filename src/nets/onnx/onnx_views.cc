// Operators that only look at values differently: nothing moves until an
// operator needs it to.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "src/base/as_size.h"
#include "src/nets/onnx/onnx_assemble.h"
#include "src/nets/onnx/onnx_elementwise.h"

namespace edge_int8 {
namespace {

OnnxResult TransposeOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const int rank = x.rank();
  std::vector<int> order;
  if (call.Has("perm")) {
    for (const int64_t axis : call.Ints("perm")) {
      order.push_back(call.AxisOf(axis, rank));
    }
    std::vector<int> sorted = order;
    std::ranges::sort(sorted);
    std::vector<int> all(AsSize(rank));
    std::iota(all.begin(), all.end(), 0);
    call.Expect(sorted == all, "its perm is no permutation of the axes");
  } else {
    for (int i = rank; i-- > 0;) order.push_back(i);
  }
  return {Viewed(x, PermutedView(ViewOf(x), order))};
}

// -1 in a shape is what the others leave, 0 (unless allowed) what was there.
Shape FilledShape(const OnnxCall& call, Shape shape, const Shape& from,
                  bool zero_copies) {
  int64_t known = 1;
  int64_t* open = nullptr;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && zero_copies && i < from.size()) shape[i] = from[i];
    if (shape[i] == -1) {
      call.Expect(open == nullptr, "its shape leaves two extents open");
      open = &shape[i];
    } else if (known > 0 && shape[i] >= 0 && shape[i] <= kMostStored) {
      known = std::min(known * shape[i], kMostStored + 1);
    } else if (shape[i] < 0 || shape[i] > kMostStored) {
      known = -1;
    }
  }
  const int64_t count = ElementCount(from);
  if (open != nullptr && known > 0) *open = count / known;
  const auto filled = BoundedCount(shape, kMostStored);
  if (!filled || *filled != count) {
    call.Fail(fmt::format("shape {} can't become {}", ShapeText(from),
                          ShapeText(shape)));
  }
  return shape;
}

OnnxResult ReshapeOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const Shape wanted = Integers(call.ConstantInput(1, "shape"));
  return {Reshaped(
      call, x,
      FilledShape(call, wanted, x.shape(), call.Int("allowzero", 0) == 0))};
}

OnnxResult FlattenOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const Shape from = x.shape();
  int64_t axis = call.Int("axis", 1);
  if (axis < 0) axis += x.rank();
  call.Expect(axis >= 0 && axis <= x.rank(), "its axis is outside the tensor");
  Shape shape = {1, 1};
  for (std::size_t i = 0; i < from.size(); ++i) {
    shape[i < AsSize(axis) ? 0 : 1] *= from[i];
  }
  return {Reshaped(call, x, shape)};
}

OnnxResult SqueezeOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const Shape from = x.shape();
  const bool all = !call.Has("axes") && !call.Given(1);
  const std::vector<int> axes = call.AxesOf(call.IntsOf("axes", 1), x.rank());
  Shape shape;
  for (int i = 0; i < x.rank(); ++i) {
    const bool named = std::ranges::binary_search(axes, i);
    if (named) call.Expect(from[AsSize(i)] == 1, "it squeezes a longer axis");
    if (!named && !(all && from[AsSize(i)] == 1)) {
      shape.push_back(from[AsSize(i)]);
    }
  }
  return {Reshaped(call, x, shape)};
}

OnnxResult UnsqueezeOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const Shape given = call.IntsOf("axes", 1);
  const int rank = x.rank() + static_cast<int>(given.size());
  call.Expect(rank <= 16, "its result would have more than 16 axes");
  const std::vector<int> axes = call.AxesOf(given, rank);
  const Shape from = x.shape();
  Shape shape;
  std::size_t next = 0;
  for (int i = 0; i < rank; ++i) {
    shape.push_back(std::ranges::binary_search(axes, i) ? 1 : from[next++]);
  }
  return {Reshaped(call, x, shape)};
}

// Where a slice really starts and how many it takes.
struct Range {
  int64_t start = 0;
  int64_t count = 0;
};

Range ClampedRange(int64_t start, int64_t end, int64_t step, int64_t length) {
  const auto counted = [&](int64_t at) {
    if (at < 0) at = at < -length ? -1 - length : at;
    return at < 0 ? at + length : at;
  };
  const int64_t low = step > 0 ? 0 : -1;
  const int64_t high = step > 0 ? length : length - 1;
  Range range;
  range.start = std::clamp(counted(start), step > 0 ? int64_t{0} : low, high);
  const int64_t stop = std::clamp(counted(end), low, high);
  const int64_t distance = step > 0 ? stop - range.start : range.start - stop;
  const int64_t size = step > 0 ? step : -step;
  range.count = distance <= 0 ? 0 : (distance - 1) / size + 1;
  return range;
}

OnnxResult SliceOp(const OnnxCall& call) {
  OnnxValue x = call.Input(0);
  const int rank = x.rank();
  const Shape starts = call.IntsOf("starts", 1);
  const Shape ends = call.IntsOf("ends", 2);
  Shape axes = call.IntsOf("axes", 3);
  Shape steps;
  if (call.Given(4)) steps = Integers(call.ConstantInput(4, "steps"));
  if (axes.empty()) {
    axes.resize(starts.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  if (steps.empty()) steps.assign(starts.size(), 1);
  call.Expect(starts.size() == ends.size() && starts.size() == axes.size() &&
                  starts.size() == steps.size(),
              "its starts, ends, axes and steps differ in length");
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const int axis = call.AxisOf(axes[i], rank);
    const int64_t step = steps[i];
    constexpr int64_t kMostStep = int64_t{1} << 31;
    call.Expect(step != 0 && step > -kMostStep, "its step is 0 or too large");
    const Range range = ClampedRange(
        starts[i], ends[i], std::min(step, kMostStep), x.shape()[AsSize(axis)]);
    x = Sliced(call, x, axis, range.start, range.count,
               std::min(step, kMostStep));
  }
  return {x};
}

OnnxResult SplitOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const int axis = call.AxisOf(call.Int("axis", 0), x.rank());
  const int64_t length = x.shape()[AsSize(axis)];
  Shape sizes = call.IntsOf("split", 1);
  const auto parts = static_cast<int64_t>(call.node.outputs.size());
  if (sizes.empty()) {
    const int64_t each = (length + parts - 1) / parts;
    for (int64_t i = 0; i < parts; ++i) {
      sizes.push_back(std::min(each, length - i * each));
    }
  }
  OnnxResult result;
  int64_t start = 0;
  for (const int64_t size : sizes) {
    call.Expect(size > 0 && size <= length - start,
                "its parts don't add up to the axis");
    result.push_back(Sliced(call, x, axis, start, size, 1));
    start += size;
  }
  call.Expect(start == length, "its parts don't add up to the axis");
  return result;
}

OnnxResult ExpandOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const Shape wanted = Integers(call.ConstantInput(1, "shape"));
  const auto shape = BroadcastShape(x.shape(), wanted);
  if (!shape || !BoundedCount(*shape)) {
    call.Fail(fmt::format("shape {} can't be expanded to {}",
                          ShapeText(x.shape()), ShapeText(wanted)));
  }
  return {Viewed(x, ExpandedView(ViewOf(x), *shape))};
}

OnnxResult TileOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const Shape repeats = Integers(call.ConstantInput(1, "repeats"));
  StridedView view = ViewOf(x);
  call.Expect(repeats.size() == view.axes.size(),
              "its repeats are not one per axis");
  for (std::size_t i = 0; i < repeats.size(); ++i) {
    const int64_t times = call.Small(repeats[i], 1, "a repeat");
    if (times > 1) {
      view.axes[i].insert(view.axes[i].begin(), {times, 0});
      view.axes[i] = Joined(view.axes[i]);
    }
  }
  call.Expect(BoundedCount(view.shape()).has_value(),
              "its result is too large");
  return {Viewed(x, view)};
}

// Blocks of channels become blocks of places (DepthToSpace), or back.
OnnxResult DepthToSpaceOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const Shape s = x.shape();
  const int64_t b = call.Small(call.Int("blocksize", 1), 1, "its block size");
  call.Expect(s.size() == 4 && s[1] % (b * b) == 0,
              "its channels don't divide into blocks");
  const bool crd = call.Text("mode", "DCR") == "CRD";
  const int64_t c = s[1] / (b * b);
  const OnnxValue split = Reshaped(call, x,
                                   crd ? Shape{s[0], c, b, b, s[2], s[3]}
                                       : Shape{s[0], b, b, c, s[2], s[3]});
  const std::vector<int> order =
      crd ? std::vector{0, 1, 4, 2, 5, 3} : std::vector{0, 3, 4, 1, 5, 2};
  return {Reshaped(call, Viewed(split, PermutedView(ViewOf(split), order)),
                   {s[0], c, s[2] * b, s[3] * b})};
}

OnnxResult SpaceToDepthOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const Shape s = x.shape();
  const int64_t b = call.Small(call.Int("blocksize", 1), 1, "its block size");
  call.Expect(s.size() == 4 && s[2] % b == 0 && s[3] % b == 0,
              "its rows and columns don't divide into blocks");
  const OnnxValue split =
      Reshaped(call, x, {s[0], s[1], s[2] / b, b, s[3] / b, b});
  const OnnxValue turned =
      Viewed(split, PermutedView(ViewOf(split), {0, 3, 5, 1, 2, 4}));
  return {Reshaped(call, turned, {s[0], s[1] * b * b, s[2] / b, s[3] / b})};
}

}  // namespace

void AddShapeOps(OnnxHandlers& handlers) {
  handlers["Transpose"] = TransposeOp;
  handlers["Reshape"] = ReshapeOp;
  handlers["Flatten"] = FlattenOp;
  handlers["Squeeze"] = SqueezeOp;
  handlers["Unsqueeze"] = UnsqueezeOp;
  handlers["Slice"] = SliceOp;
  handlers["Split"] = SplitOp;
  handlers["Expand"] = ExpandOp;
  handlers["Tile"] = TileOp;
  handlers["DepthToSpace"] = DepthToSpaceOp;
  handlers["SpaceToDepth"] = SpaceToDepthOp;
}

}  // namespace edge_int8

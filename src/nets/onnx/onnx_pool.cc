// Pools and reductions.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "src/base/as_size.h"
#include "src/nets/onnx/onnx_assemble.h"
#include "src/nets/onnx/onnx_elementwise.h"
#include "src/nets/onnx/onnx_window.h"

namespace edge_int8 {
namespace {

using TokenKind = FunctionToken::Kind;

// The ranges of one axis. Padding counts where `counted` says so, but never
// what rounding up adds beyond it.
std::vector<PoolRange> RangesOf(const SlidingWindow& w, int64_t length,
                                bool ceil, bool counted) {
  std::vector<PoolRange> ranges;
  const int64_t count = w.Count(length, ceil);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t first = i * w.stride - w.before;
    const int64_t end = first + w.kernel;
    const int64_t padded_end = std::min(end, length + w.after);
    PoolRange range{static_cast<int>(std::max<int64_t>(0, first)),
                    static_cast<int>(std::min(end, length)), 1};
    range.divisor = counted ? static_cast<int>(padded_end - first)
                            : range.end - range.begin;
    ranges.push_back(range);
  }
  return ranges;
}

OnnxValue PoolOf(const OnnxCall& call, const OnnxValue& x, PoolKind kind,
                 std::vector<PoolRange> rows, std::vector<PoolRange> cols) {
  const int rank = x.rank();
  const Shape in = x.shape();
  // A pool treats each channel alone, so a batch can join the channels.
  AxisGroups groups = {{{0, 1}, {}, {rank - 1}}};
  if (rank == 4) groups[1].push_back(2);
  const OnnxValue arranged = Arranged(call.emitter, x, groups);
  OnnxValue result;
  Shape out = {in[0], in[1]};
  if (rank == 4) out.push_back(static_cast<int64_t>(rows.size()));
  out.push_back(static_cast<int64_t>(cols.size()));
  result.base = call.emitter.Append(
      Pool{kind, std::move(rows), std::move(cols)}, {arranged.base});
  result.view = ViewOfGroups(groups, out);
  return result;
}

OnnxResult WindowPool(const OnnxCall& call, PoolKind kind) {
  const OnnxValue& x = call.Input(0);
  const Shape in = x.shape();
  call.Expect(in.size() == 3 || in.size() == 4,
              "it pools over other than one or two axes");
  if (call.node.outputs.size() > 1 && !call.node.outputs[1].empty()) {
    call.Fail("its second output, the places of the maxima, is used");
  }
  const std::vector<SlidingWindow> windows =
      WindowsOf(call, call.Ints("kernel_shape"), {in.begin() + 2, in.end()});
  const bool ceil = call.Int("ceil_mode", 0) != 0;
  const bool counted = call.Int("count_include_pad", 0) != 0;
  std::vector<std::vector<PoolRange>> ranges;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    call.Expect(windows[i].dilation == 1, "it is dilated");
    call.Expect(windows[i].before < windows[i].kernel &&
                    windows[i].after < windows[i].kernel,
                "its padding is as large as its kernel");
    ranges.push_back(RangesOf(windows[i], in[i + 2], ceil, counted));
    call.Expect(!ranges.back().empty(), "its kernel is larger than its input");
    for (PoolRange& range : ranges.back()) {
      call.Expect(range.begin < range.end, "a window of it is all padding");
      if (kind == PoolKind::kMax) range.divisor = 1;
    }
  }
  if (ranges.size() == 1) ranges.insert(ranges.begin(), {{0, 1, 1}});
  return {PoolOf(call, x, kind, ranges[0], ranges[1])};
}

OnnxResult MaxPoolOp(const OnnxCall& call) {
  return WindowPool(call, PoolKind::kMax);
}
OnnxResult AveragePoolOp(const OnnxCall& call) {
  return WindowPool(call, PoolKind::kAverage);
}

enum class Reduction { kSum, kMean, kMax };

std::vector<PoolRange> OneRange(int length, bool mean) {
  return {{0, length, mean ? length : 1}};
}

// Whether these axes are exactly the whole axis `which` of the tensor.
bool CoversAxis(const std::vector<AxisPart>& parts, int which,
                const std::vector<int>& axes) {
  return std::ranges::all_of(parts, [&](const AxisPart& p) {
    return p.which != which || std::ranges::binary_search(axes, p.axis);
  });
}

TensorId ReducedChannels(const OnnxCall& call, TensorId input,
                         Reduction reduction) {
  const Extent e = call.emitter.extent(input);
  if (reduction == Reduction::kMax) {
    const TensorId turned = call.emitter.Append(Transpose{{1, 0, 2}}, {input});
    std::vector<PoolRange> cols;
    for (int w = 0; w < e.width; ++w) cols.push_back({w, w + 1, 1});
    const TensorId pooled = call.emitter.Append(
        Pool{PoolKind::kMax, OneRange(e.channels, false), std::move(cols)},
        {turned});
    return call.emitter.Append(Transpose{{1, 0, 2}}, {pooled});
  }
  Conv conv;
  conv.out_channels = 1;
  const double weight = reduction == Reduction::kMean ? 1.0 / e.channels : 1;
  return call.emitter.AppendConv(
      conv, std::vector<double>(AsSize(e.channels), weight), {}, input);
}

// The reduction over `axes` (sorted), which stay with length 1.
OnnxValue ReducedTensor(const OnnxCall& call, const OnnxValue& given,
                        const std::vector<int>& axes, Reduction reduction) {
  OnnxValue x = Whole(call.emitter, given);
  auto parted = PartView(x.view, call.emitter.extent(x.base));
  const auto touches = [&](int which) {
    return std::ranges::any_of(parted->parts, [&](const AxisPart& p) {
      return p.which == which && std::ranges::binary_search(axes, p.axis);
    });
  };
  const auto mixed = [&] {
    for (int which = 0; which < 3; ++which) {
      if (touches(which) && !CoversAxis(parted->parts, which, axes)) {
        return true;
      }
    }
    return false;
  };
  if (!parted || mixed()) {
    // What is reduced becomes the width, the last other axis the channels.
    AxisGroups groups;
    const Shape shape = x.shape();
    for (int i = x.rank(); i-- > 0;) {
      const bool reduced = std::ranges::binary_search(axes, i);
      const std::size_t which = reduced ? 2 : groups[0].empty() ? 0 : 1;
      if (shape[AsSize(i)] > 1 || reduced) {
        groups[which].insert(groups[which].begin(), i);
      }
    }
    x = Arranged(call.emitter, x, groups);
    parted = PartView(x.view, call.emitter.extent(x.base));
  }
  TensorId base = x.base;
  const Extent e = call.emitter.extent(base);
  const bool mean = reduction == Reduction::kMean;
  if (touches(1) || touches(2)) {
    const auto ranges = [&](int which, int length) {
      if (touches(which)) return OneRange(length, mean);
      std::vector<PoolRange> each;
      for (int i = 0; i < length; ++i) each.push_back({i, i + 1, 1});
      return each;
    };
    const PoolKind kind =
        reduction == Reduction::kMax ? PoolKind::kMax : PoolKind::kAverage;
    base = call.emitter.Append(
        Pool{kind, ranges(1, e.height), ranges(2, e.width)}, {base});
  }
  if (touches(0)) base = ReducedChannels(call, base, reduction);
  std::vector<AxisPart> kept;
  for (const AxisPart& part : parted->parts) {
    if (!std::ranges::binary_search(axes, part.axis)) kept.push_back(part);
  }
  OnnxValue result;
  result.base = base;
  result.view = ViewOfParts(kept, x.rank(), call.emitter.extent(base));
  if (mean && base != x.base) {
    call.emitter.notes(base).mean = TensorNotes::Mean{given, axes, result.view};
  }
  return result;
}

OnnxValue ReducedConstant(const OnnxArray& array, const std::vector<int>& axes,
                          Reduction reduction) {
  Shape shape = array.shape;
  StridedView to = RowMajorView(shape);
  int64_t count = 1;
  for (const int axis : axes) {
    count *= shape[AsSize(axis)];
    shape[AsSize(axis)] = 1;
  }
  const StridedView inner = RowMajorView(shape);
  for (std::size_t i = 0; i < to.axes.size(); ++i) {
    const bool reduced = std::ranges::binary_search(axes, static_cast<int>(i));
    to.axes[i] = reduced ? Steps{{array.shape[i], 0}} : inner.axes[i];
  }
  OnnxArray result{array.kind, shape, {}};
  const bool max = reduction == Reduction::kMax;
  result.values.assign(AsSize(ElementCount(shape)), max ? -INFINITY : 0);
  std::size_t n = 0;
  ForEachPlace(to, [&](int64_t place) {
    double& sum = result.values[AsSize(place)];
    const double v = array.values[n++];
    sum = max ? std::max(sum, v) : sum + v;
  });
  if (reduction == Reduction::kMean) {
    for (double& v : result.values) v /= static_cast<double>(count);
  }
  return OnnxValue::Of(std::move(result));
}

// Over the axes that the node names (all if it names none).
OnnxValue ReducedInput(const OnnxCall& call, const OnnxValue& x,
                       Reduction reduction) {
  const Shape named = call.IntsOf("axes", 1);
  std::vector<int> axes = call.AxesOf(named, x.rank());
  if (named.empty()) {
    if (call.Int("noop_with_empty_axes", 0) != 0) return x;
    axes.resize(AsSize(x.rank()));
    std::iota(axes.begin(), axes.end(), 0);
  }
  const OnnxValue reduced = x.is_constant()
                                ? ReducedConstant(*x.constant, axes, reduction)
                                : ReducedTensor(call, x, axes, reduction);
  if (call.Int("keepdims", 1) != 0) return reduced;
  Shape shape;
  for (int i = 0; i < x.rank(); ++i) {
    if (!std::ranges::binary_search(axes, i)) {
      shape.push_back(x.shape()[AsSize(i)]);
    }
  }
  return Reshaped(call, reduced, shape);
}

template <Reduction reduction>
OnnxResult Reduce(const OnnxCall& call) {
  return {ReducedInput(call, call.Input(0), reduction)};
}

OnnxResult ReduceMinOp(const OnnxCall& call) {
  const auto minus = [&](const OnnxValue& v) {
    return MappedTo(call.emitter, v, FunctionKind::kAffine, -1, 0);
  };
  return {minus(ReducedInput(call, minus(call.Input(0)), Reduction::kMax))};
}

Expression Square() {
  return Combine(TokenKind::kMultiply, Argument(), Argument());
}

OnnxResult ReduceSumSquareOp(const OnnxCall& call) {
  return {ReducedInput(call, Mapped(call.emitter, call.Input(0), Square()),
                       Reduction::kSum)};
}

OnnxResult ReduceL2Op(const OnnxCall& call) {
  return {
      MappedTo(call.emitter, ReduceSumSquareOp(call)[0], FunctionKind::kSqrt)};
}

OnnxResult ReduceL1Op(const OnnxCall& call) {
  return {ReducedInput(
      call, MappedTo(call.emitter, call.Input(0), FunctionKind::kAbs),
      Reduction::kSum)};
}

OnnxResult ReduceProdOp(const OnnxCall& call) {
  const OnnxArray& x = call.ConstantInput(0, "input");
  const Shape axes = call.IntsOf("axes", 1);
  call.Expect(axes.empty() || x.shape.size() == 1,
              "it multiplies along one of several axes");
  double product = 1;
  for (const double v : x.values) product *= v;
  const bool keeps = call.Int("keepdims", 1) != 0;
  return {
      OnnxValue::Of({x.kind, Shape(keeps ? x.shape.size() : 0, 1), {product}})};
}

OnnxResult GlobalPool(const OnnxCall& call, Reduction reduction) {
  const OnnxValue& x = call.Input(0);
  call.Expect(x.rank() >= 3, "its input has no spatial axis");
  std::vector<int> axes(AsSize(x.rank() - 2));
  std::iota(axes.begin(), axes.end(), 2);
  return {x.is_constant() ? ReducedConstant(*x.constant, axes, reduction)
                          : ReducedTensor(call, x, axes, reduction)};
}

OnnxResult GlobalAveragePoolOp(const OnnxCall& call) {
  return GlobalPool(call, Reduction::kMean);
}
OnnxResult GlobalMaxPoolOp(const OnnxCall& call) {
  return GlobalPool(call, Reduction::kMax);
}

}  // namespace

void AddPoolOps(OnnxHandlers& handlers) {
  handlers["MaxPool"] = MaxPoolOp;
  handlers["AveragePool"] = AveragePoolOp;
  handlers["GlobalAveragePool"] = GlobalAveragePoolOp;
  handlers["GlobalMaxPool"] = GlobalMaxPoolOp;
  handlers["ReduceMean"] = Reduce<Reduction::kMean>;
  handlers["ReduceSum"] = Reduce<Reduction::kSum>;
  handlers["ReduceMax"] = Reduce<Reduction::kMax>;
  handlers["ReduceMin"] = ReduceMinOp;
  handlers["ReduceSumSquare"] = ReduceSumSquareOp;
  handlers["ReduceL2"] = ReduceL2Op;
  handlers["ReduceL1"] = ReduceL1Op;
  handlers["ReduceProd"] = ReduceProdOp;
}

}  // namespace edge_int8

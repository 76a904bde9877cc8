// Operators that gather values of several places, or move them.
#include <algorithm>

#include "tests/testing/graph_grower.h"

namespace edge_int8::core {
namespace {

// Windows of one size at one distance, cut at the end; or any ranges.
std::vector<PlaceRange> RandomRanges(Choices& choices, int32_t extent) {
  std::vector<PlaceRange> ranges;
  if (choices.OneIn(4)) return {{0, extent}};
  if (choices.OneIn(3)) {
    const int32_t count = choices.Between(1, 6);
    for (int32_t i = 0; i < count; ++i) {
      const int32_t begin = choices.Below(extent);
      ranges.push_back({begin, choices.Between(begin + 1, extent)});
    }
    return ranges;
  }
  const int32_t size = choices.Between(1, 3);
  const int32_t step = choices.Between(1, 3);
  for (int32_t begin = 0; begin < extent; begin += step) {
    ranges.push_back({begin, std::min(begin + size, extent)});
  }
  return ranges;
}

// As many taps as the axis has places, or twice as many, or any.
std::vector<ResizeTap> RandomTaps(Choices& choices, int32_t extent) {
  std::vector<ResizeTap> taps;
  const int32_t count = choices.OneIn(3)   ? choices.Between(1, 2 * extent)
                        : choices.OneIn(2) ? 2 * extent
                                           : extent;
  for (int32_t i = 0; i < count; ++i) {
    const int32_t first = std::min(i * extent / count, extent - 1);
    ResizeTap tap = {first, std::min(first + 1, extent - 1),
                     choices.OneIn(4) ? kResizeOne * choices.Below(2)
                                      : choices.Below(kResizeOne + 1)};
    if (choices.OneIn(8)) tap.second = choices.Below(extent);
    taps.push_back(tap);
  }
  return taps;
}

// The strides of [C][H][W].
std::array<int64_t, 3> StridesOf(const std::array<int32_t, 3>& extents) {
  return {int64_t{extents[1]} * extents[2], extents[2], 1};
}

}  // namespace

bool GraphGrower::GrowPool() {
  int32_t input = PickStored();
  const TensorSpec in = spec(input);
  if (in.type != Type::kS16 && (in.type != Type::kU8 || in.zero_point != 0)) {
    input = AsType(input, Type::kS16, -32767);
    if (input < 0) return false;
  }
  PoolOp op;
  op.input = input;
  op.bins = choices_.Between(1, 5);
  if (in.height % op.bins != 0 || choices_.OneIn(3)) {
    for (int32_t b = 0; b < op.bins; ++b) {
      op.bin_scale.push_back(MultiplierOf(choices_.Uniform(1, 2)));
    }
  }
  op.output = NewTensor({in.channels, op.bins, 1}, Type::kS32, 0);
  return Keep(std::move(op));
}

bool GraphGrower::GrowTranspose() {
  TransposeOp op;
  op.input = choices_.Below(last() + 1);
  std::array<int32_t, 3> order = {0, 1, 2};
  const int turns = choices_.Below(6);
  for (int i = 0; i < turns; ++i) std::ranges::next_permutation(order);
  op.order = order;
  const Extents in = ExtentsOf(op.input);
  const auto at = [&](std::size_t axis) {
    return in[static_cast<std::size_t>(order[axis])];
  };
  op.output = NewTensor({at(0), at(1), at(2)}, spec(op.input).type,
                        spec(op.input).zero_point);
  return Keep(op);
}

bool GraphGrower::GrowWindowPool() {
  WindowPoolOp op;
  op.input = PickStored();
  const TensorSpec in = spec(op.input);
  op.kind = static_cast<PoolKind>(choices_.Below(2));
  op.rows = RandomRanges(choices_, in.height);
  op.cols = RandomRanges(choices_, in.width);
  const auto rows = static_cast<int32_t>(op.rows.size());
  const auto cols = static_cast<int32_t>(op.cols.size());
  const Extents out = {in.channels, rows, cols};
  if (op.kind == PoolKind::kMax) {
    op.output = NewTensor(out, in.type, in.zero_point);
    return Keep(std::move(op));
  }
  const Multiplier scale =
      MakeOutput(out, 3 * Spread(op.input), &op.activation, &op.output);
  const bool each = choices_.OneIn(2);
  for (int32_t i = 0; i < (each ? rows * cols : 1); ++i) {
    Multiplier m = scale;
    if (each) m.mantissa = (1 << 30) + choices_.Below(1 << 30);
    op.scale.push_back(m);
  }
  return Keep(std::move(op));
}

bool GraphGrower::GrowResize() {
  ResizeOp op;
  op.input = PickStored();
  const TensorSpec in = spec(op.input);
  op.rows = RandomTaps(choices_, in.height);
  op.cols = RandomTaps(choices_, in.width);
  op.scale = MakeOutput({in.channels, static_cast<int32_t>(op.rows.size()),
                         static_cast<int32_t>(op.cols.size())},
                        Spread(op.input) * kResizeOne * kResizeOne,
                        &op.activation, &op.output);
  return Keep(std::move(op));
}

bool GraphGrower::GrowMove() {
  MoveOp op;
  const int32_t input = choices_.Below(last() + 1);
  const TensorSpec in = spec(input);
  const Extents from = ExtentsOf(input);
  const std::array<int64_t, 3> strides = StridesOf(from);
  op.fill = choices_.OneIn(2) ? in.zero_point : choices_.Below(128);
  // Along each axis: a part, mirrored or not, each `repeat` times, with room
  // before and after, every `step`-th place of the output.
  Extents out = from;
  std::array<int64_t, 3> first = {0, 0, 0};
  MoveTerm term{input, 0, 0, {}};
  std::array<MoveDim, 3> dims;
  for (std::size_t a = 0; a < 3; ++a) {
    const int32_t begin = choices_.OneIn(3) ? choices_.Below(from[a]) : 0;
    const int32_t count = choices_.OneIn(3)
                              ? choices_.Between(1, from[a] - begin)
                              : from[a] - begin;
    const bool mirrored = choices_.OneIn(4);
    const int32_t step = choices_.OneIn(4) ? 2 : 1;
    first[a] = choices_.OneIn(3) ? choices_.Below(3) : 0;
    const int32_t after = choices_.OneIn(3) ? choices_.Below(3) : 0;
    term.input_offset += (mirrored ? begin + count - 1 : begin) * strides[a];
    dims[a] = {count, mirrored ? -strides[a] : strides[a], step};
    out[a] = static_cast<int32_t>(first[a]) + (count - 1) * step + 1 + after;
  }
  // Another copy beside it: a concatenation, or a repetition.
  const auto twice = static_cast<std::size_t>(choices_.Below(3));
  const bool doubled = choices_.OneIn(2);
  const int32_t once = out[twice];
  if (doubled) out[twice] *= 2;
  const std::array<int64_t, 3> to = StridesOf(out);
  for (std::size_t a = 0; a < 3; ++a) {
    dims[a].output_stride *= to[a];
    term.output_offset += first[a] * to[a];
    term.dims.push_back(dims[a]);
  }
  if (doubled && choices_.OneIn(2)) {
    term.dims.insert(term.dims.begin(), {2, 0, once * to[twice]});
    op.terms.push_back(term);
  } else {
    op.terms.push_back(term);
    if (doubled) {
      term.output_offset += once * to[twice];
      op.terms.push_back(term);
    }
  }
  // The same values in another order of axes: a reshape.
  if (choices_.OneIn(3)) out = {out[0] * out[1], 1, out[2]};
  op.output = NewTensor(out, in.type, in.zero_point);
  return Keep(std::move(op));
}

}  // namespace edge_int8::core

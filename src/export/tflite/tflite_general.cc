// The TFLite export of the operators that the WiFlow family has not. Where the
// engine's multiplier holds more than the tensors' scales say (a slope, a
// divisor) the difference is a factor.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/arith/softmax.h"
#include "src/export/regular_windows.h"
#include "src/export/tflite/tflite_export.h"

namespace edge_int8 {
namespace {

bool SameGrid(const TfGrid& a, const TfGrid& b) {
  return a.wide == b.wide && a.zero == b.zero &&
         std::abs(a.scale / b.scale - 1) < 1e-6;
}

}  // namespace

void TfliteExport::Visit(std::size_t i, const core::RequantizeOp& op) {
  const TfGrid grid = PreGrid(i, op.activation, op.output);
  TfValue x = value_.at(op.input);
  const double factor =
      RealMultiplier(op.scale) * scales_.pre[i] / Step(op.input);
  x = Times(x, factor, grid, Name(op.output) + ".scaled");
  if (op.activation.kind == core::TableKind::kNone && !x.grid.wide) {
    x = values_.Wide(x, Name(op.output) + ".wide");
  }
  Land(op.activation, op.output, x);
}

void TfliteExport::Visit(std::size_t i, const core::MultiplyOp& op) {
  const std::string& name = Name(op.output);
  const TfGrid grid = PreGrid(i, op.activation, op.output);
  const double factor =
      RealMultiplier(op.scale) * scales_.pre[i] / (Step(op.a) * Step(op.b));
  const TfValue a = values_.Wide(value_.at(op.a), Name(op.a));
  const TfValue b = values_.Wide(value_.at(op.b), Name(op.b));
  TfGrid fine = FinerGrid(grid);
  fine.scale /= factor;
  const TfValue y = values_.Binary(TfMul{}, a, b, fine, name + ".product");
  Land(op.activation, op.output, Times(y, factor, grid, name + ".scaled"));
}

// Channels last, both have what is summed over innermost, and so has the
// result its channels.
void TfliteExport::Visit(std::size_t i, const core::MatMulOp& op) {
  const std::string& name = Name(op.output);
  const TfGrid grid = PreGrid(i, op.activation, op.output);
  const double factor =
      RealMultiplier(op.scale) * scales_.pre[i] / (Step(op.a) * Step(op.b));
  const auto operand = [&](int32_t id) {
    return values_.InOrder(values_.Wide(value_.at(id), Name(id)),
                           kChannelsLast);
  };
  const TfValue a = operand(op.a), b = operand(op.b);
  TfGrid fine = FinerGrid(grid);
  fine.scale /= factor;
  const TfValue y = values_.New(name + ".matmul", ExtentOf(op.output), fine);
  values_.writer().Op(TfBatchMatMul{true}, {a.tensor, b.tensor}, {y.tensor});
  Land(op.activation, op.output, Times(y, factor, grid, name + ".scaled"));
}

// SOFTMAX runs along the last axis.
void TfliteExport::Visit(std::size_t, const core::SoftmaxOp& op) {
  const std::string& name = Name(op.output);
  const double factor =
      std::ldexp(RealMultiplier(op.logit), -core::kExpUnitBits) /
      Step(op.input);
  TfValue x = values_.Wide(value_.at(op.input), name);
  TfGrid grid = x.grid;
  grid.scale *= factor;
  x = Times(x, factor, grid, name + ".scaled");
  const AxisOrder order = op.axis == 0   ? kChannelsLast
                          : op.axis == 1 ? AxisOrder{0, 2, 1}
                                         : kChannelsFirst;
  value_[op.output] = values_.Unary(TfSoftmax{}, values_.InOrder(x, order),
                                    {true, 1.0 / 32768, 0}, name);
}

// The ranges of one axis (1 height, 2 width, channels last), one by one.
TfValue TfliteExport::Piecewise(const TfValue& x, bool largest, int axis,
                                const std::vector<core::PlaceRange>& ranges,
                                const TfGrid& grid, const std::string& name) {
  std::vector<int> pieces;
  const int axes = values_.List({axis});
  Extent e = x.extent;
  for (const core::PlaceRange& r : ranges) {
    (axis == 1 ? e.height : e.width) = r.end - r.begin;
    const TfValue part = values_.New(name + ".part", e, x.grid);
    const int begin =
        values_.List({0, axis == 1 ? r.begin : 0, axis == 2 ? r.begin : 0, 0});
    const int size = values_.List({1, e.height, e.width, e.channels});
    values_.writer().Op(TfSlice{}, {x.tensor, begin, size}, {part.tensor});
    Extent one = e;
    (axis == 1 ? one.height : one.width) = 1;
    pieces.push_back(values_.New(name + ".piece", one, grid).tensor);
    values_.writer().Op(largest ? TfOp(TfReduceMax{}) : TfOp(TfMean{}),
                        {part.tensor, axes}, {pieces.back()});
  }
  (axis == 1 ? e.height : e.width) = static_cast<int>(ranges.size());
  const TfValue y = values_.New(name, e, grid);
  values_.writer().Op(TfConcatenate{axis}, pieces, {y.tensor});
  return y;
}

// The mean or the largest of each window. x lies channels last.
TfValue TfliteExport::Pooled(const TfValue& x, bool largest,
                             const std::vector<core::PlaceRange>& rows,
                             const std::vector<core::PlaceRange>& cols,
                             const TfGrid& grid, const std::string& name) {
  const auto ranges = [](const std::vector<core::PlaceRange>& from) {
    std::vector<PoolRange> to;
    for (const core::PlaceRange& r : from) to.push_back({r.begin, r.end, 1});
    return to;
  };
  const auto h = FindWindows(ranges(rows), x.extent.height);
  const auto w = FindWindows(ranges(cols), x.extent.width);
  const bool whole = rows.size() == 1 && cols.size() == 1 && h && w &&
                     h->kernel == x.extent.height &&
                     w->kernel == x.extent.width;
  if (!largest && whole) {
    TfValue y = values_.New(name, {x.extent.channels, 1, 1}, grid);
    values_.writer().Op(TfMean{}, {x.tensor, values_.List({1, 2})}, {y.tensor});
    return y;
  }
  const bool plain = h && w && h->pad_begin + h->pad_end == 0 &&
                     w->pad_begin + w->pad_end == 0;
  if (plain && SameGrid(x.grid, grid)) {
    const TfValue y =
        values_.New(name,
                    {x.extent.channels, static_cast<int>(rows.size()),
                     static_cast<int>(cols.size())},
                    grid);
    TfOp op = TfAveragePool{h->kernel, w->kernel, h->stride, w->stride};
    if (largest) op = TfMaxPool{h->kernel, w->kernel, h->stride, w->stride};
    values_.writer().Op(std::move(op), {x.tensor}, {y.tensor});
    return y;
  }
  const TfValue across = Piecewise(x, largest, 1, rows, grid, name + ".rows");
  return Piecewise(across, largest, 2, cols, grid, name);
}

void TfliteExport::Visit(std::size_t i, const core::WindowPoolOp& op) {
  const std::string& name = Name(op.output);
  TfValue x = values_.InOrder(value_.at(op.input), kChannelsLast);
  if (op.kind == core::PoolKind::kMax) {
    value_[op.output] = Pooled(x, true, op.rows, op.cols, x.grid, name);
    return;
  }
  const TfGrid grid = PreGrid(i, op.activation, op.output);
  const double unit = scales_.pre[i] / Step(op.input);
  const auto length = [](const core::PlaceRange& r) { return r.end - r.begin; };
  // What each mean is multiplied by.
  std::vector<double> factors;
  for (std::size_t r = 0; r < op.rows.size(); ++r) {
    for (std::size_t c = 0; c < op.cols.size(); ++c) {
      const std::size_t place =
          op.scale.size() == 1 ? 0 : r * op.cols.size() + c;
      factors.push_back(RealMultiplier(op.scale[place]) * unit *
                        length(op.rows[r]) * length(op.cols[c]));
    }
  }
  const double most = *std::ranges::max_element(factors);
  // Means have finer steps than values, and the largest factor's room.
  TfGrid fine = FinerGrid(grid);
  fine.scale = std::max(fine.scale / most, x.grid.scale / 256);
  x = values_.Requantized(
      x, {true, x.grid.wide ? x.grid.scale : x.grid.scale / 128, 0},
      name + ".wide");
  const bool one = op.rows.size() == 1 && op.cols.size() == 1;
  TfValue y =
      Pooled(x, false, op.rows, op.cols, one ? fine : x.grid, name + ".mean");
  const bool equal = std::ranges::all_of(
      factors, [&](double f) { return std::abs(f / factors[0] - 1) < 1e-6; });
  if (equal) {
    y = Times(y, factors[0], grid, name + ".scaled");
  } else {
    std::vector<int32_t> codes;
    for (const double f : factors) {
      codes.push_back(static_cast<int32_t>(std::lround(f / most * 32767)));
    }
    const Extent places = {1, static_cast<int>(op.rows.size()),
                           static_cast<int>(op.cols.size())};
    y = values_.Binary(
        TfMul{}, y,
        values_.Fixed(places, codes, {true, most / 32767, 0}, name + ".shares"),
        FinerGrid(grid), name + ".scaled");
  }
  Land(op.activation, op.output, y);
}

void TfliteExport::Visit(std::size_t, const core::MoveOp& op) {
  const TfGrid grid = GridOf(op.output);
  const std::string& name = Name(op.output);
  Move move;
  move.out = ExtentOf(op.output);
  std::vector<std::vector<MovedValue>> all;
  std::map<int32_t, TfValue> inputs;  // on the output's grid
  std::size_t moved = 0;
  for (const core::MoveTerm& term : op.terms) {
    MoveTerm& made = move.terms.emplace_back();
    made.input_offset = term.input_offset;
    made.output_offset = term.output_offset;
    for (const core::MoveDim& dim : term.dims) {
      made.dims.push_back({dim.extent, dim.input_stride, dim.output_stride});
    }
    all.push_back(MovedValues(made));
    moved += all.back().size();
    TfValue x = value_.at(term.input);
    if (!SameGrid(x.grid, grid)) x = values_.Requantized(x, grid, name);
    inputs.try_emplace(term.input, x);
  }
  const bool covers = static_cast<int64_t>(moved) == move.out.size();
  if (const auto turn = op.terms.empty()
                            ? std::nullopt
                            : FindTurn(move, ExtentOf(op.terms[0].input))) {
    TfValue x = values_.InOrder(inputs.at(op.terms[0].input), kChannelsFirst);
    if (!turn->order.empty()) {
      TfShape extents(turn->extents.begin(), turn->extents.end());
      extents.insert(extents.begin(), 1);
      TfShape order = {0};
      for (const int64_t a : turn->order) {
        order.push_back(static_cast<int32_t>(a) + 1);
      }
      x = values_.Reshape(x, extents, name + ".split");
      x.tensor = values_.Transposed(x.tensor, order, grid, name + ".turned");
    }
    x.extent = move.out;
    x.order = kChannelsFirst;
    value_[op.output] = values_.Reshape(
        x, {1, move.out.channels, move.out.height, move.out.width}, name);
    return;
  }
  const auto join = covers ? FindJoin(move, all) : std::nullopt;
  const bool whole =
      join && std::ranges::all_of(join->parts, [&](const Join::Part& part) {
        const Extent e = ExtentOf(op.terms[part.term].input);
        return part.extents == PlacesOf(e) &&
               AreInOrder(all[part.term], e.size());
      });
  if (!whole) {
    value_[op.output] = Gathered(op, all, inputs);
    return;
  }
  std::vector<int> pieces;
  for (const Join::Part& part : join->parts) {
    const TfValue& x = inputs.at(op.terms[part.term].input);
    pieces.push_back(values_.InOrder(x, kChannelsLast).tensor);
  }
  value_[op.output] = values_.New(name, move.out, grid);
  values_.writer().Op(TfConcatenate{join->axis == 0 ? 3 : join->axis}, pieces,
                      {value_[op.output].tensor});
}

// Every value by its place among all values of all inputs and one of `fill`.
TfValue TfliteExport::Gathered(
    const core::MoveOp& op, const std::vector<std::vector<MovedValue>>& values,
    std::map<int32_t, TfValue>& inputs) {
  const TfGrid grid = GridOf(op.output);
  const std::string& name = Name(op.output);
  const Extent out = ExtentOf(op.output);
  std::vector<int> flat;
  std::map<int32_t, int64_t> first;
  int64_t size = 0;
  for (const auto& [id, x] : inputs) {
    first[id] = size;
    size += ExtentOf(id).size();
    flat.push_back(values_
                       .Reshape(values_.InOrder(x, kChannelsFirst),
                                {1, static_cast<int32_t>(ExtentOf(id).size())},
                                name)
                       .tensor);
  }
  const int32_t fill =
      Spec(op.output).type == core::Type::kU8 ? op.fill - 128 : op.fill;
  const TfValue filled = values_.Fixed(
      {1, 1, 1}, std::span<const int32_t>(&fill, 1), grid, name + ".fill");
  flat.push_back(values_.Reshape(filled, {1, 1}, name + ".fill").tensor);
  std::vector<int32_t> places(AsSize(out.size()), static_cast<int32_t>(size));
  for (std::size_t t = 0; t < values.size(); ++t) {
    for (const MovedValue& m : values[t]) {
      places[AsSize(m.to)] =
          static_cast<int32_t>(first.at(op.terms[t].input) + m.from);
    }
  }
  const TfType type = grid.wide ? TfType::kInt16 : TfType::kInt8;
  TfliteWriter& writer = values_.writer();
  const int all = writer.Tensor(fmt::format("{}.all;{}", name, flat[0]),
                                {1, static_cast<int32_t>(size) + 1}, type,
                                grid.scale, grid.zero);
  writer.Op(TfConcatenate{1}, flat, {all});
  const int picked = writer.Tensor(fmt::format("{}.picked;{}", name, all),
                                   {1, static_cast<int32_t>(out.size())}, type,
                                   grid.scale, grid.zero);
  writer.Op(TfGather{1}, {all, values_.List(places)}, {picked});
  return values_.Reshape({picked, kChannelsFirst, out, grid},
                         {1, out.channels, out.height, out.width}, name);
}

// rows * x, then columns * x: weights of 1/256 are exact in 16 bits.
void TfliteExport::Visit(std::size_t i, const core::ResizeOp& op) {
  const std::string& name = Name(op.output);
  const TfGrid grid = PreGrid(i, op.activation, op.output);
  const auto weights = [&](const std::vector<core::ResizeTap>& taps,
                           int extent) {
    std::vector<int32_t> matrix(taps.size() * AsSize(extent));
    for (std::size_t t = 0; t < taps.size(); ++t) {
      const std::size_t row = t * AsSize(extent);
      matrix[row + AsSize(taps[t].first)] += core::kResizeOne - taps[t].weight;
      matrix[row + AsSize(taps[t].second)] += taps[t].weight;
    }
    const Extent e = {1, static_cast<int>(taps.size()), extent};
    return values_
        .Fixed(e, matrix, {true, 1.0 / core::kResizeOne, 0}, name + ".weights")
        .tensor;
  };
  TfValue x = values_.InOrder(value_.at(op.input), kChannelsLast);
  const TfGrid fine = {true, x.grid.wide ? x.grid.scale : x.grid.scale / 128,
                       0};
  x = values_.Requantized(x, fine, name + ".wide");
  const Extent in = x.extent, out = ExtentOf(op.output);
  const TfValue flat = values_.Reshape(
      x, {1, 1, in.height, in.width * in.channels}, name + ".rows");
  TfliteWriter& writer = values_.writer();
  const int rows = writer.Tensor(fmt::format("{}.by_row;{}", name, flat.tensor),
                                 {1, 1, out.height, in.width * in.channels},
                                 TfType::kInt16, fine.scale, 0);
  writer.Op(TfBatchMatMul{false}, {weights(op.rows, in.height), flat.tensor},
            {rows});
  const TfValue image = values_.Reshape(
      {rows, kChannelsLast, {in.channels, out.height, in.width}, fine},
      {1, out.height, in.width, in.channels}, name + ".image");
  const TfValue y = values_.New(name + ".resized", out, fine);
  writer.Op(TfBatchMatMul{false}, {weights(op.cols, in.width), image.tensor},
            {y.tensor});
  const double factor = RealMultiplier(op.scale) * core::kResizeOne *
                        core::kResizeOne * scales_.pre[i] / Step(op.input);
  Land(op.activation, op.output, Times(y, factor, grid, name + ".scaled"));
}

void TfliteExport::Visit(std::size_t, const core::ConstantOp& op) {
  std::vector<int32_t> codes;
  const bool shift = Spec(op.output).type == core::Type::kU8;
  for (const int16_t v : op.values) codes.push_back(shift ? v - 128 : v);
  value_[op.output] = values_.Fixed(ExtentOf(op.output), codes,
                                    GridOf(op.output), Name(op.output));
}

}  // namespace edge_int8

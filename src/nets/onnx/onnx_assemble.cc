#include "src/nets/onnx/onnx_assemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "src/base/as_size.h"

namespace edge_int8 {
namespace {

// A gather with more runs than this would be a table, not a move.
constexpr std::size_t kMostTerms = 4096;

OnnxValue AssembledConstant(const std::vector<Piece>& pieces,
                            const Shape& shape, double fill) {
  OnnxArray array{OnnxArray::Kind::kFloat, shape, {}};
  if (!pieces.empty()) array.kind = pieces[0].value.constant->kind;
  array.values.assign(AsSize(ElementCount(shape)), fill);
  const StridedView whole = RowMajorView(shape);
  for (const Piece& piece : pieces) {
    StridedView to{0, {}};
    int64_t stride = ElementCount(shape);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      stride /= std::max<int64_t>(1, shape[i]);
      const int64_t step = piece.step.empty() ? 1 : piece.step[i];
      to.offset += piece.start[i] * stride;
      to.axes.push_back({{piece.value.constant->shape[i], stride * step}});
    }
    std::size_t n = 0;
    ForEachPlace(to, [&](int64_t place) {
      array.values[AsSize(place)] = piece.value.constant->values[n++];
    });
  }
  return OnnxValue::Of(std::move(array));
}

// Where a piece's values come from and go to, as one affine term.
MoveTerm TermOfPiece(const Piece& piece, const OnnxValue& source, int input,
                     const StridedView& to) {
  MoveTerm term{input, source.view.offset, to.offset, {}};
  for (std::size_t i = 0; i < to.axes.size(); ++i) {
    const int64_t stride = to.axes[i].empty() ? 0 : to.axes[i][0].stride;
    const int64_t step = piece.step.empty() ? 1 : piece.step[i];
    term.output_offset += piece.start[i] * stride;
    int64_t inner = StepCount(source.view.axes[i]);
    for (const Step& s : source.view.axes[i]) {
      inner /= s.extent;
      const MoveDim dim{static_cast<int>(s.extent), s.stride,
                        inner * step * stride};
      MoveDim* last = term.dims.empty() ? nullptr : &term.dims.back();
      if (last != nullptr &&
          last->input_stride == dim.input_stride * dim.extent &&
          last->output_stride == dim.output_stride * dim.extent) {
        *last = {last->extent * dim.extent, dim.input_stride,
                 dim.output_stride};
      } else {
        term.dims.push_back(dim);
      }
    }
  }
  // The largest stride of the output outermost, as rows lie.
  std::ranges::stable_sort(term.dims, std::ranges::greater{},
                           [](const MoveDim& d) { return d.output_stride; });
  return term;
}

int InputIndex(std::vector<TensorId>& inputs, TensorId id) {
  const auto found = std::ranges::find(inputs, id);
  const auto index = static_cast<int>(found - inputs.begin());
  if (found == inputs.end()) inputs.push_back(id);
  return index;
}

// Function applied, and the oldest places of the same values.
OnnxValue Settled(const OnnxCall& call, const OnnxValue& value) {
  OnnxValue tensor = AsTensor(call.emitter, value);
  tensor.base = call.emitter.AppendFunction(tensor.base, tensor.function);
  tensor.function = Argument();
  return Traced(call.emitter, tensor);
}

// Runs of (index, index + stride, ...) of one output row; -1 is skipped.
struct Run {
  int64_t index = 0;
  int64_t stride = 0;
  int64_t first = 0;  // output place
  int64_t count = 0;
};

std::vector<Run> RunsOf(const std::vector<int64_t>& index) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < index.size(); ++i) {
    if (index[i] < 0) continue;
    const auto place = static_cast<int64_t>(i);
    Run* last = runs.empty() ? nullptr : &runs.back();
    if (last != nullptr && last->first + last->count == place) {
      if (last->count == 1) last->stride = index[i] - last->index;
      if (index[i] == last->index + last->count * last->stride) {
        ++last->count;
        continue;
      }
    }
    runs.push_back({index[i], 0, place, 1});
  }
  return runs;
}

// Joins runs that follow each other at even distances: two dimensions.
std::vector<MoveTerm> TermsOf(const std::vector<Run>& runs) {
  std::vector<MoveTerm> terms;
  for (std::size_t i = 0; i < runs.size();) {
    const Run& run = runs[i];
    std::size_t n = 1;
    int64_t in = 0;
    int64_t out = 0;
    while (i + n < runs.size()) {
      const Run& next = runs[i + n];
      if (next.count != run.count || next.stride != run.stride) break;
      if (n == 1) {
        in = next.index - run.index;
        out = next.first - run.first;
      }
      const auto k = static_cast<int64_t>(n);
      if (next.index != run.index + k * in || next.first != run.first + k * out)
        break;
      ++n;
    }
    MoveTerm term{0, run.index, run.first, {}};
    if (n > 1) term.dims.push_back({static_cast<int>(n), in, out});
    term.dims.push_back({static_cast<int>(run.count), run.stride, 1});
    terms.push_back(std::move(term));
    i += n;
  }
  return terms;
}

}  // namespace

OnnxValue Assembled(const OnnxCall& call, const std::vector<Piece>& pieces,
                    const Shape& shape, double fill) {
  if (!BoundedCount(shape)) {
    call.Fail(fmt::format("its result would have shape {}", ShapeText(shape)));
  }
  if (std::ranges::all_of(
          pieces, [](const Piece& p) { return p.value.is_constant(); })) {
    return AssembledConstant(pieces, shape, fill);
  }
  std::vector<OnnxValue> sources;
  AxisGroups groups;
  bool chosen = false;
  for (const Piece& piece : pieces) {
    if (!piece.value.is_constant() && !chosen) {
      groups = NearestGroups(call.emitter, piece.value);
      chosen = true;
    }
    sources.push_back(Settled(call, piece.value));
  }
  OnnxValue result;
  result.view = ViewOfGroups(groups, shape);
  Move move{ExtentOfGroups(groups, shape), static_cast<float>(fill), {}};
  std::vector<TensorId> inputs;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const int input = InputIndex(inputs, sources[i].base);
    move.terms.push_back(
        TermOfPiece(pieces[i], sources[i], input, result.view));
  }
  result.base = call.emitter.Append(std::move(move), std::move(inputs));
  return result;
}

OnnxArray CountedValues(const Shape& shape, int64_t first) {
  OnnxArray array{OnnxArray::Kind::kInteger, shape, {}};
  array.values.resize(AsSize(ElementCount(shape)));
  for (double& v : array.values) v = static_cast<double>(first++);
  return array;
}

OnnxValue PickedValues(const OnnxCall& call,
                       const std::vector<OnnxValue>& sources,
                       const OnnxArray& index, double fill) {
  // Which input and which of its places each counted value is.
  std::vector<TensorId> inputs;
  std::vector<std::pair<int, int64_t>> places;
  AxisGroups groups = GroupsAround(
      index.shape.empty() ? 0 : static_cast<int>(index.shape.size()) - 1,
      index.shape);
  for (const OnnxValue& source : sources) {
    const OnnxValue settled = Settled(call, source);
    if (settled.rank() == static_cast<int>(index.shape.size())) {
      groups = NearestGroups(call.emitter, settled);
    }
    const int input = InputIndex(inputs, settled.base);
    ForEachPlace(settled.view,
                 [&](int64_t place) { places.emplace_back(input, place); });
  }
  OnnxValue result;
  result.view = ViewOfGroups(groups, index.shape);
  Move move{ExtentOfGroups(groups, index.shape), static_cast<float>(fill), {}};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::vector<int64_t> from(index.values.size(), -1);
    std::size_t n = 0;
    ForEachPlace(result.view, [&](int64_t place) {
      const int64_t at = ToInteger(index.values[n++]);
      if (at < 0) return;
      const auto& [input, where] = places[AsSize(at)];
      if (input == static_cast<int>(i)) from[AsSize(place)] = where;
    });
    for (MoveTerm& term : TermsOf(RunsOf(from))) {
      term.input = static_cast<int>(i);
      move.terms.push_back(std::move(term));
    }
  }
  if (move.terms.size() > kMostTerms) {
    call.Fail(
        fmt::format("it scatters values in {} pieces; expected at most {}",
                    move.terms.size(), kMostTerms));
  }
  result.base = call.emitter.Append(std::move(move), std::move(inputs));
  return result;
}

StridedView ViewOf(const OnnxValue& value) {
  return value.is_constant() ? RowMajorView(value.constant->shape) : value.view;
}

OnnxValue Viewed(const OnnxValue& value, const StridedView& view) {
  if (!value.is_constant()) {
    OnnxValue result = value;
    result.view = view;
    return result;
  }
  OnnxArray array{value.constant->kind, view.shape(), {}};
  array.values.reserve(AsSize(view.size()));
  ForEachPlace(view, [&](int64_t place) {
    array.values.push_back(value.constant->values[AsSize(place)]);
  });
  return OnnxValue::Of(std::move(array));
}

OnnxValue Reshaped(const OnnxCall& call, const OnnxValue& value,
                   const Shape& shape) {
  if (value.is_constant()) {
    OnnxArray array = *value.constant;
    array.shape = shape;
    return OnnxValue::Of(std::move(array));
  }
  if (const auto view = ReshapedView(value.view, shape)) {
    return Viewed(value, *view);
  }
  const OnnxValue moved = RowMajor(call.emitter, value);
  const auto view = ReshapedView(moved.view, shape);
  if (!view) call.Fail("its shape can't be changed");
  return Viewed(moved, *view);
}

OnnxValue Sliced(const OnnxCall& call, const OnnxValue& value, int axis,
                 int64_t start, int64_t count, int64_t step) {
  if (count == 0 && value.is_constant()) {
    OnnxArray none{value.constant->kind, value.constant->shape, {}};
    none.shape[AsSize(axis)] = 0;
    return OnnxValue::Of(std::move(none));
  }
  call.Expect(count > 0, "nothing of its input is left");
  if (const auto view = SlicedView(ViewOf(value), axis, start, count, step)) {
    return Viewed(value, *view);
  }
  const OnnxValue moved =
      Arranged(call.emitter, value, NearestGroups(call.emitter, value));
  const auto view = SlicedView(moved.view, axis, start, count, step);
  if (!view) call.Fail("its input can't be cut");
  return Viewed(moved, *view);
}

namespace {

// A step that all neighbours keep, if there is one.
std::optional<int64_t> EvenStep(const Shape& indices) {
  if (indices.size() == 1) return 1;
  const int64_t step = indices[1] - indices[0];
  for (std::size_t i = 1; i < indices.size(); ++i) {
    if (indices[i] - indices[i - 1] != step) return std::nullopt;
  }
  return step;
}

// How often each index of the whole axis repeats, if all do alike.
std::optional<int64_t> EvenRepeat(const Shape& indices, int64_t length) {
  const auto count = static_cast<int64_t>(indices.size());
  if (count % length != 0) return std::nullopt;
  const int64_t times = count / length;
  for (int64_t i = 0; i < count; ++i) {
    if (indices[AsSize(i)] != i / times) return std::nullopt;
  }
  return times;
}

}  // namespace

OnnxValue Gathered(const OnnxCall& call, const OnnxValue& value, int axis,
                   const Shape& indices) {
  Shape shape = value.shape();
  if (const auto step = EvenStep(indices); step && *step != 0) {
    return Sliced(call, value, axis, indices[0],
                  static_cast<int64_t>(indices.size()), *step);
  }
  if (const auto times = EvenRepeat(indices, shape[AsSize(axis)])) {
    StridedView view = ViewOf(value);
    view.axes[AsSize(axis)].push_back({*times, 0});
    view.axes[AsSize(axis)] = Joined(view.axes[AsSize(axis)]);
    return Viewed(value, view);
  }
  std::vector<Piece> pieces;
  Shape start(shape.size(), 0);
  for (std::size_t i = 0; i < indices.size();) {
    // As long as the step stays the same: one piece.
    std::size_t n = 1;
    int64_t by = 1;
    if (i + 1 < indices.size()) by = indices[i + 1] - indices[i];
    while (by != 0 && i + n < indices.size() &&
           indices[i + n] - indices[i + n - 1] == by) {
      ++n;
    }
    start[AsSize(axis)] = static_cast<int64_t>(i);
    pieces.push_back({Sliced(call, value, axis, indices[i],
                             static_cast<int64_t>(n), by == 0 ? 1 : by),
                      start,
                      {}});
    i += n;
  }
  if (pieces.size() > kMostTerms) {
    call.Fail(fmt::format("it picks values in {} pieces; expected at most {}",
                          pieces.size(), kMostTerms));
  }
  shape[AsSize(axis)] = static_cast<int64_t>(indices.size());
  return Assembled(call, pieces, shape, 0);
}

}  // namespace edge_int8

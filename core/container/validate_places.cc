// The rules of the operators that say where values come from and go to: pools
// over windows, resizing, moves.
#include "core/container/graph_checker.h"
#include "core/container/validate.h"

namespace edge_int8::core {
namespace {

// The first range that is empty or leaves [0, extent), or their number.
std::size_t FirstOutside(std::span<const PlaceRange> ranges, int32_t extent) {
  const auto outside = std::ranges::find_if(ranges, [&](const PlaceRange& r) {
    return r.begin < 0 || r.end <= r.begin || r.end > extent;
  });
  return static_cast<std::size_t>(outside - ranges.begin());
}

std::size_t FirstOutside(std::span<const ResizeTap> taps, int32_t extent) {
  const auto outside = std::ranges::find_if(taps, [&](const ResizeTap& t) {
    return t.first < 0 || t.first >= extent || t.second < 0 ||
           t.second >= extent || t.weight < 0 || t.weight > kResizeOne;
  });
  return static_cast<std::size_t>(outside - taps.begin());
}

int64_t TotalLength(std::span<const PlaceRange> ranges) {
  int64_t total = 0;
  for (const PlaceRange& r : ranges) total += r.end - r.begin;
  return total;
}

int64_t LargestLength(std::span<const PlaceRange> ranges) {
  int64_t largest = 0;
  for (const PlaceRange& r : ranges) {
    largest = std::max<int64_t>(largest, r.end - r.begin);
  }
  return largest;
}

// Places that a term touches in one of its tensors: all of them, since every
// index runs from 0 to its extent.
ValueRange Places(const MoveTerm& term, int64_t offset,
                  int64_t MoveDim::*stride) {
  ValueRange places = {offset, offset};
  for (const MoveDim& dim : term.dims) {
    const int64_t span = (dim.extent - 1) * (dim.*stride);
    (span < 0 ? places.low : places.high) += span;
  }
  return places;
}

bool IsWithin(const ValueRange& places, int64_t size) {
  return places.low >= 0 && places.high < size;
}

// Extents and strides of a tensor's size, so that no sum of eight products
// leaves 64 bits.
bool DimIsSmall(const MoveDim& dim) {
  const auto small = [](int64_t stride) {
    return stride >= -kMaxTensorElements && stride <= kMaxTensorElements;
  };
  return dim.extent >= 1 && dim.extent <= kMaxTensorElements &&
         small(dim.input_stride) && small(dim.output_stride);
}

// Values a term moves, or more than `limit`.
int64_t CountMoved(const MoveTerm& term, int64_t limit) {
  int64_t count = 1;
  for (const MoveDim& dim : term.dims) {
    count *= dim.extent;
    if (count > limit) break;
  }
  return count;
}

// Marks what a term writes; false where something is marked already.
bool MarkMoved(const MoveTerm& term, std::size_t depth, int64_t to,
               std::vector<bool>* moved) {
  if (depth == term.dims.size()) {
    const auto place = static_cast<std::size_t>(to);
    if ((*moved)[place]) return false;
    (*moved)[place] = true;
    return true;
  }
  const MoveDim& dim = term.dims[depth];
  for (int32_t i = 0; i < dim.extent; ++i) {
    if (!MarkMoved(term, depth + 1, to + i * dim.output_stride, moved)) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool GraphChecker::CheckMaximum(const WindowPoolOp& op) {
  const TensorSpec& in = tensor(op.input);
  const TensorSpec& out = tensor(op.output);
  return Require(op.scale.empty(), Status::kChannelCount) &&
         Require(out.type == in.type, Status::kResultType, op.output) &&
         Require(out.zero_point == in.zero_point, Status::kBadZeroPoint,
                 op.output) &&
         Write(op.output, range(op.input));
}

bool GraphChecker::CheckAverage(const WindowPoolOp& op) {
  ValueRange written;
  const int64_t largest = LargestLength(op.rows) * LargestLength(op.cols);
  const std::size_t places = op.rows.size() * op.cols.size();
  return Require(largest * Reach(op.input) < kInt32Limit,
                 Status::kAccumulatorRange) &&
         CheckMultipliers(op.scale, op.scale.size() == 1 ? 1 : places) &&
         CheckActivation(op.activation, op.output, &written) &&
         Write(op.output, written);
}

bool GraphChecker::CheckOp(const WindowPoolOp& op) {
  if (!CanReadStored(op.input) || !IsTensor(op.output)) return false;
  const TensorSpec& in = tensor(op.input);
  const std::size_t row = FirstOutside(op.rows, in.height);
  const std::size_t col = FirstOutside(op.cols, in.width);
  return Require(op.kind <= PoolKind::kMax, Status::kUnknownKind) &&
         CheckStoredType(op.output) &&
         CheckExtent(op.output, in.channels,
                     static_cast<int64_t>(op.rows.size()),
                     static_cast<int64_t>(op.cols.size())) &&
         Require(row == op.rows.size(), Status::kPlaceRange,
                 static_cast<int32_t>(row)) &&
         Require(col == op.cols.size(), Status::kPlaceRange,
                 static_cast<int32_t>(col)) &&
         // At most the input's size times the output's.
         AddWork(in.channels * TotalLength(op.rows) * TotalLength(op.cols)) &&
         (op.kind == PoolKind::kMax ? CheckMaximum(op) : CheckAverage(op));
}

bool GraphChecker::CheckOp(const ResizeOp& op) {
  ValueRange written;
  if (!CanReadStored(op.input) || !IsTensor(op.output)) return false;
  const TensorSpec& in = tensor(op.input);
  const std::size_t row = FirstOutside(op.rows, in.height);
  const std::size_t col = FirstOutside(op.cols, in.width);
  return CheckStoredType(op.output) && CheckMultiplier(op.scale) &&
         CheckExtent(op.output, in.channels,
                     static_cast<int64_t>(op.rows.size()),
                     static_cast<int64_t>(op.cols.size())) &&
         Require(row == op.rows.size(), Status::kResizeTap,
                 static_cast<int32_t>(row)) &&
         Require(col == op.cols.size(), Status::kResizeTap,
                 static_cast<int32_t>(col)) &&
         AddWork(4 * tensor(op.output).size()) &&
         CheckActivation(op.activation, op.output, &written) &&
         Write(op.output, written);
}

bool GraphChecker::CheckMoveTerm(const MoveTerm& term, int32_t output,
                                 std::vector<bool>* moved) {
  if (!CanRead(term.input)) return false;
  const TensorSpec& in = tensor(term.input);
  const TensorSpec& out = tensor(output);
  if (!Require(in.type == out.type, Status::kOperandType, term.input) ||
      !Require(in.zero_point == out.zero_point, Status::kBadZeroPoint,
               term.input) ||
      !Require(term.dims.size() <= kMaxMoveDims &&
                   std::ranges::all_of(term.dims, DimIsSmall),
               Status::kMoveLimits)) {
    return false;
  }
  const bool offsets =
      IsWithin({term.input_offset, term.input_offset}, in.size()) &&
      IsWithin({term.output_offset, term.output_offset}, out.size());
  return Require(offsets, Status::kMoveBounds) &&
         Require(
             IsWithin(Places(term, term.input_offset, &MoveDim::input_stride),
                      in.size()) &&
                 IsWithin(
                     Places(term, term.output_offset, &MoveDim::output_stride),
                     out.size()),
             Status::kMoveBounds) &&
         // Bounds the work of marking, too.
         Require(CountMoved(term, out.size()) <= out.size() &&
                     MarkMoved(term, 0, term.output_offset, moved),
                 Status::kMoveOverlap);
}

namespace {

// Where a place of a tensor lies: which line along `axis`, by its first place.
int64_t LineOf(const TensorSpec& t, std::size_t axis, int64_t place) {
  const std::array<int64_t, 3> strides = {int64_t{1} * t.height * t.width,
                                          t.width, 1};
  const std::array<int64_t, 3> extents = {t.channels, t.height, t.width};
  return place - place / strides[axis] % extents[axis] * strides[axis];
}

// Writes the input's place of each place that a term fills.
void MarkSources(const MoveTerm& term, std::size_t depth, int64_t from,
                 int64_t to, std::vector<int64_t>* sources) {
  if (depth == term.dims.size()) {
    (*sources)[static_cast<std::size_t>(to)] = from;
    return;
  }
  const MoveDim& dim = term.dims[depth];
  for (int32_t i = 0; i < dim.extent; ++i) {
    MarkSources(term, depth + 1, from + i * dim.input_stride,
                to + i * dim.output_stride, sources);
  }
}

// The most lines of the input that a line of the output has values of, a line
// counted again for each time that one of its values comes again.
int64_t MostLines(const TensorSpec& in, std::size_t in_axis,
                  const TensorSpec& out, std::size_t out_axis,
                  const std::vector<int64_t>& sources) {
  // Output line, input line, input place.
  std::vector<std::array<int64_t, 3>> read;
  for (std::size_t to = 0; to < sources.size(); ++to) {
    if (sources[to] < 0) continue;
    read.push_back({LineOf(out, out_axis, static_cast<int64_t>(to)),
                    LineOf(in, in_axis, sources[to]), sources[to]});
  }
  std::ranges::sort(read);
  int64_t most = 0;
  int64_t lines = 0;  // of this output line, with the repeats of those before
  int64_t times = 0;  // that the most frequent place of this input line comes
  int64_t same = 0;
  for (std::size_t i = 0; i < read.size(); ++i) {
    const bool new_out = i == 0 || read[i][0] != read[i - 1][0];
    const bool new_in = new_out || read[i][1] != read[i - 1][1];
    if (new_in) lines = new_out ? 0 : lines + times;
    if (new_in) times = 0;
    same = new_in || read[i][2] != read[i - 1][2] ? 1 : same + 1;
    times = std::max(times, same);
    most = std::max(most, lines + times);
  }
  return most;
}

}  // namespace

// Probabilities that change places keep what their lines add up to.
void GraphChecker::MoveLineSums(const MoveOp& op) {
  if (op.terms.empty() || op.fill != tensor(op.output).zero_point) return;
  const int32_t from = op.terms[0].input;
  const TensorSpec& in = tensor(from);
  const std::array<int64_t, 3> extents = {in.channels, in.height, in.width};
  const bool one_input = std::ranges::all_of(
      op.terms, [&](const MoveTerm& term) { return term.input == from; });
  // Larger tensors are no rows of probabilities that a sum reads.
  constexpr int64_t kMost = int64_t{1} << 20;
  if (!one_input || tensor(op.output).size() > kMost) return;
  std::vector<int64_t> sources;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const int64_t sum = line_sums(from)[axis];
    if (sum >= extents[axis] * Reach(from)) continue;  // nothing is known
    if (sources.empty()) {
      sources.assign(static_cast<std::size_t>(tensor(op.output).size()), -1);
      for (const MoveTerm& term : op.terms) {
        MarkSources(term, 0, term.input_offset, term.output_offset, &sources);
      }
    }
    for (std::size_t to = 0; to < 3; ++to) {
      int64_t& known = line_sums(op.output)[to];
      known = std::min(
          known, sum * MostLines(in, axis, tensor(op.output), to, sources));
    }
  }
}

bool GraphChecker::CheckOp(const MoveOp& op) {
  if (!IsTensor(op.output) ||
      !Require(op.terms.size() <= kMaxMoveTerms, Status::kMoveLimits)) {
    return false;
  }
  const TensorSpec& out = tensor(op.output);
  std::vector<bool> moved(static_cast<std::size_t>(out.size()));
  const ValueRange fill = {op.fill, op.fill};
  if (!Require(TypeRange(out.type).Holds(fill), Status::kTableValue,
               op.output) ||
      !AddWork(out.size())) {
    return false;
  }
  for (const MoveTerm& term : op.terms) {
    if (!CheckMoveTerm(term, op.output, &moved)) return false;
  }
  const bool all = std::ranges::find(moved, false) == moved.end();
  ValueRange values = all ? range(op.terms[0].input) : fill;
  for (const MoveTerm& term : op.terms) {
    const ValueRange& from = range(term.input);
    values = {std::min(values.low, from.low), std::max(values.high, from.high)};
  }
  if (!Write(op.output, values)) return false;
  MoveLineSums(op);
  return true;
}

}  // namespace edge_int8::core

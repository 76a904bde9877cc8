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
  return Write(op.output, values);
}

}  // namespace edge_int8::core

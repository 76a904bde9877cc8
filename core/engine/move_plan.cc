#include "core/engine/move_plan.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "core/kernels/general_kernels.h"

namespace edge_int8::core {
namespace {

// Bytes from a layout's start to the n-th value in [C][H][W] order.
int64_t AddressOf(const TensorLayout& t, int64_t n) {
  const int64_t image = int64_t{t.height} * t.width;
  const int64_t place = n % image;
  return t.At(static_cast<int32_t>(place / t.width),
              static_cast<int32_t>(place % t.width)) +
         n / image * TypeBytes(t.type);
}

// Folds nests that follow each other at equal distances into loops, level by
// level: what one level can't extend goes to the next.
class LoopFolder {
 public:
  void Add(const CopyNest& nest) { Add(nest, 0); }
  std::vector<CopyNest> Take() {
    for (std::size_t level = 0; level < kCopyLoops; ++level) {
      if (open_[level]) Close(level);
    }
    return std::move(nests_);
  }

 private:
  void Add(const CopyNest& nest, std::size_t level) {
    if (level == kCopyLoops) {
      nests_.push_back(nest);
    } else if (!open_[level]) {
      open_[level] = nest;
    } else if (Extends(*open_[level], nest, level)) {
      CopyNest& first = *open_[level];
      CopyLoop& loop = first.loops[level];
      loop.from_step = (nest.from - first.from) / loop.count;
      loop.to_step = (nest.to - first.to) / loop.count;
      ++loop.count;
    } else {
      Close(level);
      open_[level] = nest;
    }
  }

  void Close(std::size_t level) {
    const CopyNest done = *open_[level];
    open_[level].reset();
    Add(done, level + 1);
  }

  static bool Extends(const CopyNest& first, const CopyNest& nest,
                      std::size_t level) {
    for (std::size_t i = 0; i < level; ++i) {
      if (first.loops[i] != nest.loops[i]) return false;
    }
    const CopyLoop& loop = first.loops[level];
    return loop.count == 1 ||
           (nest.from == first.from + loop.count * loop.from_step &&
            nest.to == first.to + loop.count * loop.to_step);
  }

  std::array<std::optional<CopyNest>, kCopyLoops> open_;
  std::vector<CopyNest> nests_;
};

class TermPlanner {
 public:
  TermPlanner(const MoveTerm& term, const TensorLayout& in,
              const TensorLayout& out, std::vector<bool>* written)
      : term_(term), in_(in), out_(out), written_(written) {
    dims_ = term.dims;
    std::erase_if(dims_, [](const MoveDim& dim) { return dim.extent == 1; });
    SortDims();
  }

  std::vector<CopyNest> Run() {
    Walk(0, term_.input_offset, term_.output_offset);
    return folder_.Take();
  }

 private:
  // What is close together in the output comes innermost.
  void SortDims() {
    std::stable_sort(
        dims_.begin(), dims_.end(), [&](const MoveDim& a, const MoveDim& b) {
          return Distance(a.output_stride) > Distance(b.output_stride);
        });
  }
  int64_t Distance(int64_t stride) const {
    const int64_t size = int64_t{out_.channels} * out_.height * out_.width;
    return AddressOf(out_, std::min(std::abs(stride), size - 1)) -
           AddressOf(out_, 0);
  }

  void Walk(std::size_t depth, int64_t from, int64_t to) {
    if (depth == dims_.size()) {
      (*written_)[static_cast<std::size_t>(to)] = true;
      CopyNest nest;
      nest.input = term_.input;
      nest.from = AddressOf(in_, from);
      nest.to = AddressOf(out_, to);
      folder_.Add(nest);
      return;
    }
    const MoveDim& dim = dims_[depth];
    for (int32_t i = 0; i < dim.extent; ++i) {
      Walk(depth + 1, from + i * dim.input_stride, to + i * dim.output_stride);
    }
  }

  const MoveTerm& term_;
  const TensorLayout& in_;
  const TensorLayout& out_;
  std::vector<bool>* written_;
  std::vector<MoveDim> dims_;
  LoopFolder folder_;
};

template <class T>
void CopyValues(const CopyLoop& loop, const std::byte* from, std::byte* to) {
  for (int64_t i = 0; i < loop.count; ++i) {
    std::memcpy(to + i * loop.to_step, from + i * loop.from_step, sizeof(T));
  }
}

// Pieces of a length that the compiler knows need no call.
template <std::size_t kBytes>
void CopyPieces(const CopyLoop& loop, const std::byte* from, std::byte* to) {
  for (int64_t i = 0; i < loop.count; ++i) {
    std::memcpy(to + i * loop.to_step, from + i * loop.from_step, kBytes);
  }
}

void CopyRuns(const CopyLoop& loop, int64_t bytes, const std::byte* from,
              std::byte* to) {
  switch (bytes) {
    case 8:
      return CopyPieces<8>(loop, from, to);
    case 16:
      return CopyPieces<16>(loop, from, to);
    case 32:
      return CopyPieces<32>(loop, from, to);
    case 64:
      return CopyPieces<64>(loop, from, to);
    default:
      for (int64_t i = 0; i < loop.count; ++i) {
        std::memcpy(to + i * loop.to_step, from + i * loop.from_step,
                    static_cast<std::size_t>(bytes));
      }
  }
}

// out[i * out_pitch + j] = in[j * in_pitch + i], pitches in bytes.
void TurnValues(const GeneralKernels& kernels, int64_t value_bytes,
                const CopyLoop& rows, const CopyLoop& columns,
                const std::byte* from, std::byte* to) {
  const auto count = [](const CopyLoop& loop) {
    return static_cast<int32_t>(loop.count);
  };
  if (value_bytes == 1) {
    kernels.turn_u8(reinterpret_cast<const uint8_t*>(from), columns.from_step,
                    count(rows), count(columns), reinterpret_cast<uint8_t*>(to),
                    rows.to_step);
  } else {
    kernels.turn_u16(reinterpret_cast<const uint16_t*>(from),
                     columns.from_step / 2, count(rows), count(columns),
                     reinterpret_cast<uint16_t*>(to), rows.to_step / 2);
  }
}

// The two innermost loops.
void CopySquare(const CopyNest& nest, int64_t value_bytes,
                const GeneralKernels& kernels, const std::byte* from,
                std::byte* to) {
  const CopyLoop& inner = nest.loops[0];
  const CopyLoop& outer = nest.loops[1];
  const auto dense = [&](int64_t step) { return step == value_bytes; };
  if (inner.count == 1 || (dense(inner.from_step) && dense(inner.to_step))) {
    return CopyRuns(outer, inner.count * value_bytes, from, to);
  }
  const bool small = value_bytes <= 2 && outer.count > 1;
  if (small && dense(inner.to_step) && dense(outer.from_step) &&
      outer.to_step > 0 && inner.from_step > 0) {
    return TurnValues(kernels, value_bytes, outer, inner, from, to);
  }
  if (small && dense(inner.from_step) && dense(outer.to_step) &&
      inner.to_step > 0 && outer.from_step > 0) {
    return TurnValues(kernels, value_bytes, inner, outer, from, to);
  }
  for (int64_t i = 0; i < outer.count; ++i) {
    const std::byte* const at = from + i * outer.from_step;
    std::byte* const out = to + i * outer.to_step;
    if (value_bytes == 1) CopyValues<uint8_t>(inner, at, out);
    if (value_bytes == 2) CopyValues<uint16_t>(inner, at, out);
    if (value_bytes == 4) CopyValues<uint32_t>(inner, at, out);
  }
}

}  // namespace

MovePlan PlanMove(const MoveOp& op, const std::vector<TensorLayout>& layouts) {
  const TensorLayout& out = layouts[static_cast<std::size_t>(op.output)];
  const int64_t size = int64_t{out.channels} * out.height * out.width;
  std::vector<bool> written(static_cast<std::size_t>(size));
  MovePlan plan;
  for (const MoveTerm& term : op.terms) {
    const TensorLayout& in = layouts[static_cast<std::size_t>(term.input)];
    const std::vector<CopyNest> nests =
        TermPlanner(term, in, out, &written).Run();
    plan.nests.insert(plan.nests.end(), nests.begin(), nests.end());
  }
  plan.covers =
      std::find(written.begin(), written.end(), false) == written.end();
  return plan;
}

void RunCopyNest(const CopyNest& nest, int64_t value_bytes,
                 const GeneralKernels& kernels, const std::byte* from,
                 std::byte* to) {
  static_assert(kCopyLoops == 4);
  from += nest.from;
  to += nest.to;
  for (int64_t i = 0; i < nest.loops[3].count; ++i) {
    for (int64_t j = 0; j < nest.loops[2].count; ++j) {
      CopySquare(
          nest, value_bytes, kernels,
          from + i * nest.loops[3].from_step + j * nest.loops[2].from_step,
          to + i * nest.loops[3].to_step + j * nest.loops[2].to_step);
    }
  }
}

}  // namespace edge_int8::core

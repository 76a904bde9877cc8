// Values that change places and nothing else.
#include <array>

#include "core/reference/reference_view.h"

namespace edge_int8::core {

Values ReferenceTranspose(const IntegerGraph& graph, const TransposeOp& op,
                          const Values& x) {
  const TensorSpec& in = SpecOf(graph, op.input);
  const std::array<int, 3> stride = {in.height * in.width, in.width, 1};
  const auto step = [&](std::size_t axis) {
    return stride[static_cast<std::size_t>(op.order[axis])];
  };
  return FillTensor(SpecOf(graph, op.output), [&](int a, int b, int c) {
    return x[static_cast<std::size_t>(a * step(0) + b * step(1) + c * step(2))];
  });
}

namespace {

// The loop over dims[depth] and all inside it.
void MoveValues(const MoveTerm& term, std::size_t depth, int64_t from,
                int64_t to, const Values& x, Values* y) {
  if (depth == term.dims.size()) {
    (*y)[static_cast<std::size_t>(to)] = x[static_cast<std::size_t>(from)];
    return;
  }
  const MoveDim& dim = term.dims[depth];
  for (int32_t i = 0; i < dim.extent; ++i) {
    MoveValues(term, depth + 1, from + i * dim.input_stride,
               to + i * dim.output_stride, x, y);
  }
}

}  // namespace

Values ReferenceMove(const IntegerGraph& graph, const MoveOp& op,
                     const std::vector<Values>& tensors) {
  const TensorSpec& out = SpecOf(graph, op.output);
  Values y(static_cast<std::size_t>(out.size()), op.fill);
  for (const MoveTerm& term : op.terms) {
    MoveValues(term, 0, term.input_offset, term.output_offset,
               tensors[static_cast<std::size_t>(term.input)], &y);
  }
  return y;
}

}  // namespace edge_int8::core

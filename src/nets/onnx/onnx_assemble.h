// Tensors put together from places of others: concatenation, padding, gathers
// by constants. One Move node each. Tested by onnx_operators_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_ONNX_ASSEMBLE_H_
#define EDGE_INT8_SRC_NETS_ONNX_ONNX_ASSEMBLE_H_

#include <vector>

#include "src/nets/onnx/axis_layout.h"
#include "src/nets/onnx/onnx_call.h"

namespace edge_int8 {

// A value whose [i_0, i_1, ...] lands at [start_0 + i_0 * step_0, ...].
struct Piece {
  OnnxValue value;
  Shape start;
  Shape step;  // empty: 1 everywhere
};

// A tensor (or constant, if all pieces are) of `shape`; `fill` where no piece
// is. Pieces don't overlap.
OnnxValue Assembled(const OnnxCall& call, const std::vector<Piece>& pieces,
                    const Shape& shape, double fill);

// Each value of the result is sources' value number `index` (they are counted
// through in row-major order, one source after the other), or `fill` where the
// index is -1.
OnnxValue PickedValues(const OnnxCall& call,
                       const std::vector<OnnxValue>& sources,
                       const OnnxArray& index, double fill);
// The values that PickedValues counts: an array of shape with first, first + 1,
// ...
OnnxArray CountedValues(const Shape& shape, int64_t first);

// The value through a view; a constant is copied.
OnnxValue Viewed(const OnnxValue& value, const StridedView& view);
// Its view: a constant's is row-major.
StridedView ViewOf(const OnnxValue& value);
// Values move if they must.
OnnxValue Reshaped(const OnnxCall& call, const OnnxValue& value,
                   const Shape& shape);
OnnxValue Sliced(const OnnxCall& call, const OnnxValue& value, int axis,
                 int64_t start, int64_t count, int64_t step);
// Indices (each in [0, length)) of one axis, which gets as long as they are; at
// least one. Nothing moves where they are evenly apart, or each repeats as
// often as the others in their order.
OnnxValue Gathered(const OnnxCall& call, const OnnxValue& value, int axis,
                   const Shape& indices);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_ONNX_ASSEMBLE_H_

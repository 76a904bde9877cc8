// Whether two shapes can be of the same values in the same order, where one may
// have lost axes of one or merged neighbouring ones. Tested by
// shape_match_test.cc.
#ifndef EDGE_INT8_SRC_BASE_SHAPE_MATCH_H_
#define EDGE_INT8_SRC_BASE_SHAPE_MATCH_H_

#include "src/base/tensor.h"

namespace edge_int8 {

// Without axes of one; [1] of a scalar.
Shape Squeezed(const Shape& shape);

// [540, 20], [540, 1, 20] and [10800] agree; [540, 20] and [20, 540], whose
// axes are exchanged, do not.
bool ShapesAgree(const Shape& a, const Shape& b);

// `first` in front of `rest`: [n] and [540, 20] make [n, 540, 20].
Shape WithAxis(int64_t first, const Shape& rest);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_SHAPE_MATCH_H_

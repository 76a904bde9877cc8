// Layer, instance and RMS norms that a file spells out in ReduceMean, Sub, Pow,
// Sqrt and Div: found at the division (or the product with the reciprocal).
// Tested by onnx_operators_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_SPELLED_NORM_H_
#define EDGE_INT8_SRC_NETS_ONNX_SPELLED_NORM_H_

#include <optional>

#include "src/nets/onnx/onnx_call.h"

namespace edge_int8 {

// `a` divided by, or times, `b` as a norm of what `a` was made of.
std::optional<OnnxValue> SpelledNorm(const OnnxCall& call,
                                     FunctionToken::Kind kind,
                                     const OnnxValue& a, const OnnxValue& b);

// Remembers that `difference`, a - b, is a minus its mean, if it is.
void NoteCentered(const OnnxCall& call, const OnnxValue& a, const OnnxValue& b,
                  const OnnxValue& difference);

// (value - mean) / sqrt(variance + epsilon) over these axes; without `centered`
// value / sqrt(mean square + epsilon).
OnnxValue Normalized(const OnnxCall& call, const OnnxValue& value,
                     const std::vector<int>& axes, bool centered,
                     double epsilon);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_SPELLED_NORM_H_

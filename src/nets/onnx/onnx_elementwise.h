// Functions of one value and arithmetic of two, on constants and tensors alike:
// what the handlers of several groups build from. Tested by
// onnx_operators_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_ONNX_ELEMENTWISE_H_
#define EDGE_INT8_SRC_NETS_ONNX_ONNX_ELEMENTWISE_H_

#include "src/nets/onnx/onnx_call.h"

namespace edge_int8 {

// `e` of each value. Of a tensor nothing is emitted yet.
OnnxValue Mapped(OnnxEmitter& emitter, const OnnxValue& value,
                 const Expression& e);
OnnxValue MappedTo(OnnxEmitter& emitter, const OnnxValue& value,
                   FunctionKind kind, double a = 0, double b = 0);

// kAdd, kSubtract, kMultiply, kDivide, kMaximum, kMinimum, kPower, kGreater
// with ONNX's broadcasting.
OnnxValue Arithmetic(const OnnxCall& call, FunctionToken::Kind kind,
                     const OnnxValue& a, const OnnxValue& b);
// The constant's values as an array of `shape`, repeated where they must be.
std::vector<double> Spread(const OnnxArray& array, const Shape& shape);
// Without infinities; `added`: nor what a mask adds to hide a place.
OnnxArray Finite(OnnxArray array, bool added);
// A float constant of any shape.
OnnxValue FloatValue(const Shape& shape, std::vector<double> values);
OnnxValue FloatValue(double value);

// The constant's one value if all are the same.
std::optional<double> UniformValue(const OnnxValue& value);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_ONNX_ELEMENTWISE_H_

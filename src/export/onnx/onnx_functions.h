// A function of one number as ONNX operators: one where ONNX has it (opset 17),
// several where it has not. Tested by onnx_operators_test.cc (the checker) and,
// in ONNX Runtime, by tests/peers.
#ifndef EDGE_INT8_SRC_EXPORT_ONNX_ONNX_FUNCTIONS_H_
#define EDGE_INT8_SRC_EXPORT_ONNX_ONNX_FUNCTIONS_H_

#include <string>

#include "src/export/onnx/onnx_writer.h"
#include "src/graph/function.h"

namespace edge_int8 {

// function(x) as `output`; further nodes are called output + a suffix. SiLU's
// is `silu_gate`.
std::string OnnxFunction(OnnxWriter& onnx, const Function& function,
                         const std::string& x, const std::string& output,
                         const std::string& silu_gate);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_ONNX_ONNX_FUNCTIONS_H_

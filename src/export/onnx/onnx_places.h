// Pools and interpolation as ONNX operators: MaxPool and AveragePool where the
// windows are those of one, products with a matrix of weights for each axis, or
// pieces put together, where they are not. Tested by onnx_operators_test.cc and
// tests/peers.
#ifndef EDGE_INT8_SRC_EXPORT_ONNX_ONNX_PLACES_H_
#define EDGE_INT8_SRC_EXPORT_ONNX_ONNX_PLACES_H_

#include <span>
#include <string>
#include <vector>

#include "src/export/onnx/onnx_moves.h"
#include "src/export/onnx/onnx_writer.h"
#include "src/export/regular_windows.h"
#include "src/graph/ops.h"

namespace edge_int8 {

std::string OnnxWindowPool(OnnxWriter& onnx, const Pool& pool,
                           const OnnxTensor& x, const std::string& output);

// Sums over rows and columns, without a division.
std::string OnnxWindowSums(OnnxWriter& onnx, const std::vector<PoolRange>& rows,
                           const std::vector<PoolRange>& cols,
                           const OnnxTensor& x, const std::string& output);

std::string OnnxResize(OnnxWriter& onnx, const Resize& resize,
                       const OnnxTensor& x, const std::string& output);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_ONNX_ONNX_PLACES_H_

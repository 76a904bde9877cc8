// Values that change places, as ONNX operators: Reshape and Transpose, Pad,
// Slice and Concat where a move is one of those; otherwise one Gather with the
// place of every value. Tested by onnx_operators_test.cc and tests/peers.
#ifndef EDGE_INT8_SRC_EXPORT_ONNX_ONNX_MOVES_H_
#define EDGE_INT8_SRC_EXPORT_ONNX_ONNX_MOVES_H_

#include <string>
#include <vector>

#include "src/export/onnx/onnx_writer.h"
#include "src/graph/ops.h"

namespace edge_int8 {

// A tensor of the export, [n][channels][height][width].
struct OnnxTensor {
  std::string name;
  Extent extent;
};

// The move of float tensors as `output`. All inputs have the batch's extent.
std::string OnnxMove(OnnxWriter& onnx, const Move& move,
                     const std::vector<OnnxTensor>& inputs,
                     const std::string& output);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_ONNX_ONNX_MOVES_H_

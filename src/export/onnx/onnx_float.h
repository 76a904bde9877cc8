// A float model as ONNX, opset 17, with a free batch extent: what a checkpoint
// becomes for other runtimes. Walks the graph node by node and knows no network
// by name. Tested by onnx_float_test.cc (ONNX's checker, shapes) and, in ONNX
// Runtime against the float executor and PyTorch's outputs, by tests/peers.
#ifndef EDGE_INT8_SRC_EXPORT_ONNX_ONNX_FLOAT_H_
#define EDGE_INT8_SRC_EXPORT_ONNX_ONNX_FLOAT_H_

#include <string>

#include "src/graph/model.h"

namespace edge_int8 {

// Names in the exported model: its tensors are called as the graph's.
inline constexpr const char* kOnnxInput = "csi";
inline constexpr const char* kOnnxOutput = "pose";
inline constexpr int kOnnxFloatOpset = 17;

// `model` must be folded (fold_norms.h). `source_sha256` goes to the metadata.
std::string OnnxFloatModel(const Model& folded,
                           const std::string& source_sha256);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_ONNX_ONNX_FLOAT_H_

// An artifact as ONNX with QuantizeLinear and DequantizeLinear around float
// operators, opset 21 (16-bit tensors): int8 weights per output channel, each
// stored tensor and pre-activation on its own grid. Runtimes fuse what they
// have integer kernels for and compute the rest in float. Tested by
// onnx_qdq_test.cc and, in ONNX Runtime against the engine, by tests/peers.
//
// Rounding happens where the engine rounds, with these differences
// (docs/export.md): ties go to even, an identity term of a sum and the softmax
// before its probabilities are not rounded, q, k, v may reach -128.
#ifndef EDGE_INT8_SRC_EXPORT_ONNX_ONNX_QDQ_H_
#define EDGE_INT8_SRC_EXPORT_ONNX_ONNX_QDQ_H_

#include <string>

#include "core/container/integer_graph.h"
#include "src/export/real_scales.h"

namespace edge_int8 {

inline constexpr int kOnnxQdqOpset = 21;

std::string OnnxQdqModel(const core::IntegerGraph& graph,
                         const RealScales& scales,
                         const std::string& source_sha256);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_ONNX_ONNX_QDQ_H_

// What the float and the quantized ONNX export have in common: how tensors lie
// (the graph's [channels][height][width] behind a free batch extent), and
// attention and pooling, which ONNX spells with several operators. Tested by
// onnx_float_test.cc and tests/peers.
//
// Outside, both ends have the axes of the network's own arrays. Where none are
// given, a window of height 1 is [n, channels, width], as in upstream's data,
// and an output of width 1 is [n, channels, height].
#ifndef EDGE_INT8_SRC_EXPORT_ONNX_ONNX_SHAPES_H_
#define EDGE_INT8_SRC_EXPORT_ONNX_ONNX_SHAPES_H_

#include <array>
#include <string>

#include "src/export/onnx/onnx_writer.h"
#include "src/graph/graph.h"

namespace edge_int8 {

// Declares the input and returns it as [n][channels][height][width].
std::string OnnxInput(OnnxWriter& onnx, const std::string& name,
                      const Extent& extent, const Shape& shape = {});
// Declares the output from a tensor [n][channels][height][width].
void OnnxOutput(OnnxWriter& onnx, const std::string& name,
                const std::string& tensor, const Extent& extent,
                const Shape& shape = {});

// strides, dilations, pads, group.
OnnxAttributes OnnxConvAttributes(const Conv& conv);

// One of q, k, v as [n][heads][line][place][channel in head], key as
// [n][heads][line][channel in head][place], so that a product of query and key,
// and of probabilities and value, is a MatMul.
enum class QkvRole { kQuery, kKey, kValue };
std::string OnnxHeads(OnnxWriter& onnx, const std::string& tensor,
                      const Extent& extent, int heads, Axis axis, QkvRole role);
// Back from [n][heads][line][place][channel in head].
std::string OnnxFromHeads(OnnxWriter& onnx, const std::string& tensor,
                          const std::string& output, const Extent& extent,
                          Axis axis);

// The adaptive average: one AveragePool where every bin has the same number of
// rows and the same step to the next, else one mean per bin.
std::string OnnxPool(OnnxWriter& onnx, const std::string& tensor,
                     const std::string& output, const Extent& extent, int bins);

// Transpose of the graph's three axes, the batch staying in front.
std::string OnnxTranspose(OnnxWriter& onnx, const std::string& tensor,
                          const std::string& output,
                          const std::array<int, 3>& order);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_ONNX_ONNX_SHAPES_H_

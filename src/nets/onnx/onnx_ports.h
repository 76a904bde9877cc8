// The input and the output of an ONNX file's graph: which ones they are, and
// the extents that the file leaves open. Tested by onnx_file_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_ONNX_PORTS_H_
#define EDGE_INT8_SRC_NETS_ONNX_ONNX_PORTS_H_

#include <string>

#include "src/graph/ops.h"
#include "src/nets/network_options.h"
#include "src/nets/onnx/onnx_file.h"

namespace edge_int8 {

// The one float input that is no initializer. Throws kBadInput.
const OnnxPort& InputPort(const std::string& file, const OnnxGraph& graph);

// The one float output, or the one that options.head names.
const OnnxPort& OutputPort(const std::string& file, const OnnxGraph& graph,
                           const NetworkOptions& options);

// The input's shape without the batch. Open axes are options.window's, or
// options.frames where it is one.
Shape WindowShape(const std::string& file, const OnnxPort& input,
                  const NetworkOptions& options);

// The same values as channels, height and width.
Extent ExtentOfWindow(const Shape& window);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_ONNX_PORTS_H_

// A float .onnx file as a Model, as PyTorch's exporters and TensorFlow's
// converter write it: shape arithmetic is computed, functions are inlined,
// patterns of several nodes become one operator of the graph. Only what the
// output needs is read. Tested by onnx_import_test.cc against PyTorch's outputs
// and by the fuzz target fuzz_onnx.
//
// What can be read: docs/networks.md.
#ifndef EDGE_INT8_SRC_NETS_ONNX_ONNX_IMPORT_H_
#define EDGE_INT8_SRC_NETS_ONNX_ONNX_IMPORT_H_

#include <cstddef>
#include <filesystem>
#include <span>

#include "src/graph/model.h"
#include "src/nets/network_options.h"

namespace edge_int8 {

// Throws kBadInput naming the file, the node, the place and what was expected.
// Of the options: head, window, frames.
Model ImportOnnx(const std::filesystem::path& path,
                 const NetworkOptions& options = {});

// The same of bytes that came from `path`.
Model ImportOnnx(const std::filesystem::path& path,
                 std::span<const std::byte> bytes,
                 const NetworkOptions& options = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_ONNX_IMPORT_H_

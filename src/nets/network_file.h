// A float network from a file, whichever kind it is: a checkpoint of the family
// (checkpoint.h) or an .onnx of any network (onnx/onnx_import.h). Tested by
// onnx_file_test.cc.
#ifndef EDGE_INT8_SRC_NETS_NETWORK_FILE_H_
#define EDGE_INT8_SRC_NETS_NETWORK_FILE_H_

#include <cstddef>
#include <filesystem>
#include <span>

#include "src/graph/model.h"
#include "src/nets/network_options.h"

namespace edge_int8 {

// By its bytes, whatever its name; a damaged one also by the name .onnx.
bool IsOnnxNetwork(const std::filesystem::path& path,
                   std::span<const std::byte> bytes);
bool IsOnnxNetwork(const std::filesystem::path& path);

// Throws kBadInput, and kUsage for options that are of the other kind.
Model LoadNetwork(const std::filesystem::path& path,
                  const NetworkOptions& options = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_NETWORK_FILE_H_

#include "src/nets/network_file.h"

#include <fmt/format.h>

#include <string_view>

#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/formats/file_kind.h"
#include "src/nets/checkpoint.h"
#include "src/nets/onnx/onnx_import.h"

namespace edge_int8 {
namespace {

void Refuse(const std::filesystem::path& path, bool given,
            std::string_view flag, std::string_view kind) {
  if (!given) return;
  FailUsage(fmt::format("{} is of {}; {} is none", flag, kind, path.string()));
}

}  // namespace

bool IsOnnxNetwork(const std::filesystem::path& path,
                   std::span<const std::byte> bytes) {
  return LooksLikeOnnx(bytes) || path.extension() == ".onnx";
}

bool IsOnnxNetwork(const std::filesystem::path& path) {
  return IsOnnxNetwork(path, MappedFile(path).bytes());
}

Model LoadNetwork(const std::filesystem::path& path,
                  const NetworkOptions& options) {
  if (!IsOnnxNetwork(path)) {
    Refuse(path, options.head.has_value(), "--head", "ONNX files");
    return LoadCheckpoint(path, options);
  }
  Refuse(path, options.variant.has_value(), "--variant", "checkpoints");
  Refuse(path, options.weights.has_value(), "--weights", "checkpoints");
  Refuse(path, options.joints.has_value(), "--joints", "checkpoints");
  return ImportOnnx(path, options);
}

}  // namespace edge_int8

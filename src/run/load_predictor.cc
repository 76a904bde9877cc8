#include "src/run/load_predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/base/rank_share.h"
#include "src/base/sha256.h"
#include "src/formats/file_kind.h"
#include "src/nets/network_file.h"
#include "src/qgraph/artifact_file.h"

namespace edge_int8 {

ModelFormat DetectModelFormat(const std::filesystem::path& path) {
  const MappedFile file(path);
  const std::string_view bytes(
      reinterpret_cast<const char*>(file.bytes().data()),
      std::min<std::size_t>(file.bytes().size(), 8));
  // A FlatBuffers file identifier stands at byte 4.
  if (bytes.ends_with("EI8A") && bytes.size() == 8)
    return ModelFormat::kArtifact;
  if (IsOnnxNetwork(path, file.bytes())) return ModelFormat::kOnnx;
  // Says what the file is when it is no checkpoint.
  RecogniseCheckpoint(path.string(), file.bytes());
  return ModelFormat::kCheckpoint;
}

LoadedPredictor LoadPredictor(const std::filesystem::path& path,
                              const NetworkOptions& network) {
  LoadedPredictor loaded;
  loaded.format = DetectModelFormat(path);
  loaded.sha256 = Sha256File(path);
  RequireSameOnAllRanks(path.string(), loaded.sha256);
  if (loaded.format != ModelFormat::kArtifact) {
    const Model model = LoadNetwork(path, network);
    loaded.parameters = ParameterCount(model.graph);
    loaded.predictor = MakeFloatPredictor(model);
  } else {
    const core::Artifact artifact = ReadArtifactFile(path);
    loaded.predictor =
        MakeIntegerPredictor(artifact.graph, IsaFromEnvironment());
  }
  return loaded;
}

core::Isa ParseIsaName(const std::string& name) {
  std::string names;
  for (const core::Isa isa : core::AvailableIsas()) {
    if (name == core::IsaName(isa)) return isa;
    names += fmt::format(" {}", core::IsaName(isa));
  }
  FailUsage(fmt::format("instruction set '{}' is not one that runs here:{}",
                        name, names));
}

core::Isa IsaFromEnvironment() {
  const char* name = std::getenv("EDGE_INT8_ISA");
  return name == nullptr || *name == '\0' ? core::BestIsa()
                                          : ParseIsaName(name);
}

}  // namespace edge_int8

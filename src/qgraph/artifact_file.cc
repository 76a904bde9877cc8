#include "src/qgraph/artifact_file.h"

#include <fmt/format.h>

#include <iterator>

#include "src/base/error.h"
#include "src/base/mapped_file.h"

namespace edge_int8 {
namespace {

std::string Place(const core::Result& result) {
  std::string place;
  if (result.op >= 0) place = fmt::format("operator {}", result.op);
  if (result.item >= 0) {
    place += fmt::format("{}item {}", place.empty() ? "" : ", ", result.item);
  }
  return place;
}

}  // namespace

std::string Describe(const core::Result& result) {
  const std::string place = Place(result);
  return fmt::format("{}{}{}", place, place.empty() ? "" : ": ",
                     core::StatusName(result.status));
}

core::Artifact ReadArtifactFile(const std::filesystem::path& path) {
  const MappedFile file(path);
  core::Artifact artifact;
  const core::Result result = core::LoadArtifact(file.bytes(), &artifact);
  if (!result.ok()) {
    const std::string place = Place(result);
    FailInput(fmt::format("{}{}{}", path.string(), place.empty() ? "" : " at ",
                          place),
              core::StatusName(result.status));
  }
  return artifact;
}

int64_t WriteArtifactFile(const std::filesystem::path& path,
                          const core::Artifact& artifact, IfExists if_exists) {
  const core::Result result = core::ValidateArtifact(artifact);
  Check(result.ok(), "the artifact is not valid: " + Describe(result));
  const std::vector<std::byte> bytes = core::SaveArtifact(artifact);
  Check(bytes.size() <= core::kMaxFileBytes, "the artifact is too large");
  WriteFile(path, bytes, if_exists);
  return std::ssize(bytes);
}

}  // namespace edge_int8

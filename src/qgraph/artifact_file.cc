#include "src/qgraph/artifact_file.h"

#include <fmt/format.h>

#include <atomic>
#include <iterator>
#include <memory>

#include "core/engine/engine.h"
#include "src/base/error.h"
#include "src/base/file_size.h"
#include "src/base/mapped_file.h"

namespace edge_int8 {
namespace {

std::atomic<int64_t> most_arena_bytes{kDefaultMostArenaBytes};

// Planning allocates what the file holds, packed; the arena is only counted.
void CheckArena(const core::IntegerGraph& graph, const std::string& file) {
  std::unique_ptr<core::Engine> engine;
  const core::Status made = core::Engine::Create(graph, {}, &engine);
  if (made != core::Status::kOk) FailInput(file, core::StatusName(made));
  const auto needed = static_cast<double>(engine->arena_bytes());
  const auto most = static_cast<double>(most_arena_bytes.load());
  if (needed <= most) return;
  FailInput(file,
            fmt::format("asks for {} of memory for each thread, expected at "
                        "most {}; --max-arena raises that",
                        BytesText(needed), BytesText(most)));
}

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

core::Artifact ReadArtifact(std::span<const std::byte> bytes,
                            const std::string& where) {
  core::Artifact artifact;
  const core::Result result = core::LoadArtifact(bytes, &artifact);
  if (!result.ok()) {
    const std::string place = Place(result);
    FailInput(fmt::format("{}{}{}", where, place.empty() ? "" : " at ", place),
              core::StatusName(result.status));
  }
  CheckArena(artifact.graph, where);
  return artifact;
}

core::Artifact ReadArtifactFile(const std::filesystem::path& path) {
  return ReadArtifact(MappedFile(path).bytes(), path.string());
}

void SetMostArenaBytes(int64_t bytes) { most_arena_bytes = bytes; }

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

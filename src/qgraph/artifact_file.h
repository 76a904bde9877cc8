// An .ei8 file on disk, read and written whole; what core/ says by Status
// becomes an Error with the file's name. Tested by artifact_file_test.cc.
#ifndef EDGE_INT8_SRC_QGRAPH_ARTIFACT_FILE_H_
#define EDGE_INT8_SRC_QGRAPH_ARTIFACT_FILE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/container/artifact.h"
#include "src/base/output_file.h"

namespace edge_int8 {

// Throws kBadInput: "half.ei8 at operator 7, item 3: a weight is outside its
// bits"; also when running it would take a larger arena than is allowed: a few
// kilobytes can say extents that ask for gigabytes.
core::Artifact ReadArtifactFile(const std::filesystem::path& path);
// The same of a file's bytes; `where` is what messages name.
core::Artifact ReadArtifact(std::span<const std::byte> bytes,
                            const std::string& where);

// Of one run, and so of each thread; --max-arena raises it.
inline constexpr int64_t kDefaultMostArenaBytes = int64_t{256} << 20;
// That a user may allow, in MiB; the least is 1.
inline constexpr int64_t kMostArenaMib = int64_t{1} << 24;
void SetMostArenaBytes(int64_t bytes);

// Returns the file's bytes. Throws kInternal when the artifact would not load
// again.
int64_t WriteArtifactFile(const std::filesystem::path& path,
                          const core::Artifact& artifact, IfExists if_exists);

// "operator 7, item 3: a weight is outside its bits".
std::string Describe(const core::Result& result);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QGRAPH_ARTIFACT_FILE_H_

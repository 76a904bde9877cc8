// A folder of plain C99 that runs a model on a microcontroller: the runtime of
// apps/mcu with the model's prefix, generated tables, golden outputs with a
// program that checks them, and build files for CMake and ESP-IDF. Tested by
// c_project_test.cc (this machine) and c_targets_test.cc (emulated ones).
#ifndef EDGE_INT8_SRC_EXPORT_C_C_PROJECT_H_
#define EDGE_INT8_SRC_EXPORT_C_C_PROJECT_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/container/artifact.h"
#include "src/base/output_file.h"
#include "src/export/c/c_target.h"

namespace edge_int8 {

// What tells a folder that an export wrote, so that --force may replace it.
inline constexpr const char* kExportMark = "export.json";

struct COptions {
  std::string name;  // IsCName(); functions are edge_int8_<name>_...
  std::string artifact_sha256;
  int golden_windows = 32;
  CTarget target = CTarget::kGeneric;
};

struct CProject {
  std::map<std::string, std::string> files;  // text by path in the folder
  std::vector<std::string> plain_paths;      // theirs before WithPrefix()
  int64_t arena_bytes = 0;
};

// Throws kUsage for an impossible name, kBadInput for a graph whose golden
// vectors the engine does not give or whose arena is beyond what the kernels
// address.
CProject MakeCProject(const core::Artifact& artifact, const COptions& options);

// The folder appears whole or not at all; kReplace replaces an earlier export
// only, of any name; what else lies in it stays.
void WriteCProject(const CProject& project, const std::filesystem::path& folder,
                   IfExists if_exists);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_C_C_PROJECT_H_

#include "src/export/c/c_project.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/base/new_folder.h"
#include "src/export/c/c_golden.h"
#include "src/export/c/c_header.h"
#include "src/export/c/c_memory.h"
#include "src/export/c/c_tables.h"
#include "src/export/c/c_text.h"
#include "src/export/c/mcu_sources.h"

namespace edge_int8 {
namespace {

constexpr int64_t kMaxArena = int64_t{1} << 30;  // offsets are int32

// Where a file of the runtime goes.
std::string_view FolderOf(std::string_view file) {
  if (file == "main.c" || file.starts_with("ei8_golden")) return "check/";
  if (file.ends_with(".c") || file.ends_with(".h")) return "src/";
  return "";
}

// Whether a kernel's file belongs to every export.
bool IsNeeded(std::string_view file, const std::set<std::string>& kernels,
              CTarget target) {
  if (file == "ei8_operators.h") {
    return std::ranges::any_of(kernels, IsGeneralCKernel);
  }
  if (file == kRowsHeader) return HasRowKernels(target);
  if (!file.starts_with("ei8_")) return true;
  const std::string kernel(file.substr(4, file.size() - 6));
  if (file.ends_with(".h")) {
    return !IsTargetCKernel(kernel) ||
           (IsKernelOf(kernel, target) &&
            std::ranges::any_of(kernels, IsTargetCKernel));
  }
  return kernels.contains(kernel) ||
         !(IsGeneralCKernel(kernel) || IsTargetCKernel(kernel) ||
           kernel == kFewBitsCKernel);
}

void CheckGraph(const core::IntegerGraph& graph, const CMemory& memory) {
  if (memory.arena_bytes > kMaxArena) {
    FailInput(graph.name,
              fmt::format("needs an arena of {} bytes; the C export addresses "
                          "at most {}",
                          memory.arena_bytes, kMaxArena));
  }
}

std::string Manifest(const core::Artifact& artifact, const COptions& options,
                     int64_t arena_bytes) {
  nlohmann::ordered_json json = {
      {"format", "c"},
      {"name", options.name},
      {"model", artifact.graph.name},
      {"artifact_sha256", options.artifact_sha256},
      {"checkpoint_sha256", artifact.provenance.checkpoint_sha256},
      {"arena_bytes", arena_bytes},
      {"golden_windows", options.golden_windows}};
  if (options.target != CTarget::kGeneric) {
    json["target"] = FilesOf(options.target).name;
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

// Compiled for one of the targets of kAuto only.
std::string Selected(std::string_view text, CTarget target) {
  return fmt::format("#include \"ei8_select.h\"\n#ifdef {}\n{}#endif\n",
                     CTargetMacro(target), text);
}

using Templates = std::map<std::string, std::string>;

// The kernels and tables of one target; returns the arena they need.
int64_t AddTarget(const core::IntegerGraph& graph, CTarget target, bool select,
                  Templates& templates) {
  const CMemory memory = PlanCMemory(graph, target);
  CheckGraph(graph, memory);
  const std::set<std::string> conditions = CConditions(graph);
  const CTableFile tables = CTables(graph, memory, target);
  for (const auto& [file, text] : McuSources()) {
    if (!IsNeeded(file, tables.kernels, target)) continue;
    const bool own = file.ends_with(".c") &&
                     IsKernelOf(file.substr(4, file.size() - 6), target);
    const std::string kept = WithConditions(text, conditions);
    templates[fmt::format("{}{}", FolderOf(file), file)] =
        select && own ? Selected(kept, target) : kept;
  }
  if (select) {
    const std::string_view suffix = FilesOf(target).suffix;
    templates[fmt::format("src/ei8_tables_{}.c",
                          suffix.empty() ? "plain" : suffix)] =
        Selected(tables.text, target);
  } else {
    templates["src/ei8_tables.c"] = tables.text;
  }
  return memory.arena_bytes;
}

}  // namespace

CProject MakeCProject(const core::Artifact& artifact, const COptions& options) {
  if (!IsCName(options.name)) {
    FailUsage(
        fmt::format("export c: the name is '{}', expected up to 40 "
                    "lower-case letters, digits and underscores",
                    options.name));
  }
  const core::IntegerGraph& graph = artifact.graph;
  CProject project;
  Templates templates;
  if (options.target == CTarget::kAuto) {
    // One size that is enough for all: who includes the header may be compiled
    // with other flags.
    for (const CTarget target : AutoCTargets()) {
      project.arena_bytes = std::max(project.arena_bytes,
                                     AddTarget(graph, target, true, templates));
    }
    templates["src/ei8_select.h"] = CSelectHeader();
  } else {
    project.arena_bytes = AddTarget(graph, options.target, false, templates);
  }
  templates["include/ei8.h"] = CHeader(graph, project.arena_bytes);
  templates["check/ei8_golden_data.c"] =
      CGoldenData(CGoldenVectors(artifact, options.golden_windows));
  for (const auto& [path, text] : templates) {
    project.plain_paths.push_back(path);
    project.files[WithPrefix(path, options.name)] =
        WithPrefix(text, options.name);
  }
  project.files[kExportMark] = Manifest(artifact, options, project.arena_bytes);
  return project;
}

namespace {

// The files of this export and, under its own name, of the one before.
std::vector<std::string> FilesOf(const CProject& project,
                                 const std::filesystem::path& folder) {
  std::vector<std::string> files = {kExportMark};
  for (const auto& [path, text] : project.files) files.push_back(path);
  std::ifstream in(folder / kExportMark);
  const nlohmann::json before = nlohmann::json::parse(in, nullptr, false);
  if (!before.is_object() || !before.contains("name") ||
      !before["name"].is_string()) {
    return files;
  }
  for (const std::string& path : project.plain_paths) {
    files.push_back(WithPrefix(path, before["name"].get<std::string>()));
  }
  return files;
}

}  // namespace

void WriteCProject(const CProject& project, const std::filesystem::path& folder,
                   IfExists if_exists) {
  NewFolder building(
      folder, if_exists,
      {kExportMark, "an earlier export", FilesOf(project, folder)});
  for (const auto& [path, text] : project.files) {
    WriteFile(building.path() / path, text, IfExists::kFail);
  }
  building.Commit();
}

}  // namespace edge_int8

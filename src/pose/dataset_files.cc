#include "src/pose/dataset_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "src/base/error.h"
#include "src/base/shell_quote.h"
#include "src/pose/pairs_description.h"

namespace edge_int8 {
namespace {

// The kind of `dataset import` for a recording of this name, if any.
std::string_view ImportKind(const std::filesystem::path& file) {
  constexpr std::pair<std::string_view, std::string_view> kKinds[] = {
      {".csv", "esp32"},  {".jsonl", "esp32"}, {".log", "esp32"},
      {".mat", "mat"},    {".h5", "hdf5"},     {".hdf5", "hdf5"},
      {".npy", "npy"},    {".pcap", "nexmon"}, {".pcapng", "nexmon"},
      {".dat", "iwl5300"}};
  const std::string extension = file.extension().string();
  const auto* const kind = std::ranges::find(
      kKinds, extension, &std::pair<std::string_view, std::string_view>::first);
  return kind == std::end(kKinds) ? "" : kind->second;
}

// What was meant instead, if a look into the folder tells.
std::string WhatElseItHolds(const std::filesystem::path& folder) {
  std::error_code error;
  std::string_view import;
  for (std::filesystem::directory_iterator at(folder, error);
       !error && at != std::filesystem::directory_iterator();
       at.increment(error)) {
    const std::filesystem::path& inside = at->path();
    if (IsPairsFolder(inside) ||
        std::filesystem::exists(inside / kWindowFile, error)) {
      return fmt::format("; {} in it is one", ShellQuote(inside.string()));
    }
    if (import.empty()) import = ImportKind(inside);
  }
  if (import.empty()) return "";
  return fmt::format(
      "; recordings become a data set by 'edge-int8 dataset import {}' "
      "(docs/import.md)",
      import);
}

}  // namespace

bool IsDatasetFile(std::string_view name) {
  return std::ranges::find(kDatasetFiles, name) != kDatasetFiles.end();
}

void CheckDatasetFolder(const std::filesystem::path& folder) {
  constexpr std::pair<std::string_view, std::string_view> kNeeded[] = {
      {kWindowFile, "windows [N, 540, 20] float32 in [0, 1]"},
      {"window_info.npz", "window_to_file, window_to_frame"},
      {"file_info.npz", "keypoints_files, window_ranges"}};
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    FailInput(folder.string(),
              std::filesystem::exists(folder, ignored)
                  ? "is a file, expected a folder in the "
                    "preprocessed_csi_data layout (docs/dataset.md)"
                  : "No such folder");
  }
  std::string missing;
  for (const auto& [name, holds] : kNeeded) {
    if (std::filesystem::exists(folder / name, ignored)) continue;
    missing +=
        fmt::format("{}{} ({})", missing.empty() ? "" : ", ", name, holds);
  }
  if (missing.empty()) return;
  FailInput(folder.string(),
            fmt::format("is no data set in the preprocessed_csi_data layout; "
                        "missing: {}. docs/dataset.md says what each file "
                        "holds{}",
                        missing, WhatElseItHolds(folder)));
}

std::vector<std::filesystem::path> PairsFiles(
    const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files = {folder / kPairsFile};
  try {
    const PairsDescription d = ReadPairsDescription(folder);
    for (const std::string& name : {d.x, d.y, d.groups}) {
      if (!name.empty()) files.push_back(folder / name);
    }
  } catch (const Error&) {
    // Whoever opens the folder says what is wrong with it.
  }
  return files;
}

std::vector<std::filesystem::path> SmallDatasetFiles(
    const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code ignored;
  if (IsPairsFolder(folder)) {
    found = PairsFiles(folder);
    if (found.size() > 1) found.erase(found.begin() + 1);
    return found;
  }
  for (const std::string_view name : kDatasetFiles) {
    if (name == kWindowFile) continue;
    std::filesystem::path path = folder / name;
    if (std::filesystem::exists(path, ignored))
      found.push_back(std::move(path));
  }
  return found;
}

}  // namespace edge_int8

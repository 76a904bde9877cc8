#include "src/pose/dataset_tables.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "src/formats/npz.h"
#include "src/formats/string_array.h"
#include "src/pose/upstream_shape.h"

namespace edge_int8 {
namespace {

void ReadWindowInfo(const Npz& npz, int64_t windows, DatasetTables& tables) {
  const NpyArray files = npz.Read("window_to_file");
  files.view().ExpectShape({windows});
  const std::vector<int64_t> values = files.view().Integers();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0 || values[i] >= tables.files()) {
      files.view().Fail(fmt::format("window {} is of file {}, expected 0 to {}",
                                    i, values[i], tables.files() - 1));
    }
    tables.window_to_file.push_back(static_cast<int>(values[i]));
  }
  const NpyArray frames = npz.Read("window_to_frame");
  frames.view().ExpectShape({windows});
  tables.window_to_frame = frames.view().Integers();
  for (std::size_t i = 0; i < tables.window_to_frame.size(); ++i) {
    if (tables.window_to_frame[i] >= 0) continue;
    frames.view().Fail(
        fmt::format("window {} is of frame {}, expected 0 or "
                    "more",
                    i, tables.window_to_frame[i]));
  }
}

void ReadFileInfo(const Npz& npz, int64_t windows, DatasetTables& tables) {
  const NpyArray names = npz.Read("keypoints_files");
  names.view().ExpectShape({-1});
  tables.keypoints_files = ReadStrings(names.view());
  const auto files = static_cast<int64_t>(tables.keypoints_files.size());
  if (files == 0 || files > std::numeric_limits<int>::max()) {
    names.view().Fail(
        fmt::format("lists {} files, expected at least 1", files));
  }
  const NpyArray ranges = npz.Read("window_ranges");
  ranges.view().ExpectShape({files, 2});
  const std::vector<int64_t> ends = ranges.view().Integers();
  for (std::size_t i = 0; i < ends.size(); i += 2) {
    if (ends[i] < 0 || ends[i] > ends[i + 1] || ends[i + 1] > windows) {
      ranges.view().Fail(
          fmt::format("file {} has windows {} to {}, expected a "
                      "range within 0 to {}",
                      i / 2, ends[i], ends[i + 1], windows));
    }
    tables.window_ranges.push_back({ends[i], ends[i + 1]});
  }
}

// Every window of a range says that it is of that range's file, so ranges
// can't overlap; covering all windows is then a matter of counting.
void CheckRanges(const std::string& where, int64_t windows,
                 const DatasetTables& tables) {
  int64_t covered = 0;
  for (int file = 0; file < tables.files(); ++file) {
    const auto& range = tables.window_ranges[static_cast<std::size_t>(file)];
    covered += range.end - range.begin;
    for (int64_t window = range.begin; window < range.end; ++window) {
      const int owner = tables.window_to_file[static_cast<std::size_t>(window)];
      if (owner == file) continue;
      FailInput(where, fmt::format("window_ranges gives window {} to file {}, "
                                   "window_to_file to file {}",
                                   window, file, owner));
    }
  }
  if (covered != windows) {
    FailInput(where, fmt::format("window_ranges covers {} windows, expected {}",
                                 covered, windows));
  }
}

void CheckConfig(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return;
  const Npz npz(path);
  if (!npz.Has("window_size")) return;
  const NpyArray size = npz.Read("window_size");
  const std::vector<int64_t> values = size.view().Integers();
  if (values != std::vector<int64_t>{kFrames}) {
    size.view().Fail(fmt::format("expected one value, {}", kFrames));
  }
}

}  // namespace

DatasetTables ReadDatasetTables(const std::filesystem::path& folder,
                                int64_t windows) {
  DatasetTables tables;
  const Npz file_info(folder / "file_info.npz");
  ReadFileInfo(file_info, windows, tables);
  const Npz window_info(folder / "window_info.npz");
  ReadWindowInfo(window_info, windows, tables);
  CheckRanges(folder.string(), windows, tables);
  CheckConfig(folder / "config.npz");
  return tables;
}

}  // namespace edge_int8

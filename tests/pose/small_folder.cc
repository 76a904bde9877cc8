#include "tests/pose/small_folder.h"

#include <fmt/format.h>

#include <cstring>
#include <span>
#include <utility>

#include "src/base/output_file.h"
#include "src/formats/npy_writer.h"
#include "src/formats/npz_writer.h"
#include "src/formats/pickle_writer.h"
#include "src/pose/upstream_shape.h"
#include "src/pose/window_source.h"

namespace edge_int8 {
namespace {

constexpr IfExists kReplace = IfExists::kReplace;

std::string Integers(Shape shape, const std::vector<int64_t>& values) {
  return NpyBytes(shape, std::span<const int64_t>(values));
}
std::string Integers(const std::vector<int64_t>& values) {
  return Integers({static_cast<int64_t>(values.size())}, values);
}

void WriteWindows(const std::filesystem::path& path, const FolderSpec& spec) {
  const int64_t windows = int64_t{spec.files} * spec.windows_per_file;
  const Shape shape =
      spec.windows_shape.value_or(Shape{windows, kSubcarriers, kFrames});
  const std::string header = NpyHeaderBytes(spec.windows_dtype, shape);
  const int64_t item = spec.windows_dtype.back() - '0';
  WriteFile(path, header, kReplace);
  // Growing a file leaves a hole that reads as zeros.
  std::filesystem::resize_file(
      path, header.size() + static_cast<uintmax_t>(ElementCount(shape) * item));
  if (!spec.values.empty()) {
    std::string bytes(spec.values.size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), spec.values.data(), bytes.size());
    WriteFile(path, header + bytes, kReplace);
  }
}

void WriteTables(const std::filesystem::path& folder, const FolderSpec& spec,
                 const std::vector<std::string>& names) {
  std::vector<int64_t> to_file, to_frame, ranges;
  for (int file = 0; file < spec.files; ++file) {
    for (int frame = 0; frame < spec.windows_per_file; ++frame) {
      to_file.push_back(file);
      to_frame.push_back(frame);
    }
    ranges.push_back(int64_t{file} * spec.windows_per_file);
    ranges.push_back(int64_t{file + 1} * spec.windows_per_file);
  }
  ranges = spec.window_ranges.value_or(ranges);
  WriteNpz(
      folder / "window_info.npz",
      {{"window_to_file", Integers(spec.window_to_file.value_or(to_file))},
       {"window_to_frame", Integers(spec.window_to_frame.value_or(to_frame))}},
      kReplace);
  WriteNpz(folder / "file_info.npz",
           {{"keypoints_files", NpyBytes(names)},
            {"file_ids", NpyBytes(names)},
            {"window_ranges",
             Integers({static_cast<int64_t>(ranges.size()) / 2, 2}, ranges)}},
           kReplace);
  if (spec.window_size) {
    WriteNpz(folder / "config.npz",
             {{"window_size", Integers(*spec.window_size)}}, kReplace);
  }
}

void WriteKeypoints(const std::filesystem::path& folder, const FolderSpec& spec,
                    const std::vector<std::string>& names) {
  const int64_t frames = spec.keypoint_frames.value_or(int64_t{spec.files} *
                                                       spec.windows_per_file);
  std::vector<float> poses;
  for (int64_t frame = 0; frame < frames; ++frame) {
    for (int joint = 0; joint < kJoints; ++joint) {
      const auto x = static_cast<float>(frame + joint);
      poses.push_back(x / 1000);
      poses.push_back((x + 0.5f) / 1000);
    }
  }
  WriteFile(folder / "all_keypoints.npy",
            NpyBytes({frames, kJoints, 2}, std::span<const float>(poses)),
            kReplace);
  std::vector<std::pair<std::string, IntFields>> mappings;
  for (std::size_t file = 0; file < names.size(); ++file) {
    const int64_t start =
        spec.start_idx ? spec.start_idx->at(file)
                       : static_cast<int64_t>(file) * spec.windows_per_file;
    mappings.push_back({names[file], {{"start_idx", start}}});
    if (spec.end_idx) {
      mappings.back().second.push_back({"end_idx", spec.end_idx->at(file)});
    }
  }
  WriteFile(folder / "file_mappings.pkl", PickleDictOfDicts(mappings),
            kReplace);
}

void WriteCsv(const std::filesystem::path& folder, const FolderSpec& spec,
              int file) {
  std::string text = "time";
  for (int joint = 0; joint < 25; ++joint) {
    text += fmt::format(",x{0},y{0}", joint);
  }
  text += '\n';
  for (int i = 0; i < spec.windows_per_file; ++i) {
    const int frame = file * spec.windows_per_file + i;
    text += std::to_string(i);
    for (int joint = 0; joint < 25; ++joint) {
      text += fmt::format(",{},{}.5", frame + joint, frame + joint);
    }
    text += '\n';
  }
  WriteFile(folder / fmt::format("kp/{}.csv", file), text, kReplace);
}

}  // namespace

void WriteFolder(const std::filesystem::path& folder, const FolderSpec& spec) {
  std::vector<std::string> names;
  for (int file = 0; file < spec.files; ++file) {
    names.push_back(fmt::format("kp/{}.csv", file));
  }
  names = spec.keypoints_files.value_or(names);
  WriteWindows(folder / "csi_windows.npy", spec);
  WriteTables(folder, spec, names);
  if (!spec.csv) {
    WriteKeypoints(folder, spec, names);
    return;
  }
  for (int file = 0; file < spec.files; ++file) WriteCsv(folder, spec, file);
}

void WriteMask(const std::filesystem::path& path,
               const std::vector<uint8_t>& mask) {
  const std::string header =
      NpyHeaderBytes("|b1", {static_cast<int64_t>(mask.size())});
  WriteFile(path, header + std::string(mask.begin(), mask.end()), kReplace);
}

}  // namespace edge_int8

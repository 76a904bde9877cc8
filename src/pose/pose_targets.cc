#include "src/pose/pose_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/base/parallel.h"
#include "src/formats/byte_reader.h"
#include "src/formats/npy.h"
#include "src/pose/file_mappings.h"
#include "src/pose/keypoint_csv.h"
#include "src/pose/keypoint_search.h"
#include "src/pose/pose_shape.h"
#include "src/pose/upstream_shape.h"

namespace edge_int8 {
namespace {

constexpr auto kValues = static_cast<std::size_t>(kPoseValues);

// Frame of each window in all_keypoints.npy.
std::vector<int64_t> FindFrames(const NpyView& keypoints,
                                const std::vector<FileFrames>& files,
                                const DatasetTables& tables) {
  const int64_t frames = keypoints.shape()[0];
  std::vector<int64_t> found;
  for (std::size_t i = 0; i < tables.window_to_file.size(); ++i) {
    const auto file = static_cast<std::size_t>(tables.window_to_file[i]);
    const auto& [start, count] = files[file];
    const int64_t frame = tables.window_to_frame[i];
    // Behind a file's own frames are those of another recording.
    if (count && frame >= *count) {
      keypoints.Fail(
          fmt::format("window {} is frame {} of '{}', which has {} frames "
                      "(file_mappings.pkl)",
                      i, frame, tables.keypoints_files[file], *count));
    }
    if (start < 0 || start > frames || frame >= frames - start) {
      keypoints.Fail(fmt::format(
          "has {} frames; window {} is frame {} of '{}', which begins at {}",
          frames, i, frame, tables.keypoints_files[file], start));
    }
    found.push_back(start + frame);
  }
  return found;
}

template <typename T>
std::vector<float> CleanFrames(const NpyView& keypoints,
                               std::span<const T> values,
                               const std::vector<int64_t>& frames) {
  std::vector<float> targets;
  targets.reserve(frames.size() * kValues);
  for (const int64_t frame : frames) {
    std::array<T, kValues> pose;
    std::ranges::copy(
        values.subspan(static_cast<std::size_t>(frame) * kValues, kValues),
        pose.begin());
    FillUnseenJoints<T>(pose);
    for (const T value : pose) {
      targets.push_back(static_cast<float>(value));
      if (!std::isfinite(targets.back())) {
        keypoints.Fail(
            fmt::format("frame {} has a value that is not finite", frame));
      }
    }
  }
  return targets;
}

// Says so when a folder has one of the two files of npy mode: whoever wrote it
// did not mean CSV files.
std::string HalfOfNpyMode(const std::filesystem::path& folder) {
  std::string_view there = "all_keypoints.npy", missing = "file_mappings.pkl";
  if (!std::filesystem::exists(folder / there)) std::swap(there, missing);
  if (!std::filesystem::exists(folder / there) ||
      std::filesystem::exists(folder / missing)) {
    return "";
  }
  return fmt::format(
      "; {} is there and {} is missing: with both, no CSV file "
      "is needed",
      there, missing);
}

}  // namespace

template <typename T>
void FillUnseenJoints(std::span<T> frame) {
  // NumPy's mean over joints: a plain running sum in the array's own type.
  T sum[2] = {0, 0};
  int seen = 0;
  for (std::size_t i = 0; i < kValues; i += 2) {
    if (frame[i] == 0 && frame[i + 1] == 0) continue;
    sum[0] += frame[i];
    sum[1] += frame[i + 1];
    ++seen;
  }
  if (seen == 0) return;
  const T mean[2] = {sum[0] / static_cast<T>(seen),
                     sum[1] / static_cast<T>(seen)};
  for (std::size_t i = 0; i < kValues; i += 2) {
    if (frame[i] != 0 || frame[i + 1] != 0) continue;
    frame[i] = mean[0];
    frame[i + 1] = mean[1];
  }
}
template void FillUnseenJoints(std::span<float>);
template void FillUnseenJoints(std::span<double>);

std::vector<float> ReadNpyTargets(const std::filesystem::path& folder,
                                  const DatasetTables& tables) {
  const MappedNpy file(folder / "all_keypoints.npy");
  const NpyView& keypoints = file.view();
  ExpectUpstreamPoses(keypoints);
  const std::vector<int64_t> frames =
      FindFrames(keypoints,
                 ReadFileMappings(folder / "file_mappings.pkl",
                                  keypoints.shape()[0], tables.keypoints_files),
                 tables);
  switch (keypoints.type()) {
    case NpyType::kFloat64:
      return CleanFrames(keypoints, keypoints.Values<double>(), frames);
    case NpyType::kFloat32:
      return CleanFrames(keypoints, keypoints.Values<float>(), frames);
    default: {
      const std::vector<float> values = keypoints.Floats();
      return CleanFrames(keypoints, std::span(values), frames);
    }
  }
}

std::vector<float> ReadCsvTargets(
    const std::filesystem::path& folder, const DatasetTables& tables,
    const std::optional<std::filesystem::path>& keypoints_root) {
  KeypointSearch search(folder, keypoints_root, HalfOfNpyMode(folder));
  std::vector<std::filesystem::path> paths;
  for (const std::string& name : tables.keypoints_files) {
    paths.push_back(search.Find(name));
  }
  std::vector<float> targets(tables.window_to_file.size() * kValues);
  ParallelFor(tables.files(), [&](int64_t index) {
    const auto file = static_cast<std::size_t>(index);
    const MappedFile csv(paths[file]);
    std::vector<float> frames =
        ParseKeypointCsv(paths[file].string(), AsText(csv.bytes()));
    RepairUnseenJoints(frames);
    const auto count = static_cast<int64_t>(frames.size() / kValues);
    const DatasetTables::Range range = tables.window_ranges[file];
    for (int64_t i = range.begin; i < range.end; ++i) {
      const auto window = static_cast<std::size_t>(i);
      const int64_t frame = tables.window_to_frame[window];
      if (frame >= count) {
        FailInput(paths[file].string(),
                  fmt::format("has {} frames; window {} is frame {}", count, i,
                              frame));
      }
      std::copy_n(&frames[static_cast<std::size_t>(frame) * kValues], kValues,
                  &targets[window * kValues]);
    }
  });
  return targets;
}

}  // namespace edge_int8

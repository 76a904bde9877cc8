#include "src/pose/synth_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/file_size.h"
#include "src/base/new_folder.h"
#include "src/base/parallel.h"
#include "src/base/progress.h"
#include "src/base/task_farm.h"
#include "src/formats/npy_writer.h"
#include "src/formats/npz_writer.h"
#include "src/formats/pickle_writer.h"
#include "src/pose/dataset_files.h"
#include "src/pose/synth_world.h"
#include "src/pose/upstream_shape.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;

// The files whose windows are written, ascending; throws kUsage.
std::vector<int> Present(const SynthOptions& options) {
  // 2^31 windows are 93 TB; the cap keeps every product below in range.
  const int most = 1'000'000;
  if (options.files < 1 || options.files > most) {
    FailUsage(fmt::format("--files {}: expected 1 to {}", options.files, most));
  }
  if (options.windows < 1 || options.windows > most) {
    FailUsage(
        fmt::format("--windows {}: expected 1 to {}", options.windows, most));
  }
  if (options.rooms < 0 || options.rooms > 1000) {
    FailUsage(fmt::format("--rooms {}: expected 1 to 1000", options.rooms));
  }
  std::vector<int> files;
  if (options.only_files) {
    files = *options.only_files;
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    if (files.empty() || files.front() < 0 || files.back() >= options.files) {
      FailUsage(fmt::format("the chosen files are not in 0 to {}",
                            options.files - 1));
    }
  } else {
    files.resize(static_cast<std::size_t>(options.files));
    std::iota(files.begin(), files.end(), 0);
  }
  return files;
}

// Before any work: a set that the disk can't hold is refused, not begun.
void CheckSpace(const fs::path& out, std::size_t files, int windows) {
  const auto needed = static_cast<double>(files) * windows *
                      (kWindowValues + kPoseValues + 4) * sizeof(float);
  fs::path folder = fs::absolute(out).parent_path();
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_relative_path()) {
    folder = folder.parent_path();
  }
  const fs::space_info space = fs::space(folder, error);
  if (!error && needed > static_cast<double>(space.available)) {
    FailInput(
        out.string(),
        fmt::format("the set needs {}, the disk has {} free", BytesText(needed),
                    BytesText(static_cast<double>(space.available))));
  }
}

// Windows that one rank of a job makes at a time.
constexpr int64_t kBlockWindows = 128;

class WindowWriter {
 public:
  WindowWriter(const synth::World& world, const std::vector<int>& files,
               int windows)
      : world_(world),
        files_(files),
        windows_(windows),
        count_(std::ssize(files) * windows) {}

  // Rank 0 writes what all ranks make.
  void Write(const fs::path& folder) {
    OutputFile csi(folder / "csi_windows.npy", IfExists::kFail);
    const std::string header =
        NpyHeaderBytes("<f4", {count_, kSubcarriers, kFrames});
    csi.Write(header);
    // Of all windows, where they are written.
    std::vector<float> poses(IsRoot() ? AsSize(count_ * kPoseValues) : 0);
    Progress progress("synthesize", count_, "windows");
    const TaskWork work = [this](const std::string& block) {
      return Make(std::stoll(block));
    };
    const auto write = [&](const std::string& task, const std::string& result) {
      const int64_t first = std::stoll(task) * kBlockWindows;
      const int64_t size = SizeOf(first);
      const std::size_t pose_bytes = AsSize(size * kPoseValues) * sizeof(float);
      Check(result.size() ==
                pose_bytes + AsSize(size * kWindowValues) * sizeof(float),
            "a block of another size");
      csi.WriteAt(
          std::ssize(header) + first * kWindowValues * int64_t{sizeof(float)},
          std::as_bytes(std::span(result)).subspan(pose_bytes));
      std::memcpy(poses.data() + first * kPoseValues, result.data(),
                  pose_bytes);
      progress.Add(size);
    };
    if (IsRoot()) {
      MakeAll(work, write);
    } else {
      ServeTasks(work);
    }
    csi.Commit();
    WriteFile(
        folder / "all_keypoints.npy",
        IsRoot() ? NpyBytes({count_, kJoints, 2}, std::span<const float>(poses))
                 : std::string(),
        IfExists::kFail);
  }

 private:
  void MakeAll(const TaskWork& work, const TaskFarm::Finished& write) const {
    TaskFarm farm(work, write);
    std::vector<std::string> blocks;
    for (int64_t b = 0; b * kBlockWindows < count_; ++b) {
      blocks.push_back(std::to_string(b));
    }
    farm.Expect(blocks);
    for (const std::string& block : blocks) farm.Finish(block);
    farm.Close();
  }

  // Windows of the block that begins with `first`.
  int64_t SizeOf(int64_t first) const {
    return std::min(kBlockWindows, count_ - first);
  }

  // The bytes of a block's poses, then those of its windows.
  std::string Make(int64_t block) const {
    const int64_t first = block * kBlockWindows;
    const int64_t size = SizeOf(first);
    std::vector<float> made(AsSize(size * (kPoseValues + kWindowValues)));
    const auto windows = std::span(made).subspan(AsSize(size * kPoseValues));
    ParallelFor(size, [&](int64_t n) {
      const int64_t w = first + n;
      const synth::Pose pose = world_.Record(
          files_[AsSize(w / windows_)], static_cast<int>(w % windows_),
          windows.subspan(AsSize(n * kWindowValues), AsSize(kWindowValues)));
      std::ranges::copy(pose, made.begin() + n * kPoseValues);
    });
    return {reinterpret_cast<const char*>(made.data()),
            made.size() * sizeof(float)};
  }

  const synth::World& world_;
  const std::vector<int>& files_;
  const int64_t windows_;
  const int64_t count_;
};

// window_info.npz, file_info.npz, config.npz and file_mappings.pkl.
void WriteTables(const fs::path& folder, const synth::World& world,
                 const std::vector<int>& present, int files, int windows,
                 int rooms) {
  std::vector<int64_t> to_file, to_frame, ranges;
  std::vector<std::string> paths, ids;
  std::vector<std::pair<std::string, IntFields>> mappings;
  auto next = present.begin();
  for (int file = 0; file < files; ++file) {
    const auto start = static_cast<int64_t>(to_file.size());
    if (next != present.end() && *next == file) {
      for (int w = 0; w < windows; ++w) {
        to_file.push_back(file);
        to_frame.push_back(w);
      }
      ++next;
    }
    const auto end = static_cast<int64_t>(to_file.size());
    ranges.insert(ranges.end(), {start, end});
    const synth::Recording recording = world.RecordingOf(file);
    ids.push_back(fmt::format("synth_{:03}", file));
    const std::string room =
        rooms > 0 ? fmt::format("_room{}", world.RoomOf(file) + 1) : "";
    paths.push_back(fmt::format("keypoints/subject{}{}_{}_{:03}.csv",
                                recording.subject + 1, room,
                                synth::ActivityName(recording.activity), file));
    mappings.emplace_back(paths.back(), IntFields{{"start_idx", start},
                                                  {"end_idx", end},
                                                  {"num_frames", end - start}});
  }
  const auto ints = [](const Shape& shape, const std::vector<int64_t>& values) {
    return NpyBytes(shape, std::span<const int64_t>(values));
  };
  const auto count = static_cast<int64_t>(to_file.size());
  WriteNpz(folder / "window_info.npz",
           {{"window_to_file", ints({count}, to_file)},
            {"window_to_frame", ints({count}, to_frame)}},
           IfExists::kFail);
  WriteNpz(folder / "file_info.npz",
           {{"keypoints_files", NpyBytes(paths)},
            {"file_ids", NpyBytes(ids)},
            {"window_ranges", ints({files, 2}, ranges)}},
           IfExists::kFail);
  WriteNpz(
      folder / "config.npz",
      {{"window_size", ints({}, {kFrames})}, {"stride", ints({}, {kFrames})}},
      IfExists::kFail);
  WriteFile(folder / "file_mappings.pkl", PickleDictOfDicts(mappings),
            IfExists::kFail);
}

// Every file that a synthetic set may have.
FolderMark SynthFolderMark() {
  FolderMark mark{std::string(kSynthMark), "a synthetic set", {kDemoMark}};
  mark.files.insert(mark.files.end(), kDatasetFiles.begin(),
                    kDatasetFiles.end());
  return mark;
}

std::string Description(const SynthOptions& options,
                        const std::vector<int>& present) {
  nlohmann::ordered_json json = {
      {"kind", "synthetic"},
      {"version", options.rooms > 0 ? kSynthRoomsVersion : kSynthVersion},
      {"seed", options.seed},
      {"files", options.files},
      {"windows_per_file", options.windows},
      {"parameters",
       {{"subjects", synth::kSubjects},
        {"activities", synth::kActivities},
        {"transmitters", synth::kTransmitters},
        {"receivers", synth::kReceivers},
        {"subcarriers_per_link", synth::kSubcarriersPerLink},
        {"carrier_hz", synth::kCarrierHz},
        {"bandwidth_hz", synth::kBandwidthHz},
        {"reflectors", synth::kReflectors},
        {"body_reflectivity", synth::kBodyReflectivity},
        {"noise", synth::kNoise},
        {"packet_gain", synth::kPacketGain},
        {"slow_gain", synth::kSlowGain},
        {"pose_rate_hz", synth::kPoseRateHz},
        {"packet_rate_hz", synth::kPacketRateHz},
        {"label_jitter", synth::kLabelJitter},
        {"faulty_files", synth::kFaultyFiles},
        {"faulty_windows", synth::kFaultyWindows}}}};
  if (options.rooms > 0) json["parameters"]["rooms"] = options.rooms;
  if (options.only_files) json["only_files"] = present;
  return json.dump(2) + "\n";
}

}  // namespace

void WriteSyntheticDataset(const fs::path& out, const SynthOptions& options,
                           IfExists if_exists) {
  const std::vector<int> present = Present(options);
  CheckSpace(out, present.size(), options.windows);
  NewFolder folder(out, if_exists, SynthFolderMark());
  const synth::World world(options.seed, std::max(options.rooms, 1));
  WriteTables(folder.path(), world, present, options.files, options.windows,
              options.rooms);
  WindowWriter(world, present, options.windows).Write(folder.path());
  WriteFile(folder.path() / kSynthMark, Description(options, present),
            IfExists::kFail);
  folder.Commit();
}

}  // namespace edge_int8

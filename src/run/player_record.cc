// player.json. Declared in bench_record.h.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "src/base/base64.h"
#include "src/base/error.h"
#include "src/pose/pose_scale.h"
#include "src/run/bench_record.h"
#include "src/run/csi_picture.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

// A step of stored coordinates: ±2 data units in 16 bits, far finer than a
// pixel of the picture (1/1000).
constexpr double kUnit = 1.0 / 16384;
constexpr int16_t kNotFinite = -32768;

int16_t Stored(float coordinate) {
  if (!std::isfinite(coordinate)) return kNotFinite;
  const double steps = std::clamp(double{coordinate} / kUnit, -32767., 32767.);
  return static_cast<int16_t>(std::lround(steps));
}

// Little-endian, [window][joint][x, y].
std::string PosesText(std::span<const float> poses,
                      std::span<const std::size_t> places) {
  std::vector<std::byte> bytes;
  bytes.reserve(places.size() * kPoseValues * 2);
  for (const std::size_t n : places) {
    for (const float value : poses.subspan(n * kPoseValues, kPoseValues)) {
      const auto bits = static_cast<uint16_t>(Stored(value));
      bytes.push_back(static_cast<std::byte>(bits & 0xff));
      bytes.push_back(static_cast<std::byte>(bits >> 8));
    }
  }
  return Base64(bytes);
}

double MeanError(const BenchRecord& record, const ModelPoses& model,
                 std::span<const std::size_t> places) {
  double sum = 0;
  for (const std::size_t n : places) {
    const auto pred =
        std::span(model.poses).subspan(n * kPoseValues, kPoseValues);
    const auto truth =
        std::span(record.truth).subspan(n * kPoseValues, kPoseValues);
    const double scale = PoseScale(truth, Normalization::kTorso);
    for (std::size_t j = 0; j < kJoints; ++j) {
      sum += JointDistance(pred, j, truth, j) / scale;
    }
  }
  const double mean = sum / static_cast<double>(places.size() * kJoints);
  return std::isfinite(mean) ? mean : std::numeric_limits<double>::infinity();
}

struct Recording {
  int file = 0;
  double error = 0;                 // mean, as a fraction of the scale
  std::vector<std::size_t> places;  // in the record
};

// Best first; equal ones by file number.
std::vector<Recording> Ranked(const BenchRecord& record,
                              const ModelPoses& judge) {
  std::map<int, Recording> by_file;
  for (std::size_t n = 0; n < record.files.size(); ++n) {
    Recording& recording = by_file[record.files[n]];
    recording.file = record.files[n];
    recording.places.push_back(n);
  }
  std::vector<Recording> ranked;
  for (auto& [file, recording] : by_file) {
    recording.error = MeanError(record, judge, recording.places);
    ranked.push_back(std::move(recording));
  }
  std::ranges::stable_sort(ranked, {}, &Recording::error);
  return ranked;
}

json ChunkJson(const Dataset& dataset, const BenchRecord& record,
               std::span<const std::size_t> places) {
  std::vector<int64_t> windows;
  for (const std::size_t n : places) windows.push_back(record.windows[n]);
  json poses = {{"truth", PosesText(record.truth, places)}};
  for (const ModelPoses& model : record.models) {
    poses[model.label] = PosesText(model.poses, places);
  }
  return {{"windows", windows},
          {"poses", poses},
          {"csi", Base64(CsiPicture(dataset, windows))}};
}

json FileJson(const Dataset& dataset, const BenchRecord& record,
              const std::string& which, const Recording& recording) {
  const std::size_t count =
      std::min<std::size_t>(recording.places.size(), kMostPlayerWindows);
  const auto shown = std::span(recording.places).first(count);
  json chunks = json::array();
  for (std::size_t at = 0; at < count; at += kPlayerChunk) {
    const std::size_t size = std::min<std::size_t>(kPlayerChunk, count - at);
    chunks.push_back(ChunkJson(dataset, record, shown.subspan(at, size)));
  }
  json file = {{"which", which},
               {"file", recording.file},
               {"mean_error", nullptr},
               {"windows", recording.places.size()},
               {"chunks", chunks}};
  if (std::isfinite(recording.error)) file["mean_error"] = recording.error;
  return file;
}

}  // namespace

json PlayerJson(const Dataset& dataset, const BenchRecord& record) {
  Check(!record.models.empty() && !record.windows.empty(),
        "a player needs poses");
  const ModelPoses& judge = record.models.at(record.judge);
  const std::vector<Recording> ranked = Ranked(record, judge);
  json files = json::array();
  files.push_back(FileJson(dataset, record, "best", ranked.front()));
  if (ranked.size() > 2) {
    files.push_back(
        FileJson(dataset, record, "median", ranked[ranked.size() / 2]));
  }
  if (ranked.size() > 1) {
    files.push_back(FileJson(dataset, record, "worst", ranked.back()));
  }
  json models = json::array();
  for (const ModelPoses& model : record.models) {
    models.push_back({{"label", model.label}, {"title", model.title}});
  }
  return {{"split", SplitName(Split::kTest)},
          {"subset", SubsetName(Subset::kClean)},
          {"joints", kJoints},
          {"unit", kUnit},
          {"ranked_by", {{"label", judge.label}, {"title", judge.title}}},
          {"models", models},
          {"csi",
           {{"rows", kPictureRows},
            {"columns", kFrames},
            {"levels", kPictureLevels}}},
          {"files", files}};
}

}  // namespace edge_int8

// player.json. Declared in bench_record.h.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "src/base/as_size.h"
#include "src/base/base64.h"
#include "src/base/error.h"
#include "src/pose/pose_scale.h"
#include "src/run/bench_record.h"
#include "src/run/csi_picture.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

// A step of stored coordinates: ±2 data units in 16 bits, far finer than a
// pixel of the picture (1/1000). Larger poses, of millimetres say, take larger
// steps.
constexpr double kUnit = 1.0 / 16384;
constexpr double kMostSteps = 32767;
constexpr int16_t kNotFinite = -32768;

double UnitOf(std::span<const float> truth) {
  double largest = 0;
  for (const float value : truth) {
    if (std::isfinite(value)) {
      largest = std::max(largest, std::abs(double{value}));
    }
  }
  // Half as much again, for predictions that overshoot.
  return std::max(kUnit, 1.5 * largest / kMostSteps);
}

int16_t Stored(float coordinate, double unit) {
  if (!std::isfinite(coordinate)) return kNotFinite;
  const double steps =
      std::clamp(double{coordinate} / unit, -kMostSteps, kMostSteps);
  return static_cast<int16_t>(std::lround(steps));
}

class Player {
 public:
  Player(const Dataset& dataset, const BenchRecord& record)
      : dataset_(dataset),
        record_(record),
        values_(record.truth.metric.pose_values()),
        unit_(UnitOf(record.truth.poses)) {}

  json Write() const;

 private:
  struct Recording {
    int file = 0;
    double error = 0;                 // mean, as a fraction of the scale
    std::vector<std::size_t> places;  // in the record
  };

  std::string PosesText(std::span<const float> poses,
                        std::span<const std::size_t> places) const;
  double MeanError(const ModelPoses& model,
                   std::span<const std::size_t> places) const;
  std::vector<Recording> Ranked(const ModelPoses& judge) const;
  json ChunkJson(std::span<const std::size_t> places) const;
  json FileJson(const std::string& which, const Recording& recording) const;

  const Dataset& dataset_;
  const BenchRecord& record_;
  const std::size_t values_;  // of one pose
  const double unit_;
};

// Little-endian, [window][joint][x, y(, z)].
std::string Player::PosesText(std::span<const float> poses,
                              std::span<const std::size_t> places) const {
  std::vector<std::byte> bytes;
  bytes.reserve(places.size() * values_ * 2);
  for (const std::size_t n : places) {
    for (const float value : poses.subspan(n * values_, values_)) {
      const auto bits = static_cast<uint16_t>(Stored(value, unit_));
      bytes.push_back(static_cast<std::byte>(bits & 0xff));
      bytes.push_back(static_cast<std::byte>(bits >> 8));
    }
  }
  return Base64(bytes);
}

double Player::MeanError(const ModelPoses& model,
                         std::span<const std::size_t> places) const {
  const Metric& metric = record_.truth.metric;
  const auto dims = AsSize(metric.dims);
  double sum = 0;
  for (const std::size_t n : places) {
    const auto pred = std::span(model.poses).subspan(n * values_, values_);
    const auto truth =
        std::span(record_.truth.poses).subspan(n * values_, values_);
    const double scale = PoseScale(truth, metric);
    for (std::size_t j = 0; j < AsSize(metric.joints); ++j) {
      sum += JointDistance(pred, j, truth, j, dims) / scale;
    }
  }
  const double mean =
      sum / static_cast<double>(places.size() * AsSize(metric.joints));
  return std::isfinite(mean) ? mean : std::numeric_limits<double>::infinity();
}

// Best first; equal ones by file number.
std::vector<Player::Recording> Player::Ranked(const ModelPoses& judge) const {
  std::map<int, Recording> by_file;
  for (std::size_t n = 0; n < record_.files.size(); ++n) {
    Recording& recording = by_file[record_.files[n]];
    recording.file = record_.files[n];
    recording.places.push_back(n);
  }
  std::vector<Recording> ranked;
  for (auto& [file, recording] : by_file) {
    recording.error = MeanError(judge, recording.places);
    ranked.push_back(std::move(recording));
  }
  std::ranges::stable_sort(ranked, {}, &Recording::error);
  return ranked;
}

json Player::ChunkJson(std::span<const std::size_t> places) const {
  std::vector<int64_t> windows;
  for (const std::size_t n : places) windows.push_back(record_.windows[n]);
  json poses = {{"truth", PosesText(record_.truth.poses, places)}};
  for (const ModelPoses& model : record_.models) {
    poses[model.label] = PosesText(model.poses, places);
  }
  return {{"windows", windows},
          {"poses", poses},
          {"csi", Base64(CsiPicture(dataset_, windows))}};
}

json Player::FileJson(const std::string& which,
                      const Recording& recording) const {
  const std::size_t count =
      std::min<std::size_t>(recording.places.size(), kMostPlayerWindows);
  const auto shown = std::span(recording.places).first(count);
  json chunks = json::array();
  for (std::size_t at = 0; at < count; at += kPlayerChunk) {
    const std::size_t size = std::min<std::size_t>(kPlayerChunk, count - at);
    chunks.push_back(ChunkJson(shown.subspan(at, size)));
  }
  json file = {{"which", which},
               {"file", recording.file},
               {"mean_error", nullptr},
               {"windows", recording.places.size()},
               {"chunks", chunks}};
  if (std::isfinite(recording.error)) file["mean_error"] = recording.error;
  return file;
}

// What the thresholds are of, for the page's timeline.
json ScaleJson(const Metric& metric) {
  switch (metric.normalization) {
    case Normalization::kTorso:
    case Normalization::kPair:
      return {{"pair", metric.pair}, {"floor", metric.floor}};
    case Normalization::kBoundingBox:
      return {{"box", true}, {"floor", metric.floor}};
    case Normalization::kAbsolute:
    case Normalization::kClasses:
      return {{"floor", 0.1}};
  }
  Check(false, "unknown normalization");
  return {};
}

json Player::Write() const {
  const ModelPoses& judge = record_.models.at(record_.judge);
  const std::vector<Recording> ranked = Ranked(judge);
  json files = json::array();
  files.push_back(FileJson("best", ranked.front()));
  if (ranked.size() > 2) {
    files.push_back(FileJson("median", ranked[ranked.size() / 2]));
  }
  if (ranked.size() > 1) {
    files.push_back(FileJson("worst", ranked.back()));
  }
  json models = json::array();
  for (const ModelPoses& model : record_.models) {
    models.push_back({{"label", model.label}, {"title", model.title}});
  }
  const PictureSize picture = SizeOfPicture(dataset_.task().window);
  return {{"split", SplitName(Split::kTest)},
          {"subset", SubsetName(Subset::kClean)},
          {"joints", record_.truth.metric.joints},
          {"dims", record_.truth.metric.dims},
          {"skeleton", dataset_.task().skeleton},
          {"joint_names", dataset_.task().joints},
          {"scale", ScaleJson(record_.truth.metric)},
          {"unit", unit_},
          {"ranked_by", {{"label", judge.label}, {"title", judge.title}}},
          {"models", models},
          {"csi",
           {{"rows", picture.rows},
            {"columns", picture.columns},
            {"levels", kPictureLevels}}},
          {"files", files}};
}

}  // namespace

json PlayerJson(const Dataset& dataset, const BenchRecord& record) {
  Check(!record.models.empty() && !record.windows.empty() &&
            !record.truth.metric.is_classes(),
        "a player needs poses");
  return Player(dataset, record).Write();
}

}  // namespace edge_int8

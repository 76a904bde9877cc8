#include "src/run/compare_outputs.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/base/sha256.h"
#include "src/eval/split_scoring.h"
#include "src/formats/npy.h"
#include "src/pose/npy_windows.h"
#include "src/report/score_table.h"
#include "src/run/evaluate_model.h"
#include "src/run/load_predictor.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

bool IsNpy(const std::filesystem::path& path) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  const MappedFile file(path);
  const std::span<const std::byte> bytes = file.bytes();
  return bytes.size() >= kMagic.size() &&
         std::string_view(reinterpret_cast<const char*>(bytes.data()),
                          kMagic.size()) == kMagic;
}

std::vector<float> PosesOfFile(const std::filesystem::path& path,
                               int64_t windows) {
  const Tensor poses = ReadNpyTensor(path);
  if (poses.shape != Shape{windows, kJoints, 2}) {
    FailInput(path.string(),
              fmt::format("has shape {}, expected poses [{}, {}, 2], one for "
                          "each window",
                          ShapeText(poses.shape), windows, kJoints));
  }
  return poses.data;
}

// Windows of one selection or file, and how to get a source's poses on them.
class Windows {
 public:
  Windows(const Dataset* dataset, const CompareOptions& options)
      : dataset_(dataset), network_(options.network) {
    if (dataset != nullptr) {
      truth_ = LoadSplitTruth(*dataset, options.split, options.subset);
      source_ =
          std::make_unique<SelectionSource>(*dataset, truth_.selection.windows);
    } else {
      source_ = std::make_unique<NpyWindows>(options.input, Subset::kFull);
    }
  }

  std::vector<float> Poses(ComparedSource& source) const {
    std::vector<float> poses;
    if (!IsNpy(source.path)) {
      LoadedPredictor loaded = LoadPredictor(source.path, network_);
      source.sha256 = loaded.sha256;
      poses = PredictAll(*loaded.predictor, *source_, "verify");
    } else {
      source.sha256 = Sha256File(source.path);
      poses = dataset_ == nullptr ? PosesOfFile(source.path, source_->size())
                                  : ReadPredictions(source.path, *dataset_,
                                                    truth_.selection.windows);
    }
    if (dataset_ != nullptr) source.score = MergeTallies(truth_.Tally(poses));
    return poses;
  }

  int64_t size() const { return source_->size(); }
  const SplitTruth& truth() const { return truth_; }

 private:
  const Dataset* dataset_;
  const NetworkOptions& network_;
  SplitTruth truth_;
  std::unique_ptr<WindowSource> source_;
};

void Measure(std::span<const float> a, std::span<const float> b,
             Comparison& result) {
  Check(a.size() == b.size(), "both sources answer on the same windows");
  double sum = 0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    if (!std::isfinite(a[n]) || !std::isfinite(b[n])) {
      ++result.not_finite;
      continue;
    }
    const double difference = std::abs(static_cast<double>(a[n]) - b[n]);
    sum += difference;
    if (difference <= result.largest) continue;
    result.largest = difference;
    const auto place = static_cast<int64_t>(n);
    result.at = {place / kPoseValues, place % kPoseValues / 2, place % 2};
  }
  const auto finite = static_cast<int64_t>(a.size()) - result.not_finite;
  if (finite > 0) result.mean = sum / static_cast<double>(finite);
}

json SourceJson(const ComparedSource& source) {
  json result = {{"path", source.path.string()}, {"sha256", source.sha256}};
  if (source.score) result["score"] = ToJson(*source.score);
  return result;
}

}  // namespace

bool Comparison::WithinTolerance() const {
  if (!options.tolerance) return true;
  return not_finite == 0 && largest <= *options.tolerance;
}

Comparison CompareOutputs(const Dataset* dataset,
                          const CompareOptions& options) {
  Comparison result;
  result.options = options;
  result.sources = {ComparedSource{options.model, {}, {}},
                    ComparedSource{options.against, {}, {}}};
  const Windows windows(dataset, options);
  result.windows = windows.size();
  const std::vector<float> poses = windows.Poses(result.sources[0]);
  Measure(poses, windows.Poses(result.sources[1]), result);
  if (dataset != nullptr) {
    result.baseline_mean_pose = MergeTallies(windows.truth().mean_pose);
    result.synthetic = dataset->synthetic();
    const std::vector<int>& files = windows.truth().selection.files;
    result.files =
        static_cast<int>(std::set<int>(files.begin(), files.end()).size());
  }
  return result;
}

json ToJson(const Comparison& c) {
  json result = {{"windows", c.windows},
                 {"largest_difference", c.largest},
                 {"mean_difference", c.mean},
                 {"largest_at",
                  {{"window", c.at[0]},
                   {"joint", c.at[1]},
                   {"coordinate", c.at[2] == 0 ? "x" : "y"}}},
                 {"not_finite", c.not_finite},
                 {"model", SourceJson(c.sources[0])},
                 {"against", SourceJson(c.sources[1])},
                 {"tolerance", nullptr},
                 {"within", nullptr}};
  if (c.options.tolerance) {
    result["tolerance"] = *c.options.tolerance;
    result["within"] = c.WithinTolerance();
  }
  if (c.baseline_mean_pose) {
    result["metric"] = MetricId(Normalization::kTorso);
    result["normalization"] = NormalizationName(Normalization::kTorso);
    result["split"] = SplitName(c.options.split);
    result["subset"] = SubsetName(c.options.subset);
    result["kind"] = c.synthetic ? "synthetic" : "real";
    result["baseline_mean_pose"] = ToJson(*c.baseline_mean_pose);
  }
  return result;
}

std::string ComparisonTable(const Comparison& c) {
  if (!c.baseline_mean_pose) return "";
  ScoreTable table;
  table.split = SplitName(c.options.split);
  table.subset = SubsetName(c.options.subset);
  table.synthetic = c.synthetic;
  table.files = c.files;
  table.mean_pose = *c.baseline_mean_pose;
  // The first row is what the others are compared with.
  for (const int n : {1, 0}) {
    const ComparedSource& source = c.sources[static_cast<std::size_t>(n)];
    TableRow row;
    row.label = Printable(source.path.filename().string());
    row.score = *source.score;
    table.rows.push_back(row);
  }
  return RenderScoreTable(table, StdoutColour());
}

std::string ComparisonVerdict(const Comparison& c) {
  std::string line = fmt::format(
      "largest difference {:.3g} (window {}, joint {}, {}), mean {:.3g}, over "
      "{} windows",
      c.largest, c.at[0], c.at[1], c.at[2] == 0 ? "x" : "y", c.mean,
      FormatCount(c.windows));
  if (c.not_finite > 0) {
    line +=
        fmt::format(", {} coordinates not finite", FormatCount(c.not_finite));
  }
  if (c.sources[0].score) {
    const double delta =
        c.sources[0].score->Pck(20) - c.sources[1].score->Pck(20);
    line += fmt::format(", PCK@20 {} pp", FormatPoints(delta, 3));
  }
  if (!c.options.tolerance) return line + "; no tolerance asked for";
  return line + fmt::format("; {} the tolerance of {:g}",
                            c.WithinTolerance() ? "within" : "beyond",
                            *c.options.tolerance);
}

}  // namespace edge_int8

#include "src/run/compare_outputs.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/base/sha256.h"
#include "src/base/shape_match.h"
#include "src/eval/split_scoring.h"
#include "src/formats/npy.h"
#include "src/pose/joint_scores.h"
#include "src/pose/npy_windows.h"
#include "src/pose/window_array.h"
#include "src/report/score_table.h"
#include "src/run/evaluate_model.h"
#include "src/run/load_predictor.h"
#include "src/run/signal_to_noise.h"

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

// One of the two sources, opened.
struct Opened {
  std::unique_ptr<Predictor> predictor;  // of a model
  Tensor outputs;                        // of a predictions file, no dataset
  Shape output;                          // of one window; unknown beside data
};

// What both answer, and the windows of one selection or file.
class Windows {
 public:
  Windows(const Dataset* dataset, const CompareOptions& options,
          std::array<ComparedSource, 2>& sources)
      : dataset_(dataset), network_(options.network), input_(options.input) {
    // Whether all fits together is settled before a window is read.
    for (std::size_t i = 0; i < 2; ++i) opened_[i] = Open(sources[i]);
    if (dataset != nullptr) {
      truth_ = LoadSplitTruth(*dataset, options.split, options.subset);
      source_ =
          std::make_unique<SelectionSource>(*dataset, truth_.selection.windows);
      return;
    }
    std::optional<Shape> input;
    for (std::size_t i = 0; i < 2; ++i) {
      if (!opened_[i].predictor) continue;
      input = opened_[i].predictor->shapes().input;
      source_ =
          std::make_unique<NpyWindows>(options.input, Subset::kFull, input);
    }
    if (!source_) {
      source_ = std::make_unique<NpyWindows>(options.input, Subset::kFull);
    }
    CheckAgreement(sources);
  }

  std::vector<float> Outputs(std::size_t i, ComparedSource& source) {
    std::vector<float> outputs;
    Opened& opened = opened_[i];
    if (opened.predictor) {
      outputs = PredictAll(*opened.predictor, *source_, "verify");
    } else if (dataset_ != nullptr) {
      outputs =
          ReadPredictions(source.path, *dataset_, truth_.selection.windows);
    } else {
      outputs = std::move(opened.outputs.data);
    }
    if (dataset_ != nullptr) source.score = MergeTallies(truth_.Tally(outputs));
    return outputs;
  }

  int64_t size() const { return source_->size(); }
  const SplitTruth& truth() const { return truth_; }
  // Coordinates of a joint, where outputs are poses; else 0.
  int64_t Coordinates() const {
    if (dataset_ != nullptr) {
      return dataset_->metric().is_classes() ? 0 : dataset_->metric().dims;
    }
    const Shape& output = opened_[0].output;
    const bool poses = output.size() == 2 && (output[1] == 2 || output[1] == 3);
    return poses ? output[1] : 0;
  }

 private:
  // Of the data, which an ONNX file may leave open.
  Shape Window() const {
    return dataset_ != nullptr ? dataset_->task().window
                               : WindowArray(input_).window();
  }

  Opened Open(ComparedSource& source) const {
    Opened opened;
    if (!IsNpy(source.path)) {
      LoadedPredictor loaded =
          LoadPredictor(source.path, network_.For(Window()));
      source.sha256 = loaded.sha256;
      opened.predictor = std::move(loaded.predictor);
      opened.output = opened.predictor->shapes().output;
      if (dataset_ != nullptr) {
        CheckModelFits(source.path, opened.predictor->shapes(), *dataset_);
      }
      return opened;
    }
    source.sha256 = Sha256File(source.path);
    if (dataset_ != nullptr) return opened;
    opened.outputs = ReadNpyTensor(source.path);
    if (!opened.outputs.shape.empty()) {
      opened.output.assign(opened.outputs.shape.begin() + 1,
                           opened.outputs.shape.end());
    }
    return opened;
  }

  void CheckAgreement(const std::array<ComparedSource, 2>& sources) const {
    for (std::size_t i = 0; i < 2; ++i) {
      const Opened& opened = opened_[i];
      const Shape& shape = opened.outputs.shape;
      if (opened.predictor) continue;
      if (!shape.empty() && shape[0] == source_->size()) continue;
      const Opened& other = opened_[1 - i];
      FailInput(
          sources[i].path.string(),
          fmt::format("has shape {}, expected outputs {}, one for each "
                      "window",
                      ShapeText(shape),
                      ShapeText(WithAxis(
                          source_->size(),
                          other.predictor ? other.output : opened.output))));
    }
    if (ShapesAgree(opened_[0].output, opened_[1].output)) return;
    FailInput(
        sources[1].path.string(),
        fmt::format("gives {} for each window, and {} gives {}",
                    ShapeText(opened_[1].output), sources[0].path.string(),
                    ShapeText(opened_[0].output)));
  }

  const Dataset* dataset_;
  const NetworkOptions& network_;
  const std::filesystem::path& input_;
  SplitTruth truth_;
  std::array<Opened, 2> opened_;
  std::unique_ptr<WindowSource> source_;
};

void Measure(std::span<const float> a, std::span<const float> b,
             Comparison& result) {
  Check(a.size() == b.size(), "both sources answer on the same windows");
  const int64_t each = std::ssize(a) / std::max<int64_t>(result.windows, 1);
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
    result.at_window = place / each;
    result.at_output = place % each;
  }
  const auto finite = static_cast<int64_t>(a.size()) - result.not_finite;
  if (finite > 0) result.mean = sum / static_cast<double>(finite);
}

std::string CoordinateName(const Comparison& c) {
  return kAxisNames[AsSize(c.at_output % c.coordinates)];
}

json PlaceJson(const Comparison& c) {
  if (c.coordinates == 0) {
    return {{"window", c.at_window}, {"output", c.at_output}};
  }
  return {{"window", c.at_window},
          {"joint", c.at_output / c.coordinates},
          {"coordinate", CoordinateName(c)}};
}

std::string PlaceText(const Comparison& c) {
  if (c.coordinates == 0) {
    return fmt::format("window {}, output {}", c.at_window, c.at_output);
  }
  return fmt::format("window {}, joint {}, {}", c.at_window,
                     c.at_output / c.coordinates, CoordinateName(c));
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
  Windows windows(dataset, options, result.sources);
  result.windows = windows.size();
  result.coordinates = windows.Coordinates();
  const std::vector<float> outputs = windows.Outputs(0, result.sources[0]);
  const std::vector<float> reference = windows.Outputs(1, result.sources[1]);
  Measure(outputs, reference, result);
  result.snr_db = SignalToNoise(outputs, reference, result.windows);
  if (dataset != nullptr) {
    result.baseline_mean_pose = MergeTallies(windows.truth().mean_pose);
    result.metric = dataset->metric();
    result.split_id = dataset->split_id();
    result.synthetic = dataset->synthetic();
    result.files = windows.truth().files();
  }
  return result;
}

json ToJson(const Comparison& c) {
  json result = {{"windows", c.windows},
                 {"largest_difference", c.largest},
                 {"mean_difference", c.mean},
                 {"snr_db", c.snr_db ? json(*c.snr_db) : json(nullptr)},
                 {"largest_at", PlaceJson(c)},
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
    WriteMetric(c.metric, result);
    result["split_id"] = c.split_id;
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
  table.metric = c.metric;
  table.split_id = c.split_id;
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
      "largest difference {:.3g} ({}), mean {:.3g}, over {} windows", c.largest,
      PlaceText(c), c.mean, FormatCount(c.windows));
  if (c.snr_db) line += fmt::format(", signal-to-noise {:.1f} dB", *c.snr_db);
  if (c.not_finite > 0) {
    line += fmt::format(", {} {} not finite", FormatCount(c.not_finite),
                        c.coordinates == 0 ? "outputs" : "coordinates");
  }
  if (c.sources[0].score) {
    const double delta =
        c.sources[0].score->Pck(20) - c.sources[1].score->Pck(20);
    line += fmt::format(", {} {} pp", PrimaryName(c.metric),
                        FormatPoints(delta, 3));
  }
  if (!c.options.tolerance) return line + "; no tolerance asked for";
  return line + fmt::format("; {} the tolerance of {:g}",
                            c.WithinTolerance() ? "within" : "beyond",
                            *c.options.tolerance);
}

}  // namespace edge_int8

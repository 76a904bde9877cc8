#include "src/run/bench_fx.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <utility>

#include "src/base/file_size.h"
#include "src/base/seconds.h"
#include "src/base/shape_match.h"
#include "src/eval/model_fit.h"
#include "src/formats/npy_writer.h"
#include "src/nets/network_file.h"
#include "src/report/score_table.h"
#include "src/report/text_table.h"
#include "src/run/quantize_checkpoint.h"

namespace edge_int8 {
namespace {

constexpr const char* kCalibrationFile = "fx-calibration.npy";
constexpr const char* kPredictionsFile = "fx-predictions.npy";

// Window numbers of the set, so that another program can find them.
void WriteCalibration(const FxStudy& study, const Selection& train,
                      const FxBenchOptions& options) {
  std::vector<int64_t> windows;
  for (const int64_t place : study.windows()) {
    windows.push_back(train.windows[static_cast<std::size_t>(place)]);
  }
  WriteFile(options.out / kCalibrationFile,
            NpyBytes({static_cast<int64_t>(windows.size())}, windows),
            options.if_exists);
}

BenchRow ScoreRecipe(const FxStudy& study, const FxBenchOptions& options,
                     const FxScoring& scoring, const Shape& output) {
  BenchRow row;
  row.label = "fx-ptq";
  row.title = "int8 PTQ FX fbgemm";
  row.method = "ptq";
  row.recipe = std::string(kFxRecipe);
  row.size_mib = Mib(study.file_size().bytes());
  row.note =
      "simulated FX int8 graph: no artifact, its size is computed "
      "(docs/why-int8-collapses.md)";
  const std::vector<float> poses = scoring.predict(*study.Make({}), row.title);
  WriteFile(options.out / kPredictionsFile,
            NpyBytes(WithAxis(std::ssize(poses) / ElementCount(output), output),
                     poses),
            options.if_exists);
  if (scoring.keep) scoring.keep(row, poses);
  row.scores = scoring.score(poses);
  row.simulated = scoring.score(scoring.predict(
      *study.Make(FxFakeQuantChoices()), "its fake quantization"));
  return row;
}

}  // namespace

std::vector<std::string> FxOutputFiles() {
  return {kCalibrationFile, kPredictionsFile};
}

FxBenchResult RunFxBench(const Dataset& dataset, const FxBenchOptions& options,
                         const FxScoring& scoring) {
  const auto start = std::chrono::steady_clock::now();
  const Selection train = SelectCalibration(dataset);
  const Model model = LoadNetwork(options.checkpoint, options.network);
  const SelectionSource source(dataset, train.windows);
  const FxStudy study(model, source, options.calib_batches, options.seed);
  WriteCalibration(study, train, options);
  FxBenchResult result;
  result.row =
      ScoreRecipe(study, options, scoring, ShapesOf(model.graph).output);
  result.row.seconds = SecondsSince(start);
  const FxFileSize size = study.file_size();
  result.about = {{"kind", "simulated FX int8 graph"},
                  {"calibration", (options.out / kCalibrationFile).string()},
                  {"predictions", (options.out / kPredictionsFile).string()},
                  {"calibration_windows", study.windows().size()},
                  {"grids", study.grids()},
                  {"bytes",
                   {{"numbers", size.numbers},
                    {"storages", size.storages},
                    {"entries", size.entries},
                    {"file", size.bytes()}}}};
  for (const auto& [name, scale] : study.scales()) {
    result.about["scales"][name] = {scale.scale, scale.zero_point};
  }
  for (const FxVariant& variant : FxVariants()) {
    FxChoiceResult choice{variant, {}, {}};
    choice.scores = scoring.score(scoring.predict(*study.Make(variant.choices),
                                                  std::string(variant.title)));
    choice.interval = scoring.interval(choice.scores, result.row.scores);
    result.choices.push_back(std::move(choice));
  }
  return result;
}

std::string RenderFxChoices(const FxBenchResult& result) {
  const Score& base = result.row.scores.clean;
  TextTable table({{"choice turned back", Align::kLeft},
                   {"PCK@10"},
                   {"PCK@20"},
                   {"MPJPE"},
                   {"it costs @10"},
                   {"it costs @20"},
                   {"[95% interval]"}});
  const auto add = [&](std::string title, const Score& score,
                       std::string cost10, std::string cost20,
                       std::string interval) {
    table.AddRow({{std::move(title)},
                  {FormatPercent(score.Pck(10))},
                  {FormatPercent(score.Pck(20))},
                  {score.mpjpe ? fmt::format("{:.6f}", *score.mpjpe) : "-"},
                  {std::move(cost10)},
                  {std::move(cost20)},
                  {std::move(interval)}});
  };
  add("none: " + result.row.title, base, "-", "-", "-");
  for (const FxChoiceResult& choice : result.choices) {
    const Score& score = choice.scores.clean;
    add(std::string(choice.variant.title), score,
        FormatPoints(score.Pck(10) - base.Pck(10)) + " pp",
        FormatPoints(score.Pck(20) - base.Pck(20)) + " pp",
        fmt::format("[{}, {}]", FormatPoints(choice.interval.low),
                    FormatPoints(choice.interval.high)));
  }
  return "What each choice of the FX recipe costs (clean test windows):\n" +
         table.Render();
}

nlohmann::json ToJson(const FxBenchResult& result) {
  const Score& base = result.row.scores.clean;
  nlohmann::json json = result.about;
  nlohmann::json choices = nlohmann::json::array();
  for (const FxChoiceResult& choice : result.choices) {
    const Score& score = choice.scores.clean;
    choices.push_back(
        {{"choice", choice.variant.key},
         {"title", choice.variant.title},
         {"clean", ToJson(score)},
         {"cost",
          {{"pck@10", score.Pck(10) - base.Pck(10)},
           {"pck@20", score.Pck(20) - base.Pck(20)},
           {"pck@50", score.Pck(50) - base.Pck(50)},
           {"ci95", {choice.interval.low, choice.interval.high}}}}});
  }
  json["choices"] = std::move(choices);
  return json;
}

}  // namespace edge_int8

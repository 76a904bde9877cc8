#include "src/run/bench_fx.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <utility>

#include "src/base/file_size.h"
#include "src/base/json_place.h"
#include "src/base/seconds.h"
#include "src/base/shape_match.h"
#include "src/eval/model_fit.h"
#include "src/formats/npy_writer.h"
#include "src/nets/network_file.h"
#include "src/report/score_table.h"
#include "src/report/text_table.h"
#include "src/run/bench_qat.h"
#include "src/run/fx_trained.h"
#include "src/run/quantize_checkpoint.h"
#include "src/study/fx/fx_fuse.h"

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
  return {kCalibrationFile, kPredictionsFile, "fx-qat.pth"};
}

FxTrainedResult RunFxTrained(const std::filesystem::path& checkpoint,
                             const NetworkOptions& network,
                             const std::filesystem::path& log, BenchRow row,
                             const FxScoring& scoring) {
  const nlohmann::json json = ReadJsonFile(log);
  const JsonPlace place(json, log.string());
  const FxTrained trained = FxTrainedFromJson(place);
  const Model model = LoadNetwork(checkpoint, network);
  FxTrainedResult result{std::move(row), {}, {}};
  result.row.method = "qat";
  result.row.recipe = std::string(kFxRecipe);
  result.row.division = "open";
  const Model fused = FuseAsFx(model);
  result.row.size_mib = Mib(SizeAsFx(fused, PlaceAsFx(fused.graph)).bytes());
  result.row.note =
      "simulated FX int8 graph of the trained checkpoint; the score that fake "
      "quantization promised stands beside it";
  result.row.training = {{"best_epoch", json.at("best").at("epoch")},
                         {"curve", json.at("curve")}};
  const std::vector<float> poses = scoring.predict(
      *DeployAsFx(model, trained, FxTrainedChoices()), result.row.title);
  if (scoring.keep) scoring.keep(result.row, poses);
  result.row.scores = scoring.score(poses);
  result.row.simulated.emplace();
  const nlohmann::json& promised = json.at("promised");
  result.row.simulated->full = ScoreFromJson(promised.at("full"));
  result.row.simulated->clean = ScoreFromJson(promised.at("clean"));
  result.frozen = ScoreFromJson(json.at("frozen").at("clean"));
  for (const FxVariant& variant : FxTrainedVariants()) {
    FxChoiceResult choice{variant, {}, {}};
    choice.scores = scoring.score(
        scoring.predict(*DeployAsFx(model, trained, variant.choices),
                        std::string(variant.title)));
    choice.interval = scoring.interval(choice.scores, result.row.scores);
    result.choices.push_back(std::move(choice));
  }
  return result;
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

namespace {

void AddChoices(TextTable& table, const Score& base,
                const std::vector<FxChoiceResult>& choices) {
  for (const FxChoiceResult& choice : choices) {
    const Score& score = choice.scores.clean;
    table.AddRow({{std::string(choice.variant.title)},
                  {FormatPercent(score.Pck(10))},
                  {FormatPercent(score.Pck(20))},
                  {score.mpjpe ? fmt::format("{:.6f}", *score.mpjpe) : "-"},
                  {FormatPoints(score.Pck(10) - base.Pck(10)) + " pp"},
                  {FormatPoints(score.Pck(20) - base.Pck(20)) + " pp"},
                  {fmt::format("[{}, {}]", FormatPoints(choice.interval.low),
                               FormatPoints(choice.interval.high))}});
  }
}

void AddPlain(TextTable& table, std::string title, const Score& score) {
  table.AddRow({{std::move(title)},
                {FormatPercent(score.Pck(10))},
                {FormatPercent(score.Pck(20))},
                {score.mpjpe ? fmt::format("{:.6f}", *score.mpjpe) : "-"},
                {"-"},
                {"-"},
                {"-"}});
}

TextTable ChoiceTable() {
  return TextTable({{"choice turned back", Align::kLeft},
                    {"PCK@10"},
                    {"PCK@20"},
                    {"MPJPE"},
                    {"it costs @10"},
                    {"it costs @20"},
                    {"[95% interval]"}});
}

nlohmann::json ChoicesJson(const Score& base,
                           const std::vector<FxChoiceResult>& results) {
  nlohmann::json choices = nlohmann::json::array();
  for (const FxChoiceResult& choice : results) {
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
  return choices;
}

}  // namespace

std::string RenderFxChoices(const FxBenchResult& result) {
  const Score& base = result.row.scores.clean;
  TextTable table = ChoiceTable();
  AddPlain(table, "none: " + result.row.title, base);
  AddChoices(table, base, result.choices);
  return "What each choice of the FX recipe costs (clean test windows):\n" +
         table.Render();
}

std::string RenderFxTrained(const FxTrainedResult& result) {
  const Score& base = result.row.scores.clean;
  TextTable table = ChoiceTable();
  AddPlain(table, "promised, observers running", result.row.simulated->clean);
  AddPlain(table, "promised, observers frozen", result.frozen);
  AddPlain(table, "none: " + result.row.title, base);
  AddChoices(table, base, result.choices);
  return "What was promised and what is deployed (clean test windows):\n" +
         table.Render();
}

nlohmann::json ToJson(const FxBenchResult& result) {
  nlohmann::json json = result.about;
  json["choices"] = ChoicesJson(result.row.scores.clean, result.choices);
  return json;
}

nlohmann::json ToJson(const FxTrainedResult& result) {
  const Score& base = result.row.scores.clean;
  return {{"promised", ToJson(result.row.simulated->clean)},
          {"promised_frozen", ToJson(result.frozen)},
          {"deployed", ToJson(base)},
          {"choices", ChoicesJson(base, result.choices)}};
}

}  // namespace edge_int8

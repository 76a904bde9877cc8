// What `bench --recipe fx-fbgemm` adds: the row of PyTorch's default int8
// recipe, and a table that turns its choices back one at a time with the points
// that each one costs. Tested by bench_fx_test.cc.
#ifndef EDGE_INT8_SRC_RUN_BENCH_FX_H_
#define EDGE_INT8_SRC_RUN_BENCH_FX_H_

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "src/base/output_file.h"
#include "src/nets/network_options.h"
#include "src/pose/dataset.h"
#include "src/run/bench_results.h"
#include "src/run/fx_study.h"

namespace edge_int8 {

struct FxBenchOptions {
  std::filesystem::path checkpoint;
  NetworkOptions network = {};
  int calib_batches = 64;
  uint64_t seed = 42;
  // Folder for fx-calibration.npy (the windows that calibrated, in order) and
  // fx-predictions.npy (poses of the whole test split): what a run of the real
  // PyTorch is compared on, bench/peers/fx_fbgemm.py.
  std::filesystem::path out;
  IfExists if_exists = IfExists::kFail;
};

// How the bench run scores: poses of the whole test split, and their scores.
struct FxScoring {
  std::function<std::vector<float>(Predictor&, const std::string& label)>
      predict;
  std::function<SubsetScores(const std::vector<float>& poses)> score;
  // Of clean PCK@20, a minus b.
  std::function<Interval(const SubsetScores& a, const SubsetScores& b)>
      interval;
  // Told the recipe's poses, where somebody wants to keep them.
  std::function<void(const BenchRow& row, const std::vector<float>& poses)>
      keep = {};
};

struct FxChoiceResult {
  FxVariant variant;
  SubsetScores scores;
  Interval interval;  // of what turning it back gains in PCK@20
};

struct FxBenchResult {
  BenchRow row;
  std::vector<FxChoiceResult> choices;
  nlohmann::json about;  // what results.json says of the simulation
};

FxBenchResult RunFxBench(const Dataset& dataset, const FxBenchOptions& options,
                         const FxScoring& scoring);

// What training under fake quantization promised, and what it deploys.
struct FxTrainedResult {
  BenchRow row;  // as deployed; simulated: as promised, observers running
  Score frozen;  // promised with observers that stand still
  std::vector<FxChoiceResult> choices;  // of what is deployed
};

// From the files of edge-int8-train's fx-qat, a checkpoint that is read as
// `network` says and its log, with the run's title and label.
FxTrainedResult RunFxTrained(const std::filesystem::path& checkpoint,
                             const NetworkOptions& network,
                             const std::filesystem::path& log, BenchRow row,
                             const FxScoring& scoring);

std::vector<std::string> FxOutputFiles();  // names under FxBenchOptions::out

// What separates promise and deployment, and its object in results.json.
std::string RenderFxTrained(const FxTrainedResult& result);
nlohmann::json ToJson(const FxTrainedResult& result);

// The table of choices, and its array in results.json.
std::string RenderFxChoices(const FxBenchResult& result);
nlohmann::json ToJson(const FxBenchResult& result);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_BENCH_FX_H_

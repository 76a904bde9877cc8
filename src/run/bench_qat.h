// The trained rows of a bench run: quantization-aware training and its control,
// each by edge-int8-train in a process of its own. Tested by bench_qat_test.cc
// and, where LibTorch is, cli_test.cc.
#ifndef EDGE_INT8_SRC_RUN_BENCH_QAT_H_
#define EDGE_INT8_SRC_RUN_BENCH_QAT_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "src/run/bench_results.h"
#include "src/run/bench_run.h"

namespace edge_int8 {

// One training that a bench run starts.
struct QatRun {
  std::string label;  // also of its files: <label>.ei8, or .pth
  std::string title;
  bool control = false;  // in float
  bool fx = false;       // under PyTorch's fake quantization
  int weight_bits = 8;
  bool asked = true;
};

// In the order they are shown; the control last. Of the recipe kFxRecipe, its
// own training and the control.
std::vector<QatRun> QatRuns(const BenchOptions& options);
std::filesystem::path QatOutput(const BenchOptions& options, const QatRun& run);

// The flags of edge-int8-train.
std::vector<std::string> TrainerArguments(const BenchOptions& options,
                                          const QatRun& run);

// Of the JSON that ToJson(Score) makes.
Score ScoreFromJson(const nlohmann::json& j);

// Trains; the trainer's log, and nothing else of it, is left.
std::filesystem::path Train(const BenchOptions& options, const QatRun& run);
// Trains and fills in everything but the scores of the artifact. The trainer's
// log is read and, with its state, removed.
BenchRow TrainRow(const BenchOptions& options, const QatRun& run);
// The same from a log that is there.
BenchRow RowOfLog(const BenchOptions& options, const QatRun& run,
                  const std::filesystem::path& log);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_BENCH_QAT_H_

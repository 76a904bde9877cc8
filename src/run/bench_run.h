// `bench`: fp32 against real int8 on the same windows, as one table and
// results.json. Tested by bench_run_test.cc.
#ifndef EDGE_INT8_SRC_RUN_BENCH_RUN_H_
#define EDGE_INT8_SRC_RUN_BENCH_RUN_H_

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/output_file.h"
#include "src/nets/network_options.h"
#include "src/pose/dataset.h"

namespace edge_int8 {

// kDefault is both for the embedded default where the trainer was built, and
// post-training only for a checkpoint that is given: training takes a while.
enum class BenchMode { kDefault, kPtq, kQat, kBoth };
BenchMode ParseBenchMode(std::string_view name);  // throws kUsage

struct BenchOptions {
  std::filesystem::path checkpoint;  // empty, with data: the embedded default
  std::filesystem::path data;
  DatasetOptions dataset;
  NetworkOptions network = {};
  std::string recipe = "lossless";  // of FindRecipe, or kFxRecipe
  int calib_batches = 64;
  uint64_t seed = 42;
  BenchMode mode = BenchMode::kDefault;
  int qat_epochs = 3;
  // Train windows of one epoch; 0 means all, and kDemoQatWindows of the
  // embedded default unless given.
  int64_t qat_windows = 0;
  std::filesystem::path out;       // empty: runs/<utc>
  double latency_seconds = 0.5;    // of timing for each model; 0: none
  std::optional<double> max_drop;  // points of clean PCK@20 a row may lose
  std::string command;             // as typed, for results.json
  bool wide = false;               // every column, however wide
  bool print = true;               // the table and the verdict, on stdout
  // Where `results` writes; checked with the other outputs.
  std::filesystem::path json = {};
  // Given what results.json holds, before the gate.
  std::function<void(const nlohmann::json&)> results = {};
  IfExists if_exists = IfExists::kFail;
};

inline constexpr int64_t kDemoQatWindows = 1280;

// Prints the table and the verdict on stdout unless told not to, writes
// results.json, bench.log, the artifacts, what the report draws, and
// report.html under `out`. Throws kGate after that when a row of the asked
// recipe lost more than max_drop.
void RunBench(const BenchOptions& options);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_BENCH_RUN_H_

// `bench`: fp32 against real int8 on the same windows, as one table and
// results.json. Tested by bench_run_test.cc.
#ifndef EDGE_INT8_SRC_PIPELINE_BENCH_RUN_H_
#define EDGE_INT8_SRC_PIPELINE_BENCH_RUN_H_

#include <filesystem>
#include <optional>
#include <string>

#include "src/base/output_file.h"
#include "src/data/dataset.h"

namespace edge_int8 {

struct BenchOptions {
  std::filesystem::path checkpoint;  // empty, with data: the embedded default
  std::filesystem::path data;
  DatasetOptions dataset;
  std::optional<std::string> variant;
  std::string recipe = "lossless";  // of FindRecipe, or kFxRecipe
  int calib_batches = 64;
  uint64_t seed = 42;
  std::filesystem::path out;       // empty: runs/<utc>
  std::optional<double> max_drop;  // points of clean PCK@20 a row may lose
  std::string command;             // as typed, for results.json
  IfExists if_exists = IfExists::kFail;
};

// Prints the table and the verdict on stdout, writes results.json, bench.log
// and the artifacts under `out`. Throws kGate after that when a row of the
// asked recipe lost more than max_drop.
void RunBench(const BenchOptions& options);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_PIPELINE_BENCH_RUN_H_

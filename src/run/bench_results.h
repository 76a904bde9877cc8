// What a bench run measured, and its results.json (contract). Tested by
// bench_run_test.cc.
#ifndef EDGE_INT8_SRC_RUN_BENCH_RESULTS_H_
#define EDGE_INT8_SRC_RUN_BENCH_RESULTS_H_

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "src/pose/dataset.h"
#include "src/pose/paired_bootstrap.h"
#include "src/pose/pose_metric.h"
#include "src/report/score_table.h"

namespace edge_int8 {

// A model scored on the whole split, and on the clean part of it.
struct SubsetScores {
  std::vector<PoseTally> clean_tallies;
  Score full;
  Score clean;
};

// 95% intervals of a row's clean scores minus another row's; of MPJPE where all
// answers of both are finite.
struct ScoreIntervals {
  Interval pck20, pck10;
  std::optional<Interval> mpjpe;
};

struct BenchRow {
  std::string label;   // key in results.json: "ptq"
  std::string title;   // in the table: "int8 PTQ"
  std::string method;  // "ptq"
  std::string recipe;
  std::filesystem::path artifact;
  std::string sha256;
  double size_mib = 0;
  SubsetScores scores;
  ScoreIntervals over_fp32;
  // Of trained rows, where a control was trained beside them.
  std::optional<ScoreIntervals> over_control;
  double seconds = 0;
  bool asked = true;  // false: a row for contrast, outside --max-drop
  // "closed": from the checkpoint and calibration alone, as MLPerf says;
  // "open": trained.
  std::string division = "closed";
  std::string note;  // a line of its own under the table
  // What a simulation promised on the same windows, where there is one.
  std::optional<SubsetScores> simulated;
  // Of trained rows: the simulation's largest difference from the engine over
  // the validation and the test windows.
  std::optional<int64_t> conversion_gap_lsb;
  nlohmann::json training;  // null when nothing was trained
};

struct BenchResults {
  std::string command;
  std::string date_utc;
  nlohmann::json host;
  nlohmann::json data;
  nlohmann::json checkpoint;
  double checkpoint_mib = 0;
  bool synthetic = false;
  Metric metric;
  std::string split_id;
  int files = 0;  // of the test split, whose windows were scored
  Score mean_pose_clean;
  Score mean_pose_full;
  SubsetScores fp32;
  std::optional<BenchRow> fp16;  // weights stored at two bytes
  // The control of the trained rows: trained as they were, but in float.
  std::optional<BenchRow> finetuned;
  std::vector<BenchRow> rows;
  nlohmann::json fx_fbgemm;  // bench_fx.h; null unless that recipe was asked
};

nlohmann::json ToJson(const BenchResults& results);
ScoreTable ToTable(const BenchResults& results);

// {path, kind, sha256 {file: hash}, windows, split, corrupt}; hashes every
// file, the windows too.
nlohmann::json DescribeData(const Dataset& dataset);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_BENCH_RESULTS_H_

// What the report knows of one run, read from the JSON that bench, explain,
// search and the peers leave in its folder. Whatever the run doesn't have is
// empty here and absent from the page. Tested by read_run_test.cc.
#ifndef EDGE_INT8_SRC_REPORT_RUN_REPORT_H_
#define EDGE_INT8_SRC_REPORT_RUN_REPORT_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/report/score_table.h"

namespace edge_int8 {

// One line of the manifest.
struct ManifestLine {
  std::string group;  // "data", "artifacts"
  std::string name;
  std::string value;
  bool copyable = false;  // a hash or a command
};

// results.json: of bench.
struct BenchReport {
  ScoreTable table;
  std::vector<std::string> labels;  // of the table's rows
  // The row that the page opens with: the first integer model, else the last.
  std::size_t headline = 0;
  // What two runs must share for their numbers to be compared: metric, split,
  // windows.
  std::string comparable;
  std::string command;  // that made the run
  std::string data_path;
  std::string network;  // "half", or the checkpoint's name
  std::string data;     // "csi, 3,600 windows: 2,520 train, ..."
  std::string cpu;      // that scored and timed
  std::optional<int64_t> parameters;
  std::vector<ManifestLine> manifest;
};

// Shares of joints within 10, 20 and 50 percent of the scale.
using PckTriple = std::array<double, 3>;
inline constexpr std::array<int, 3> kShownPercents = {10, 20, 50};

// A joint's shares; x: with this model's x and fp32's other coordinates, what x
// alone costs.
struct ReportedJoint {
  PckTriple both = {}, x = {}, y = {}, z = {};
};

// errors.json: where the errors of each model are.
struct ErrorCurve {
  std::string label;
  std::string title;
  std::vector<double> within;  // [i]: share within i thresholds' steps
  std::vector<ReportedJoint> joints;
  // Of classes: [truth][answer], counts.
  std::vector<std::vector<int64_t>> confusion;
};
struct ErrorReport {
  std::string split, subset, normalization;
  int64_t windows = 0;
  double threshold_step = 0;                // percent
  int dims = 2;                             // of a joint; 0 of classes
  std::vector<std::array<double, 3>> pose;  // to draw joints on
  std::vector<std::pair<int, int>> skeleton;
  std::vector<std::string> joint_names;  // or of classes; may be empty
  std::vector<ErrorCurve> models;
};

// explain.json: where int8 loses.
struct ReportedStep {
  std::string name;
  Score score;
};
struct TensorLoss {
  std::string name;
  std::string kind;
  std::optional<int64_t> bits, values;
  // Percentage points of PCK: lost with only this tensor rounded, and gained
  // back with everything rounded but this one.
  std::optional<PckTriple> lost_alone, gained_without;
  std::optional<double> snr_db;  // of the poses, only this tensor rounded
  // Shares of its values: in equal parts of the range of its integers, and
  // outside of it. No bins: unknown.
  std::vector<double> in_range;
  double below_range = 0, above_range = 0;
};
struct ExplainReport {
  std::string split, subset, normalization;
  int64_t windows = 0;
  std::vector<ReportedStep> ladder;
  std::vector<TensorLoss> tensors;
  std::vector<ReportedJoint> joints_float, joints_int8;
};

// search.json: what the search tried.
struct SearchPoint {
  int64_t bytes = 0;
  std::optional<double> macs_cost;
  double pck = 0;  // at SearchReport::decided_by
  bool on_front = false;
  bool chosen = false;
};
// What the search chose, scored once on the test split.
struct SearchChoice {
  int64_t bytes = 0;
  std::optional<double> macs_cost;
  Score test, fp32, mean_pose;
  std::optional<Interval> interval;  // of PCK@20 minus fp32's
  std::string split;                 // "test seed42, clean"
  // By tensor, in the file's order.
  std::vector<std::pair<std::string, int64_t>> weight_bits, activation_bits;
};
struct SearchReport {
  std::string split;
  std::string decided_by;      // "pck@20"
  std::optional<double> fp32;  // its PCK on the same windows
  std::vector<SearchPoint> points;
  std::optional<SearchChoice> choice;
};

// One of the artifact's nodes, timed by itself.
struct NodeTime {
  std::string name, kind;
  int64_t macs = 0;
  double microseconds = 0;
};

// network.json: what the artifact runs, in order.
struct NetworkNode {
  std::string name;                   // of the tensor that it makes
  std::string kind;                   // of operator
  std::array<int64_t, 3> shape = {};  // channels, height, width of that tensor
  int64_t bits = 8;
  std::optional<int64_t> weight_bits;
  int64_t parameters = 0, macs = 0;
  std::vector<std::size_t> inputs;  // earlier nodes
  bool reads_window = false;        // or something else that no node makes
};
struct NetworkReport {
  std::vector<NetworkNode> nodes;
};

// latency*.json and peers.json: milliseconds per window.
struct LatencyBar {
  std::string label;  // of the model, by which it has its colour
  std::string name;
  std::string detail;  // "avx512vnni, 1 thread"
  bool peer = false;
  double p50_ms = 0;
  std::optional<double> p90_ms, p99_ms, windows_per_s, share_of_peak;
  bool noisy = false;           // by what the file says
  std::vector<NodeTime> nodes;  // of latency --per-node
};

struct RunReport {
  std::string name;  // of the folder
  std::string path;  // as given
  std::optional<BenchReport> bench;
  std::optional<ErrorReport> errors;
  std::optional<ExplainReport> explain;
  std::optional<SearchReport> search;
  std::optional<NetworkReport> network;
  std::vector<LatencyBar> latency;
  // player.json, checked; null without one.
  nlohmann::json player;
};

// Throws kBadInput when the folder has none of the files, or a wrong one.
RunReport ReadRun(const std::filesystem::path& folder);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_RUN_REPORT_H_

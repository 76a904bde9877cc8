#include "src/run/bench_results.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/base/sha256.h"
#include "src/pose/dataset_files.h"
#include "src/run/version.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

json SubsetsJson(const SubsetScores& scores) {
  return {{"full", ToJson(scores.full)}, {"clean", ToJson(scores.clean)}};
}

json EndsJson(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return {interval->low, interval->high};
}

// Clean subset, the row minus another; mpjpe is null when either is.
json DeltaJson(const BenchRow& row, const Score& other,
               const ScoreIntervals& intervals) {
  const Score& int8 = row.scores.clean;
  if (other.classes) {
    return {{"top1", int8.Top1() - other.Top1()},
            {"ci95", EndsJson(intervals.pck20)}};
  }
  json mpjpe = nullptr;
  if (int8.mpjpe && other.mpjpe) mpjpe = *int8.mpjpe - *other.mpjpe;
  return {{"pck@20", int8.Pck(20) - other.Pck(20)},
          {"pck@50", int8.Pck(50) - other.Pck(50)},
          {"mpjpe", mpjpe},
          {"ci95", EndsJson(intervals.pck20)},
          {"pck@10", int8.Pck(10) - other.Pck(10)},
          {"ci95_pck@10", EndsJson(intervals.pck10)},
          {"ci95_mpjpe", EndsJson(intervals.mpjpe)}};
}

// What the table's row is judged to be, and against which.
json VerdictJson(const ScoreTable& table, const TableRow& row) {
  const bool control = row.against != 0;
  json verdict = {{"against", control ? "fp32_finetuned" : "fp32"}};
  const std::string_view name = VerdictName(RowVerdict(table, row));
  if (table.metric.is_classes()) {
    verdict["top1"] = name;
    verdict["tolerance"] = {{"top1", table.tolerance}};
    return verdict;
  }
  verdict["pck@20"] = name;
  verdict["pck@10"] = VerdictName(RowVerdict10(table, row));
  verdict["tolerance"] = {{"pck@20", table.tolerance},
                          {"pck@10", table.tolerance_10}};
  return verdict;
}

// Clean subset; MLPerf's bars are 0.99 and 0.999.
json RatioJson(const Score& score, const Score& fp32) {
  json ratios = json::object();
  if (fp32.classes) {
    ratios["top1"] =
        fp32.Top1() > 0 ? json(score.Top1() / fp32.Top1()) : json(nullptr);
    return ratios;
  }
  for (const int percent : {10, 20, 50}) {
    ratios[fmt::format("pck@{}", percent)] =
        fp32.Pck(percent) > 0 ? json(score.Pck(percent) / fp32.Pck(percent))
                              : json(nullptr);
  }
  return ratios;
}

json RowJson(const BenchRow& row, const BenchResults& results) {
  const Score& fp32 = results.fp32.clean;
  json j = SubsetsJson(row.scores);
  j["method"] = row.method;
  j["recipe"] = row.recipe;
  j["title"] = row.title;
  const bool file = !row.artifact.empty();
  j["artifact"] = file ? json(row.artifact.string()) : json(nullptr);
  j["sha256"] = file ? json(row.sha256) : json(nullptr);
  j["size_mib"] = row.size_mib;
  j["division"] = row.division;
  j["delta"] = DeltaJson(row, fp32, row.over_fp32);
  if (row.over_control) {
    j["delta_control"] =
        DeltaJson(row, results.finetuned->scores.clean, *row.over_control);
  }
  j["seconds"] = row.seconds;
  j["ratio_to_fp32"] = RatioJson(row.scores.clean, fp32);
  if (!row.note.empty()) j["note"] = row.note;
  // Post-training rows have no simulation beside the engine.
  j["simulated"] = row.simulated ? SubsetsJson(*row.simulated) : json(nullptr);
  j["conversion_gap_lsb"] = nullptr;
  if (row.conversion_gap_lsb) j["conversion_gap_lsb"] = *row.conversion_gap_lsb;
  if (!row.training.is_null()) j["training"] = row.training;
  return j;
}

// `control` is the place of the control in the table.
TableRow ToTableRow(const BenchRow& row, std::size_t control = 0) {
  TableRow line;
  line.label = row.title;
  line.division = row.division;
  line.size_mib = row.size_mib;
  line.score = row.scores.clean;
  line.full = row.scores.full;
  const ScoreIntervals& intervals = row.over_control.value_or(row.over_fp32);
  if (row.over_control) line.against = control;
  line.interval = intervals.pck20;
  if (!row.scores.clean.classes) line.interval_10 = intervals.pck10;
  line.interval_mpjpe = intervals.mpjpe;
  if (row.simulated) line.simulated = row.simulated->clean;
  line.conversion_gap_lsb = row.conversion_gap_lsb;
  line.note = row.note;
  return line;
}

}  // namespace

json DescribeData(const Dataset& dataset) {
  json hashes = json::object();
  for (const auto& path : SmallDatasetFiles(dataset.folder())) {
    hashes[path.filename().string()] = Sha256File(path);
  }
  hashes[dataset.window_file()] =
      Sha256File(dataset.folder() / dataset.window_file());
  json split = json::object();
  for (const Split s : {Split::kTrain, Split::kVal, Split::kTest}) {
    split[std::string(SplitName(s))] = {
        {"windows", dataset.Select(s, Subset::kFull).windows.size()},
        {"clean", dataset.Select(s, Subset::kClean).windows.size()}};
  }
  const auto& corrupt = dataset.Scan().corrupt;
  return {{"path", dataset.folder().string()},
          {"window_file", dataset.window_file()},
          {"split_id", dataset.split_id()},
          {"kind", dataset.synthetic() ? "synthetic" : "real"},
          {"sha256", hashes},
          {"windows", dataset.windows()},
          {"split", split},
          {"corrupt", std::count(corrupt.begin(), corrupt.end(), 1)}};
}

json ToJson(const BenchResults& r) {
  json int8 = json::object();
  const ScoreTable table = ToTable(r);
  std::size_t line = r.fp16 ? 2 : 1;  // of the first integer model
  for (const BenchRow& row : r.rows) {
    json j = RowJson(row, r);
    j["order"] = int8.size();  // of the table; objects are sorted by key
    j["verdict"] = VerdictJson(table, table.rows[line++]);
    int8[row.label] = std::move(j);
  }
  json metric = {{"id", MetricId(r.metric)},
                 {"split", "test"},
                 {"split_id", r.split_id},
                 {"files", r.files}};
  WriteMetric(r.metric, metric);
  metric.erase("metric");  // It is "id" here.
  if (!r.metric.is_classes()) metric["thresholds"] = kPckPercents;
  return {{"tool",
           {{"version", VersionNumber()},
            {"commit", BuildCommit()},
            {"compiler", CompilerText()}}},
          {"host", r.host},
          {"date_utc", r.date_utc},
          {"command", r.command},
          {"metric", metric},
          {"data", r.data},
          {"checkpoint", r.checkpoint},
          {"baseline_mean_pose",
           {{"full", ToJson(r.mean_pose_full)},
            {"clean", ToJson(r.mean_pose_clean)}}},
          {"fp32", SubsetsJson(r.fp32)},
          {"fp16", r.fp16 ? RowJson(*r.fp16, r) : json(nullptr)},
          {"fp32_finetuned",
           r.finetuned ? RowJson(*r.finetuned, r) : json(nullptr)},
          {"int8", int8},
          {"fx_fbgemm", r.fx_fbgemm}};
}

ScoreTable ToTable(const BenchResults& r) {
  ScoreTable table;
  table.metric = r.metric;
  table.split_id = r.split_id;
  table.split = "test";
  table.subset = "clean";
  table.synthetic = r.synthetic;
  table.files = r.files;
  table.mean_pose = r.mean_pose_clean;
  TableRow fp32;
  fp32.label = "fp32";
  fp32.size_mib = r.checkpoint_mib;
  fp32.score = r.fp32.clean;
  fp32.full = r.fp32.full;
  table.rows.push_back(fp32);
  if (r.fp16) table.rows.push_back(ToTableRow(*r.fp16));
  const std::size_t control = table.rows.size() + r.rows.size();
  for (const BenchRow& row : r.rows) {
    table.rows.push_back(ToTableRow(row, control));
  }
  if (r.finetuned) table.rows.push_back(ToTableRow(*r.finetuned));
  return table;
}

}  // namespace edge_int8

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

// Clean subset, int8 minus fp32; mpjpe is null when either is.
json DeltaJson(const BenchRow& row, const Score& fp32) {
  const Score& int8 = row.scores.clean;
  if (fp32.classes) {
    return {{"top1", int8.Top1() - fp32.Top1()},
            {"ci95", {row.interval.low, row.interval.high}}};
  }
  json mpjpe = nullptr;
  if (int8.mpjpe && fp32.mpjpe) mpjpe = *int8.mpjpe - *fp32.mpjpe;
  return {{"pck@20", int8.Pck(20) - fp32.Pck(20)},
          {"pck@50", int8.Pck(50) - fp32.Pck(50)},
          {"mpjpe", mpjpe},
          {"ci95", {row.interval.low, row.interval.high}},
          {"pck@10", int8.Pck(10) - fp32.Pck(10)},
          {"ci95_pck@10", {row.interval_10.low, row.interval_10.high}}};
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

json RowJson(const BenchRow& row, const Score& fp32) {
  json j = SubsetsJson(row.scores);
  j["method"] = row.method;
  j["recipe"] = row.recipe;
  j["title"] = row.title;
  const bool file = !row.artifact.empty();
  j["artifact"] = file ? json(row.artifact.string()) : json(nullptr);
  j["sha256"] = file ? json(row.sha256) : json(nullptr);
  j["size_mib"] = row.size_mib;
  j["division"] = row.division;
  j["delta"] = DeltaJson(row, fp32);
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

TableRow ToTableRow(const BenchRow& row) {
  TableRow line;
  line.label = row.title;
  line.division = row.division;
  line.size_mib = row.size_mib;
  line.score = row.scores.clean;
  line.full = row.scores.full;
  line.interval = row.interval;
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
  for (const BenchRow& row : r.rows) {
    json j = RowJson(row, r.fp32.clean);
    j["order"] = int8.size();  // of the table; objects are sorted by key
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
          {"fp16", r.fp16 ? RowJson(*r.fp16, r.fp32.clean) : json(nullptr)},
          {"fp32_finetuned",
           r.finetuned ? RowJson(*r.finetuned, r.fp32.clean) : json(nullptr)},
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
  for (const BenchRow& row : r.rows) table.rows.push_back(ToTableRow(row));
  if (r.finetuned) table.rows.push_back(ToTableRow(*r.finetuned));
  return table;
}

}  // namespace edge_int8

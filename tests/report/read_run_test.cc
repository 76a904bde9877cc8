#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/report/run_report.h"
#include "tests/report/example_run.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(ReadRun, ReadsEveryFile) {
  const TempFolder folder;
  WriteAll(folder);
  folder.Write("latency-mine.json", R"({"isa": "scalar", "p50_ms": 2})");
  const RunReport run = ReadRun(folder.path());
  ASSERT_TRUE(run.bench && run.errors && run.explain && run.search);
  const ScoreTable& table = run.bench->table;
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[1].label, "ptq");
  EXPECT_EQ(table.rows[1].score.Pck(20), 0.945);
  EXPECT_EQ(table.rows[1].interval->low, -0.0075);
  EXPECT_EQ(table.rows[0].size_mib, 3.35);
  EXPECT_EQ(table.files, 9);
  EXPECT_TRUE(table.synthetic);
  EXPECT_EQ(run.bench->headline, 1u);
  EXPECT_EQ(run.errors->models.size(), 3u);
  EXPECT_EQ(run.errors->models[1].joints[14].y[1], 0.927);
  EXPECT_EQ(run.explain->ladder[1].score.Pck(20), 0.9475);
  EXPECT_EQ((*run.explain->tensors[0].gained_without)[1], -0.125);
  EXPECT_EQ(run.explain->tensors[0].values, 1234);
  EXPECT_EQ(run.search->points[0].bytes, 512000);
  ASSERT_EQ(run.latency.size(), 2u);
  EXPECT_EQ(run.latency[0].name, "mine");
  EXPECT_EQ(run.latency[1].name, "half");
  EXPECT_EQ(run.latency[1].detail, "avx2, 1 thread");
  EXPECT_EQ(run.player["files"].size(), 1u);
}

// Only times of one run stand beside each other, where that run has ours.
TEST(ReadRun, PeersBringTheTimesOfThisProgramFromTheSameRounds) {
  const TempFolder folder;
  folder.Write("latency.json", R"({"isa": "scalar", "p50_ms": 2})");
  json peers = {{"peers", {{{"name", "other"}, {"batch", 1}, {"p50_ms", 3}}}}};
  folder.Write("peers.json", peers.dump());
  EXPECT_EQ(ReadRun(folder.path()).latency.size(), 2u);
  peers["rows"] = {{{"name", "edge-int8 int8"},
                    {"runtime", "edge-int8"},
                    {"settings", "avx2"},
                    {"time", {{"1", {{"p50_ms", 0.5}}}}}},
                   {{"name", "other"}, {"runtime", "other"}}};
  folder.Write("peers.json", peers.dump());
  const std::vector<LatencyBar> bars = ReadRun(folder.path()).latency;
  ASSERT_EQ(bars.size(), 2u);
  EXPECT_EQ(bars[0].name, "edge-int8 int8");
  EXPECT_EQ(bars[0].p50_ms, 0.5);
  EXPECT_FALSE(bars[0].peer);
  EXPECT_TRUE(bars[1].peer);
}

TEST(ReadRun, WhatTheRunLacksIsEmpty) {
  const TempFolder folder;
  folder.Write("explain.json", ExplainFile().dump());
  const RunReport run = ReadRun(folder.path());
  EXPECT_TRUE(run.explain);
  EXPECT_FALSE(run.bench || run.errors || run.search);
  EXPECT_TRUE(run.latency.empty() && run.player.is_null());
}

// results.json as the contract has it, without what this program adds.
TEST(ReadRun, NeedsOnlyTheContractsKeys) {
  const TempFolder folder;
  json results = ResultsJson();
  results["metric"].erase("files");
  results["int8"]["b"] = results["int8"]["ptq"];
  results["int8"]["b"]["order"] = 0;
  results["int8"]["ptq"]["order"] = 1;
  folder.Write("results.json", results.dump());
  const RunReport run = ReadRun(folder.path());
  EXPECT_FALSE(run.bench->table.files);
  EXPECT_EQ(run.bench->labels, (std::vector<std::string>{"fp32", "b", "ptq"}));
  EXPECT_EQ(RowVerdict(run.bench->table, run.bench->table.rows[1]),
            Verdict::kWorse);
}

// The rows' own order says nothing of where the control stands.
TEST(ReadRun, JudgesTrainedRowsByTheControl) {
  const TempFolder folder;
  json results = ResultsJson();
  json control = results["int8"]["ptq"];
  control["clean"]["pck@20"] = 0.95;
  results["fp32_finetuned"] = control;
  json trained = results["int8"]["ptq"];
  trained["delta_control"] = {{"ci95", {-0.001, 0.0005}},
                              {"ci95_pck@10", {-0.02, -0.01}},
                              {"ci95_mpjpe", {1e-5, 2e-5}}};
  results["int8"]["qat"] = trained;
  folder.Write("results.json", results.dump());
  const ScoreTable table = ReadRun(folder.path()).bench->table;
  ASSERT_EQ(table.rows.size(), 4u);
  EXPECT_EQ(table.rows[1].score.Pck(20), 0.95);
  EXPECT_EQ(table.rows[1].against, 0u);
  EXPECT_EQ(table.rows[2].against, 0u);
  EXPECT_EQ(table.rows[3].against, 1u);
  EXPECT_EQ(RowVerdict(table, table.rows[3]), Verdict::kNotWorse);
  EXPECT_EQ(RowVerdict10(table, table.rows[3]), Verdict::kWorse);
  EXPECT_EQ(table.rows[3].interval_mpjpe->high, 2e-5);
}

TEST(ReadRun, RefusesAFolderThatIsNoRun) {
  const TempFolder folder;
  const Error empty = ErrorOf([&] { ReadRun(folder.path()); });
  EXPECT_EQ(empty.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(empty.what(), HasSubstr("results.json"));
  EXPECT_EQ(ErrorOf([&] { ReadRun(folder / "none"); }).kind(),
            ErrorKind::kBadInput);
}

struct Broken {
  const char* file;
  const char* pointer;
  json value;
  const char* message;
};

// One wrong value each; the message names file and place.
TEST(ReadRun, NamesWhatIsWrong) {
  const std::vector<Broken> cases = {
      {"results.json", "/fp32/clean/pck@20", "0.9",
       "results.json at /fp32/clean/pck@20: expected a number"},
      {"results.json", "/metric/id", "pck", "at /metric/id: expected a metric"},
      {"results.json", "/int8/ptq/clean/samples", 99, "different windows"},
      {"results.json", "/int8/ptq/delta/ci95", {1}, "[low, high]"},
      {"errors.json", "/models/0/within", json::array(), "/models/0/within"},
      {"errors.json", "/windows", 0, "/windows: expected a window"},
      {"errors.json", "/example_pose", {1, 2, 3}, "/example_pose: expected"},
      {"errors.json", "/skeleton", {{0, 15}}, "/skeleton/0/1: expected one"},
      {"explain.json", "/ladder/1/score", 1, "/ladder/1/score"},
      {"explain.json", "/tensors/0/range/below", 2, "/range/below"},
      {"search.json", "/points/0/on_front", 1, "/points/0/on_front"},
      {"search.json", "/chosen/weight_bits/c1.weight", 0, "c1.weight"},
      {"search.json", "/chosen/test/score", 1, "/chosen/test/score"},
      {"network.json", "/layers/0/out", {1, 2}, "/layers/0/out: expected"},
      {"network.json", "/layers/1/inputs", "c1", "/layers/1/inputs"},
      {"latency.json", "/models/0/nodes/0/macs", 1.5, "/nodes/0/macs"},
      {"latency.json", "/models/0/p50_ms", -1, "/models/0/p50_ms"},
      {"player.json", "/files/0/chunks/0/poses/ptq", "AAAA",
       "/poses/ptq: expected 120 bytes as base64"},
      {"player.json", "/files/0/chunks/0/csi", "\"><script>",
       "/csi: expected base64"},
      {"player.json", "/joints", 0, "/joints"},
      {"player.json", "/joints", 17, "/poses/"}};
  for (const Broken& broken : cases) {
    const TempFolder folder;
    WriteAll(folder);
    json file = json::parse(ReadText(folder / broken.file));
    file[json::json_pointer(broken.pointer)] = broken.value;
    folder.Write(broken.file, file.dump());
    const Error error = ErrorOf([&] { ReadRun(folder.path()); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << broken.pointer;
    EXPECT_THAT(error.what(), HasSubstr(broken.message)) << broken.pointer;
  }
}

// Every number of every file, one after the other: none reaches a drawing.
TEST(ReadRun, RefusesNumbersThatNothingMeasuresByName) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"results.json", "/fp32/clean/pck@20"},
      {"results.json", "/fp32/clean/mpjpe"},
      {"results.json", "/baseline_mean_pose/clean/pck@10"},
      {"results.json", "/checkpoint/size_mib"},
      {"results.json", "/int8/ptq/size_mib"},
      {"results.json", "/int8/ptq/delta/ci95/0"},
      {"results.json", "/metric/files"},
      {"errors.json", "/windows"},
      {"errors.json", "/threshold_step"},
      {"errors.json", "/example_pose/3"},
      {"errors.json", "/models/0/within/0"},
      {"errors.json", "/models/0/joints/0/x/pck@20"},
      {"explain.json", "/windows"},
      {"explain.json", "/tensors/0/only/loss_pp/pck@20"},
      {"search.json", "/points/0/bytes"},
      {"search.json", "/points/0/macs_cost"},
      {"search.json", "/chosen/test/delta/ci95/0"},
      {"network.json", "/layers/0/out/0"},
      {"network.json", "/layers/1/macs"},
      {"latency.json", "/models/0/p50_ms"},
      {"latency.json", "/models/0/nodes/0/microseconds"},
      {"player.json", "/unit"}};
  for (const auto& [name, pointer] : cases) {
    for (const double value : {1e308, -1e308}) {
      const TempFolder folder;
      WriteAll(folder);
      json file = json::parse(ReadText(folder / name));
      file[json::json_pointer(pointer)] = value;
      folder.Write(name, file.dump());
      const Error error = ErrorOf([&] { ReadRun(folder.path()); });
      EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << pointer;
      EXPECT_THAT(error.what(),
                  HasSubstr(std::string(name) + " at " + pointer));
    }
  }
}

}  // namespace
}  // namespace edge_int8

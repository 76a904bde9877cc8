// A run folder's files for the report's tests. The numbers are invented.
#ifndef EDGE_INT8_TESTS_REPORT_EXAMPLE_RUN_H_
#define EDGE_INT8_TESTS_REPORT_EXAMPLE_RUN_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "src/base/base64.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {

inline nlohmann::json ScoreBlock(double pck20) {
  return {{"samples", 100},          {"pck@10", pck20 - 0.1},
          {"pck@20", pck20},         {"pck@30", pck20 + 0.01},
          {"pck@40", pck20 + 0.015}, {"pck@50", pck20 + 0.02},
          {"mpjpe", 0.0125}};
}

inline nlohmann::json ResultsJson(const std::string& label = "ptq",
                                  const std::string& path = "half.pth") {
  const nlohmann::json both = {{"full", ScoreBlock(0.94)},
                               {"clean", ScoreBlock(0.95)}};
  nlohmann::json row = {{"full", ScoreBlock(0.93)},
                        {"clean", ScoreBlock(0.945)}};
  row.update({{"method", "ptq"},
              {"artifact", path},
              {"sha256", std::string(64, 'a')},
              {"size_mib", 0.865},
              {"delta", {{"pck@20", -0.005}, {"ci95", {-0.0075, -0.0025}}}},
              {"simulated", nullptr},
              {"conversion_gap_lsb", nullptr}});
  return {
      {"tool", {{"version", "0.1.0"}, {"commit", "abc"}}},
      {"host", {{"name", "here"}, {"threads", 2}}},
      {"date_utc", "2026-01-31T12:34:56Z"},
      {"command", "edge-int8 bench"},
      {"metric",
       {{"id", "torso-pck/1"}, {"normalization", "torso"}, {"files", 9}}},
      {"data",
       {{"path", path},
        {"kind", "synthetic"},
        {"sha256", {{"csi_windows.npy", std::string(64, 'b')}}}}},
      {"checkpoint",
       {{"path", path}, {"sha256", std::string(64, 'c')}, {"size_mib", 3.35}}},
      {"baseline_mean_pose",
       {{"full", ScoreBlock(0.7)}, {"clean", ScoreBlock(0.71)}}},
      {"fp32", both},
      {"int8", {{label, row}}}};
}

inline nlohmann::json ErrorsOfModel(const std::string& label, double pck20) {
  nlohmann::json within = nlohmann::json::array();
  for (int i = 0; i <= 200; ++i) within.push_back(1500 * i / 200);
  nlohmann::json joints = nlohmann::json::array();
  for (int i = 0; i < 15; ++i) {
    nlohmann::json joint = ScoreBlock(pck20);
    joint["index"] = i;
    joint["x"] = ScoreBlock(pck20 + 0.001);
    joint["y"] = ScoreBlock(pck20 + 0.002);
    joints.push_back(joint);
  }
  return {{"label", label},
          {"title", label},
          {"within", within},
          {"joints", joints}};
}

inline nlohmann::json ErrorsFile(const std::string& label = "ptq") {
  nlohmann::json pose = nlohmann::json::array();
  for (int i = 0; i < 30; ++i) pose.push_back(0.01 * ((i * 7) % 30));
  return {{"metric", "torso-pck/1"},
          {"normalization", "torso"},
          {"split", "test"},
          {"subset", "clean"},
          {"windows", 100},
          {"threshold_step", 0.5},
          {"example_pose", pose},
          {"models",
           {ErrorsOfModel("fp32", 0.95), ErrorsOfModel(label, 0.925),
            ErrorsOfModel("mean_pose", 0.7)}}};
}

inline nlohmann::json ExplainFile(const std::string& tensor = "conv.weight") {
  return {{"normalization", "torso"},
          {"split", "val"},
          {"subset", "clean"},
          {"windows", 50},
          {"ladder",
           {{{"step", "fp32"}, {"score", ScoreBlock(0.95)}},
            {{"step", "weights"}, {"score", ScoreBlock(0.9475)}}}},
          {"tensors",
           {{{"name", tensor},
             {"kind", "weight"},
             {"bits", 8},
             {"params", 1234},
             {"range",
              {{"below", 0.01}, {"above", 0}, {"bins", {0.5, 0.49, 0, 0}}}},
             {"only",
              {{"loss_pp", {{"pck@10", 0.5}, {"pck@20", 0.25}, {"pck@50", 0}}},
               {"snr_db", 31.5}}},
             {"all_but",
              {{"gain_pp",
                {{"pck@10", 0.375}, {"pck@20", -0.125}, {"pck@50", 0}}}}}}}}};
}

inline nlohmann::json SearchFile() {
  return {{"split", "val"},
          {"decided_by", "pck@20"},
          {"points",
           {{{"bytes", 512000},
             {"macs_cost", 0.5},
             {"val", ScoreBlock(0.925)},
             {"on_front", true},
             {"chosen", true}},
            {{"bytes", 614400},
             {"val", ScoreBlock(0.9)},
             {"on_front", false},
             {"chosen", false}}}},
          {"chosen",
           {{"bytes", 512000},
            {"weight_bits", {{"c1.weight", 4}, {"c2.weight", 8}}},
            {"activation_bits", {{"c1", 16}}},
            {"test",
             {{"split", "test"},
              {"split_id", "seed42"},
              {"subset", "clean"},
              {"score", ScoreBlock(0.9375)},
              {"fp32", ScoreBlock(0.95)},
              {"baseline_mean_pose", ScoreBlock(0.7)},
              {"delta", {{"ci95", {-0.03, 0.005}}}}}}}}};
}

// `windows` windows in chunks of `chunk`, poses of zeros.
inline nlohmann::json PlayerFile(int windows = 2, int chunk = 30,
                                 const std::string& label = "ptq") {
  nlohmann::json chunks = nlohmann::json::array();
  for (int at = 0; at < windows; at += chunk) {
    const int count = std::min(chunk, windows - at);
    const std::vector<std::byte> zeros(static_cast<std::size_t>(count) * 60);
    nlohmann::json numbers = nlohmann::json::array();
    for (int i = 0; i < count; ++i) numbers.push_back(at + i);
    chunks.push_back({{"windows", numbers},
                      {"poses",
                       {{"truth", Base64(zeros)},
                        {"fp32", Base64(zeros)},
                        {label, Base64(zeros)}}}});
  }
  return {{"joints", 15},
          {"unit", 0.0001},
          {"ranked_by", {{"label", label}, {"title", label}}},
          {"models",
           {{{"label", "fp32"}, {"title", "fp32"}},
            {{"label", label}, {"title", label}}}},
          {"csi", {{"rows", 108}, {"columns", 20}, {"levels", 63}}},
          {"files",
           {{{"which", "best"},
             {"file", 3},
             {"mean_error", 0.05},
             {"windows", windows},
             {"chunks", chunks}}}}};
}

inline nlohmann::json NetworkFile(const std::string& name = "c1") {
  return {{"layers",
           {{{"name", name},
             {"kind", "conv"},
             {"inputs", {"input"}},
             {"out", {4, 1, 20}},
             {"bits", 8},
             {"weight_bits", 4},
             {"params", 12},
             {"macs", 100}},
            {{"name", "c2"},
             {"kind", "add"},
             {"inputs", {name, "input"}},
             {"out", {4, 1, 20}},
             {"bits", 16},
             {"params", 0},
             {"macs", 200}}}}};
}

inline void WriteAll(const TempFolder& folder) {
  folder.Write("results.json", ResultsJson().dump());
  folder.Write("errors.json", ErrorsFile().dump());
  folder.Write("explain.json", ExplainFile().dump());
  folder.Write("search.json", SearchFile().dump());
  folder.Write("player.json", PlayerFile().dump());
  folder.Write("network.json", NetworkFile().dump());
  folder.Write("latency.json",
               R"({"models": [{"title": "half", "isa": "avx2", "threads": 1,
                   "p50_ms": 0.25, "p90_ms": 0.3, "p99_ms": 0.5,
                   "nodes": [{"name": "c1", "kind": "conv", "macs": 100,
                              "microseconds": 1.5},
                             {"name": "c2", "kind": "add", "macs": 0,
                              "microseconds": 4.5}]}]})");
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_REPORT_EXAMPLE_RUN_H_

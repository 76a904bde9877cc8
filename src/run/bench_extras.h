// What bench leaves for the report beside results.json: errors.json,
// player.json, latency.json, and the page itself. Tested by bench_run_test.cc.
#ifndef EDGE_INT8_SRC_RUN_BENCH_EXTRAS_H_
#define EDGE_INT8_SRC_RUN_BENCH_EXTRAS_H_

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "src/base/output_file.h"
#include "src/nets/network_options.h"
#include "src/run/bench_record.h"

namespace edge_int8 {

// A model to be timed.
struct TimedModel {
  std::string label;
  std::string title;
  std::filesystem::path file;
  NetworkOptions network = {};  // of a checkpoint
};

// {models [{label, title, ...}]}, each as `latency --json` has it: one thread,
// one window, `seconds` each.
nlohmann::json LatencyJson(const std::vector<TimedModel>& models,
                           double seconds);

// Names that bench writes besides results.json, its log and its artifacts.
std::vector<std::string> ExtraFiles();

// Writes errors.json and, of poses, player.json.
void WriteRecord(const std::filesystem::path& folder, const Dataset& dataset,
                 const BenchRecord& record, IfExists if_exists);

// Writes network.json: what `describe --json` says of the artifact.
void WriteNetwork(const std::filesystem::path& folder,
                  const std::filesystem::path& artifact, IfExists if_exists);

void WriteJson(const std::filesystem::path& path, const nlohmann::json& json,
               int indent, IfExists if_exists);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_BENCH_EXTRAS_H_

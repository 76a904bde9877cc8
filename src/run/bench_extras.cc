#include "src/run/bench_extras.h"

#include <nlohmann/json.hpp>

#include "src/run/describe_model.h"
#include "src/run/measure_latency.h"

namespace edge_int8 {

using nlohmann::json;

json LatencyJson(const std::vector<TimedModel>& models, double seconds) {
  json list = json::array();
  for (const TimedModel& model : models) {
    LatencyOptions options;
    options.model = model.file;
    options.network = model.network;
    options.seconds = seconds;
    json entry = ToJson(MeasureLatency(options));
    entry["label"] = model.label;
    entry["title"] = model.title;
    list.push_back(std::move(entry));
  }
  return {{"models", list}};
}

std::vector<std::string> ExtraFiles() {
  return {"errors.json", "player.json", "latency.json", "network.json",
          "report.html"};
}

void WriteJson(const std::filesystem::path& path, const json& value, int indent,
               IfExists if_exists) {
  // Bytes of file names that are not UTF-8 are replaced, not fatal.
  WriteFile(
      path,
      value.dump(indent, ' ', false, json::error_handler_t::replace) + "\n",
      if_exists);
}

void WriteRecord(const std::filesystem::path& folder, const Dataset& dataset,
                 const BenchRecord& record, IfExists if_exists) {
  WriteJson(folder / "errors.json", ErrorsJson(dataset, record), -1, if_exists);
  if (record.truth.metric.is_classes()) return;
  WriteJson(folder / "player.json", PlayerJson(dataset, record), -1, if_exists);
}

void WriteNetwork(const std::filesystem::path& folder,
                  const std::filesystem::path& artifact, IfExists if_exists) {
  WriteJson(folder / "network.json", DescribeArtifact(artifact), -1, if_exists);
}

}  // namespace edge_int8

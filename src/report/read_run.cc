#include <fmt/format.h>

#include <algorithm>

#include "src/base/error.h"
#include "src/report/read_parts.h"
#include "src/report/run_report.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Reads FOLDER/NAME with `read` when it is there.
template <class Read>
auto ReadPart(const fs::path& folder, const char* name, Read read)
    -> std::optional<decltype(read(std::declval<JsonPlace>()))> {
  const fs::path path = folder / name;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  const json value = ReadJsonFile(path);
  return read(JsonPlace(value, path.string()));
}

json ReadPlayer(const fs::path& folder) {
  const fs::path path = folder / "player.json";
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return nullptr;
  json player = ReadJsonFile(path);
  CheckPlayer(JsonPlace(player, path.string()));
  return player;
}

// latency.json, latency-half.json: in the order of their names.
std::vector<fs::path> LatencyFiles(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("latency") && name.ends_with(".json")) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

// "latency-half.json" is the time of "half" unless it says so itself.
std::string ModelOf(const fs::path& file) {
  std::string name = file.stem().string().substr(7);
  const std::size_t first = name.find_first_not_of("-_. ");
  return first == std::string::npos ? "model" : name.substr(first);
}

std::vector<LatencyBar> ReadLatencies(const fs::path& folder) {
  std::vector<LatencyBar> bars;
  for (const fs::path& file : LatencyFiles(folder)) {
    const json value = ReadJsonFile(file);
    const auto more =
        ReadLatency(JsonPlace(value, file.string()), ModelOf(file));
    bars.insert(bars.end(), more.begin(), more.end());
  }
  const auto peers = ReadPart(folder, "peers.json", ReadPeers);
  if (!peers) return bars;
  // Times of another run beside the peers' would compare two machines' moods.
  if (std::ranges::any_of(*peers,
                          [](const LatencyBar& b) { return !b.peer; })) {
    return *peers;
  }
  bars.insert(bars.end(), peers->begin(), peers->end());
  return bars;
}

// "runs/a/" and "runs/a" are both a; "." is the folder it stands for.
std::string NameOf(const fs::path& folder) {
  std::error_code failed;
  const fs::path whole = fs::weakly_canonical(folder, failed);
  const std::string name = (failed ? folder : whole).filename().string();
  return name.empty() ? folder.string() : name;
}

}  // namespace

RunReport ReadRun(const fs::path& folder) {
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) {
    FailInput(folder.string(),
              "expected a folder that bench, explain or "
              "search wrote");
  }
  RunReport run;
  run.name = NameOf(folder);
  run.path = folder.string();
  run.bench = ReadPart(folder, "results.json", ReadBench);
  run.errors = ReadPart(folder, "errors.json", ReadErrors);
  run.explain = ReadPart(folder, "explain.json", ReadExplain);
  run.search = ReadPart(folder, "search.json", ReadSearch);
  run.network = ReadPart(folder, "network.json", ReadNetwork);
  run.latency = ReadLatencies(folder);
  run.player = ReadPlayer(folder);
  if (!run.bench && !run.errors && !run.explain && !run.search &&
      !run.network && run.latency.empty() && run.player.is_null()) {
    FailInput(folder.string(),
              "holds none of results.json, errors.json, explain.json, "
              "search.json, network.json, latency*.json, peers.json, "
              "player.json");
  }
  return run;
}

}  // namespace edge_int8
